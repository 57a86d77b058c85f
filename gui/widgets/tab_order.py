"""Tab goes through a page as it is read: as its layouts have it, whenever its parts were made."""

from collections.abc import Iterator

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QAbstractItemView, QLayout, QPlainTextEdit, QScrollArea, QSplitter, QWidget

from gui.widgets.flow import Flow


def follow(page: QWidget) -> None:
    """Sets the order of all controls on ``page``, those hidden now included."""
    former: QWidget | None = None
    for widget in _in_order(page):
        if former is not None and former.nextInFocusChain() is not widget:
            QWidget.setTabOrder(former, widget)
        former = widget


def _in_order(widget: QWidget | None) -> Iterator[QWidget]:
    """Those that take the focus by Tab, in the order of the layouts."""
    if widget is None:
        return
    if widget.focusPolicy() & Qt.FocusPolicy.TabFocus:
        yield widget
    if isinstance(widget, QPlainTextEdit | QAbstractItemView):
        return  # what is inside is Qt's own
    if isinstance(widget, Flow):
        yield from widget.widgets()
    elif isinstance(widget, QScrollArea):
        yield from _in_order(widget.widget())
    elif isinstance(widget, QSplitter):
        for place in range(widget.count()):
            yield from _in_order(widget.widget(place))
    elif (layout := widget.layout()) is not None:
        yield from _of_layout(layout)


def _of_layout(layout: QLayout) -> Iterator[QWidget]:
    for place in range(layout.count()):
        item = layout.itemAt(place)
        if item is None:
            continue
        if (widget := item.widget()) is not None:
            yield from _in_order(widget)
        elif (inner := item.layout()) is not None:
            yield from _of_layout(inner)
