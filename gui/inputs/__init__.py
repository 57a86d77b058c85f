"""One form for each kind of input field. A new kind is a file here and a line below."""

from collections.abc import Callable
from typing import Any, Protocol

from PySide6.QtCore import SignalInstance
from PySide6.QtWidgets import QWidget

from engine.wire.values import Field
from gui.inputs.line import LineInput
from gui.inputs.lines import LinesInput
from gui.inputs.text import TextInput


class Input(Protocol):
    """What a form needs of an input. ``changed`` is emitted on each change by the person."""

    changed: SignalInstance

    def widget(self) -> QWidget:
        """The widget that takes the focus; a label's buddy."""

    def value(self) -> Any:
        """As the engine wants it."""

    def set_value(self, value: Any) -> None:
        """Puts a value in, so that Ctrl+Z brings the former one back. A value of another kind empties it."""

    def stretch(self) -> int:
        """The share of the form's height that it takes; 0 keeps its own height."""

    def note(self) -> str:
        """What the person should know of the value, or ""."""


INPUTS: dict[str, Callable[[Field], Input]] = {
    "line": LineInput,
    "text": TextInput,
    "lines": LinesInput,
}
