"""One view for each kind of output.

A new kind is a file here and a line below; an unknown one is shown as JSON.
"""

from collections.abc import Callable, Mapping
from typing import Any, Protocol

from PySide6.QtWidgets import QWidget

from engine.wire.values import Result
from gui.results.answer import AnswerView
from gui.results.entities import EntitiesView
from gui.results.labels import LabelsView
from gui.results.mask import MaskView
from gui.results.raw import RawView
from gui.results.scores import ScoresView
from gui.results.vectors import VectorsView


class View(Protocol):
    """What the result panel needs of a view."""

    def widget(self) -> QWidget: ...

    def show_result(self, result: Result, fields: Mapping[str, Any]) -> None:
        """``fields`` are those that the result belongs to. Raises ValueError for a value of another shape."""

    def as_text(self) -> str:
        """The result for the clipboard and for a text file."""

    def summary(self) -> str:
        """The result in one short sentence, for a screen reader."""


VIEWS: dict[str, Callable[[], View]] = {
    "scores": ScoresView,
    "labels": LabelsView,
    "entities": EntitiesView,
    "answer": AnswerView,
    "mask": MaskView,
    "vectors": VectorsView,
}


def view_for(kind: str) -> View:
    return VIEWS.get(kind, RawView)()
