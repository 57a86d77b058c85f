"""An answer, and where it stands in its context."""

from collections.abc import Mapping
from typing import Any

from PySide6.QtWidgets import QVBoxLayout, QWidget

from engine.wire.values import Result
from gui import theme
from gui.results import reading
from gui.widgets import text
from gui.widgets.marked_text import MarkedText, Span

SHOWN_CHARACTERS = 1_000
"""Of a longer answer the whole is marked in its context, and copied."""


class AnswerView(QWidget):
    """The answer large, its score, and the context with the answer marked."""

    def __init__(self) -> None:
        super().__init__()
        self._answer = text.label("", "heading", wrap=True, selectable=True)
        self._score = text.label("", "quiet")
        self._context = MarkedText("The context with the answer marked")
        self._text = ""
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.setSpacing(theme.GAP_PX)
        whole.addWidget(self._answer)
        whole.addWidget(self._score)
        whole.addWidget(self._context, 1)

    def widget(self) -> QWidget:
        return self

    def show_result(self, result: Result, fields: Mapping[str, Any]) -> None:
        value = result.value
        if not isinstance(value, Mapping) or not {"answer", "score", "start", "end"} <= set(value):
            raise ValueError("the result is no answer with its place")
        self._text = str(value["answer"])
        shown = self._text if len(self._text) <= SHOWN_CHARACTERS else f"{self._text[:SHOWN_CHARACTERS]}…"
        self._answer.setText(shown or "No answer in this context")
        self._score.setText(f"Score {reading.score(value['score'])}")
        context = str(fields.get("context", "")) or reading.longest_text(fields)
        self._context.show_text(context, [Span(int(value["start"]), int(value["end"]))])

    def as_text(self) -> str:
        return self._text

    def summary(self) -> str:
        return f"Answer: {self._text[:200]}." if self._text else "No answer in this context."
