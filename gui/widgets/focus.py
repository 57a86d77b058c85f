"""Where the keyboard's focus goes when the control that has it goes away."""

import contextlib
from collections.abc import Iterator

import shiboken6
from PySide6.QtWidgets import QWidget


@contextlib.contextmanager
def kept(within: QWidget, refuge: QWidget) -> Iterator[None]:
    """Where the focused control inside of ``within`` is hidden or disabled in the block, ``refuge`` has the focus then.

    Qt itself would pass it to the next control in the order, where a second press does something nobody meant.
    """
    before = within.window().focusWidget()
    if before is None or before is refuge or not within.isAncestorOf(before):
        yield
        return
    yield
    gone = not shiboken6.isValid(before) or not before.isVisible() or not before.isEnabled()
    if gone and refuge.isVisible() and refuge.isEnabled():
        refuge.setFocus()
