"""Choices that the chosen mode offers beyond its precision."""

from collections.abc import Mapping

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QStandardItemModel
from PySide6.QtWidgets import QComboBox, QVBoxLayout, QWidget

from engine.wire.values import Option
from gui.widgets import mnemonics, text


class ModeOptions(QWidget):
    """A box for each option; no height where the mode has none. Signals: changed, by the person."""

    changed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._options: tuple[Option, ...] = ()
        self._boxes: dict[str, QComboBox] = {}
        self._rows = QVBoxLayout(self)
        self._rows.setContentsMargins(0, 0, 0, 0)
        self._rows.setSpacing(2)
        self.hide()

    def show_options(self, options: tuple[Option, ...], chosen: Mapping[str, str]) -> None:
        """Lists ``options``; where ``chosen`` says nothing, or what is not there, the first choice is taken."""
        if options == self._options:
            for option in options:
                self._boxes[option.id].setCurrentText(_among(option, chosen.get(option.id, "")))
            return
        self._options, self._boxes = options, {}
        while (item := self._rows.takeAt(0)) is not None:
            widget = item.widget()
            if widget is not None:
                widget.hide()
                widget.deleteLater()
        for option in options:
            self._add(option, chosen.get(option.id, ""))
        self.setVisible(bool(options))

    def _add(self, option: Option, chosen: str) -> None:
        box = QComboBox()
        text.narrow(box)
        box.addItems(list(option.choices))
        box.setCurrentText(_among(option, chosen))
        box.setAccessibleName(option.title)
        text.explain(box, option.plain)
        self._add_refused(box, option)
        box.activated.connect(lambda _place: self.changed.emit())
        caption = text.label(option.title, "caption", wrap=True)
        caption.setBuddy(box)
        mnemonics.wants(caption)
        self._rows.addWidget(caption)
        self._rows.addWidget(box)
        caption.show()  # now, not with the layout's next turn: only what is shown gets a letter
        self._boxes[option.id] = box

    def _add_refused(self, box: QComboBox, option: Option) -> None:
        """What cannot be chosen here, after what can, each with its reason."""
        model = box.model()
        for choice, reason in option.refused.items():
            box.addItem(choice)
            place = box.count() - 1
            box.setItemData(place, reason, Qt.ItemDataRole.ToolTipRole)
            box.setItemData(place, f"{choice}. {reason}", Qt.ItemDataRole.AccessibleTextRole)
            if isinstance(model, QStandardItemModel):
                model.item(place).setEnabled(False)

    def values(self) -> dict[str, str]:
        """What was chosen other than the first choice, by the option's id."""
        return {
            option.id: self._boxes[option.id].currentText()
            for option in self._options
            if self._boxes[option.id].currentText() != option.choices[0]
        }


def _among(option: Option, chosen: str) -> str:
    return chosen if chosen in option.choices else option.choices[0]
