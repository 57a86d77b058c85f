"""Picks a model: the starter, one used before, or a folder on this computer."""

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QDialog,
    QFileDialog,
    QHBoxLayout,
    QLineEdit,
    QListWidget,
    QListWidgetItem,
    QVBoxLayout,
    QWidget,
)

from gui import theme
from gui.widgets import text

STARTER_TITLE = "The starter, which came with Fastpath"


class ModelDialog(QDialog):
    """``ref()`` is what was picked, once the dialog was accepted. Choosing loads nothing."""

    def __init__(self, recent: Sequence[str], present: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("Change model")
        self.setMinimumWidth(520)
        self._list = QListWidget()
        self._list.setAccessibleName("Models at hand")
        text.explain(self._list, "The starter and the models used before. Enter picks one.")
        for title, ref in ((STARTER_TITLE, "starter"), *((ref, ref) for ref in recent)):
            item = QListWidgetItem(title)
            item.setData(Qt.ItemDataRole.UserRole, ref)
            self._list.addItem(item)
            if ref == present:
                self._list.setCurrentItem(item)
        self._path = QLineEdit()
        self._path.setAccessibleName("Model folder")
        self._path.setPlaceholderText("A folder with a model's config.json and weights")
        text.explain(self._path, "The folder of a model on this computer, typed or pasted.")
        self._browse = text.button("&Browse…", self._pick_folder, explains="Picks the folder from the disk.")
        self._use = text.button("&Use this model", self.accept, role="main", explains="Takes the model that is chosen.")
        self._use.setDefault(True)
        self._cancel = text.button("Cancel", self.reject, explains="Keeps the present model.")
        self._lay_out()
        self._list.itemActivated.connect(lambda _item: self.accept())
        self._list.itemSelectionChanged.connect(self._list_chosen)
        self._path.textChanged.connect(self._typed)
        self._typed(self._path.text())

    def _lay_out(self) -> None:
        whole = QVBoxLayout(self)
        whole.setContentsMargins(*[theme.WIDE_GAP_PX] * 4)
        whole.setSpacing(theme.GAP_PX)
        at_hand = text.label("Models at &hand", "quiet")
        at_hand.setBuddy(self._list)
        whole.addWidget(at_hand)
        whole.addWidget(self._list, 1)
        folder = text.label("Or a &folder on this computer", "quiet")
        folder.setBuddy(self._path)
        whole.addWidget(folder)
        row = QHBoxLayout()
        row.addWidget(self._path, 1)
        row.addWidget(self._browse)
        whole.addLayout(row)
        buttons = QHBoxLayout()
        buttons.setContentsMargins(0, theme.GAP_PX, 0, 0)
        buttons.addStretch(1)
        buttons.addWidget(self._cancel)
        buttons.addWidget(self._use)
        whole.addLayout(buttons)

    def ref(self) -> str:
        """The starter, a folder, or what was typed."""
        typed = self._path.text().strip().strip('"')
        if typed:
            return str(Path(typed).expanduser()) if typed.startswith("~") else typed
        item = self._list.currentItem()
        return str(item.data(Qt.ItemDataRole.UserRole)) if item is not None else ""

    def _typed(self, typed: str) -> None:
        self._use.setEnabled(bool(typed.strip()) or self._list.currentItem() is not None)

    def _list_chosen(self) -> None:
        self._path.clear()
        self._typed("")

    def _pick_folder(self) -> None:
        folder = QFileDialog.getExistingDirectory(self, "The model's folder", self._path.text())
        if folder:
            self._path.setText(folder)
