"""What a control is for, said beside it."""

from PySide6.QtWidgets import QApplication, QWhatsThis


def explain_focused() -> None:
    """F1: says beside the focused control what it is for."""
    widget = QApplication.focusWidget()
    while widget is not None and not widget.whatsThis():
        widget = widget.parentWidget()
    if widget is not None:
        place = widget.mapToGlobal(widget.rect().bottomLeft())
        QWhatsThis.showText(place, widget.whatsThis(), widget)
