"""Letters for Alt: every control that has none written into its title gets one that is free on its page."""

from collections.abc import Iterable

from PySide6.QtWidgets import QAbstractButton, QLabel, QWidget

from gui.widgets.flow import Flow

_TITLE = "titleForMnemonic"
_SPARE = "0123456789"


def wants(widget: QAbstractButton | QLabel) -> None:
    """The widget's title gets a letter at the next ``give``; a button without a name is named by it."""
    widget.setProperty(_TITLE, widget.text())
    if isinstance(widget, QAbstractButton) and not widget.accessibleName():
        widget.setAccessibleName(widget.text())


def retitle(widget: QAbstractButton | QLabel, title: str) -> None:
    """Another title for a widget that wants a letter."""
    if widget.property(_TITLE) != title:
        if widget.accessibleName() == widget.property(_TITLE):
            widget.setAccessibleName(title)
        widget.setProperty(_TITLE, title)
        widget.setText(title)


def give(page: QWidget) -> None:
    """Gives letters to the controls that are shown on ``page`` and want one; each letter once."""
    shown = [widget for widget in _titled(page) if widget.isVisibleTo(page)]
    taken = {letter for widget in shown if not widget.property(_TITLE) for letter in letter_of(widget.text())}
    for widget in shown:
        if title := widget.property(_TITLE):
            text, letter = with_letter(str(title), taken)
            taken |= {letter}
            if widget.text() != text:
                widget.setText(text)
                if isinstance(holder := widget.parentWidget(), Flow):
                    holder.arrange()


def _titled(page: QWidget) -> Iterable[QAbstractButton | QLabel]:
    yield from (label for label in page.findChildren(QLabel) if label.buddy() is not None)
    yield from page.findChildren(QAbstractButton)


def letter_of(text: str) -> str:
    """The letter behind a single "&", in lower case, or ""."""
    plain = text.replace("&&", "")
    return plain[plain.index("&") + 1 :][:1].lower() if "&" in plain else ""


def with_letter(title: str, taken: set[str]) -> tuple[str, str]:
    """``title`` with "&" before its first letter that is free, at a word's beginning if one is; else behind it a
    digit that is free. And that letter.
    """
    escaped = title.replace("&", "&&")
    places = [place for place, letter in enumerate(escaped) if letter.isascii() and letter.isalpha()]
    begin = [place for place in places if place == 0 or escaped[place - 1] == " "]
    for place in (*begin, *places):
        if escaped[place].lower() not in taken:
            return f"{escaped[:place]}&{escaped[place:]}", escaped[place].lower()
    spare = next((digit for digit in _SPARE if digit not in taken), "")
    return (f"{escaped} (&{spare})", spare) if spare else (escaped, "")
