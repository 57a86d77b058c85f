"""A program's text, to be read and copied."""

from pathlib import Path

from PySide6.QtWidgets import QApplication, QDialog, QHBoxLayout, QPlainTextEdit, QVBoxLayout, QWidget

from gui import theme
from gui.widgets import text
from gui.widgets.details import ReadText, paragraphs

MOST_BYTES = 2_000_000


class CodeDialog(QDialog):
    """Shows ``file``; one that cannot be read is told in its place."""

    def __init__(self, title: str, file: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(title)
        self.resize(760, 520)
        self._code, told = _read(file)
        self.field = code_field(title)
        self.field.setPlainText(paragraphs(self._code))
        path = text.ElidedLabel("quiet")
        path.show_text(told)
        self.copy = text.button("&Copy", self._copy, explains="Copies the whole text.")
        self.copy.setEnabled(bool(self._code))
        self.leave = text.button("C&lose", self.accept, explains="Closes this view. Esc.")
        whole = QVBoxLayout(self)
        whole.setContentsMargins(*[theme.WIDE_GAP_PX] * 4)
        whole.setSpacing(theme.GAP_PX)
        whole.addWidget(path)
        whole.addWidget(self.field, 1)
        row = QHBoxLayout()
        row.addStretch(1)
        row.addWidget(self.copy)
        row.addWidget(self.leave)
        whole.addLayout(row)

    def _copy(self) -> None:
        QApplication.clipboard().setText(self._code)


def code_field(name: str) -> ReadText:
    """Read-only text in the system's font of one width; long lines are scrolled to, not broken."""
    made = ReadText(name)
    made.setFont(theme.fixed())
    made.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
    text.explain(made, "The program's text. Ctrl+C copies what is selected.")
    return made


def _read(file: str) -> tuple[str, str]:
    """The text, and a line about where it is from or why it is not there."""
    try:
        with Path(file).open("rb") as stream:
            content = stream.read(MOST_BYTES).decode("utf-8", "replace")
    except OSError as error:
        return "", f"The generated code can no longer be read ({error.strerror}). Run again to have it made anew."
    return content, file
