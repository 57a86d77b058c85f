"""Letters for Alt: every control that has none written into its title gets one that is free on its page."""

from collections.abc import Iterable, Sequence

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
    fixed = {letter for widget in shown if not widget.property(_TITLE) for letter in letter_of(widget.text())}
    wanting = [widget for widget in shown if widget.property(_TITLE)]
    letters = shared_out([str(widget.property(_TITLE)) for widget in wanting], fixed)
    for widget, letter in zip(wanting, letters, strict=True):
        text = with_letter(str(widget.property(_TITLE)), letter)
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


def shared_out(titles: Sequence[str], fixed: set[str]) -> list[str]:
    """A letter for each title, each letter once and none of ``fixed``: the first that is free, at a word's beginning if
    one is. Where none is, one whose title takes another, and so on (augmenting paths); else a digit; else "".
    """
    holders: dict[str, int] = {}

    def settle(place: int, tried: set[str]) -> bool:
        letters = [letter for letter in _letters(titles[place]) if letter not in fixed | tried]
        tried.update(letters)
        for letter in sorted(letters, key=lambda letter: letter in holders):
            if letter not in holders or settle(holders[letter], tried):
                holders[letter] = place
                return True
        return False

    for place in range(len(titles)):
        if not settle(place, set()):
            digit = next((digit for digit in _SPARE if digit not in fixed and digit not in holders), "")
            holders[digit] = place
    found = {place: letter for letter, place in holders.items()}
    return [found.get(place, "") for place in range(len(titles))]


def with_letter(title: str, letter: str) -> str:
    """``title`` with "&" before ``letter``, at a word's beginning if it is there; behind it in brackets, if nowhere."""
    escaped = title.replace("&", "&&")
    for place in _places(escaped):
        if escaped[place].lower() == letter:
            return f"{escaped[:place]}&{escaped[place:]}"
    return f"{escaped} (&{letter})" if letter else escaped


def _letters(title: str) -> list[str]:
    return [title[place].lower() for place in _places(title)]


def _places(title: str) -> list[int]:
    """Of letters that a keyboard has, words' beginnings first."""
    places = [place for place, letter in enumerate(title) if letter.isascii() and letter.isalpha()]
    return sorted(places, key=lambda place: place > 0 and title[place - 1] != " ")
