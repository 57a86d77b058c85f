"""Picks a model: the starter, one used before, a folder on this computer, or one of the Hub."""

from collections.abc import Mapping, Sequence
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
    """``ref()`` and ``tokenizer()`` are what was picked, once the dialog was accepted. Choosing loads nothing."""

    def __init__(
        self,
        recent: Sequence[str],
        present: str,
        tokenizers: Mapping[str, str] | None = None,
        parent: QWidget | None = None,
    ) -> None:
        """``tokenizers``: of each model that takes another's."""
        super().__init__(parent)
        self._tokenizers = tokenizers or {}
        self.setWindowTitle("Change model")
        self.setMinimumWidth(520)
        self._list = QListWidget()
        self._list.ensurePolished()  # else rows keep the height that they had before the style sheet
        self._list.setAccessibleName("Models at hand")
        text.explain(self._list, "The starter and the models used before. Enter picks one.")
        for title, ref in ((STARTER_TITLE, "starter"), *((ref, ref) for ref in recent)):
            item = QListWidgetItem(title)
            item.setData(Qt.ItemDataRole.UserRole, ref)
            self._list.addItem(item)
            if ref == present:
                self._list.setCurrentItem(item)
        self._path = QLineEdit()
        self._path.setAccessibleName("Folder, or model on the Hub")
        self._path.setPlaceholderText("organisation/name, an address at huggingface.co, or a folder")
        text.explain(
            self._path,
            "The folder of a model on this computer, or a model of the Hugging Face Hub by its name or the address of "
            "its page. Nothing is downloaded before you say so.",
        )
        self._other = QLineEdit()
        self._other.setAccessibleName("Tokenizer from another model")
        self._other.setPlaceholderText("Empty: its own")
        text.explain(
            self._other,
            "A tokenizer cuts text into the pieces a model knows. Needed only where the model has none of its own: the "
            "model that lends it, as a folder or a name on the Hub.",
        )
        self._browse = text.button("&Browse…", self._pick_folder, explains="Picks the folder from the disk.")
        self._find = text.button(
            "Find &more models…",
            self._leave_to_find,
            role="plain",
            explains="Closes this and shows the page Models. Ctrl+4.",
        )
        self.finds = False
        """Whether the person wants to look for others instead."""
        self._use = text.button("&Use this model", self.accept, role="main", explains="Takes the model that is chosen.")
        self._use.setDefault(True)
        self._cancel = text.button("&Cancel", self.reject, explains="Keeps the present model. Esc.")
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
        folder = text.label("Or a &folder on this computer, or a model on the Hugging Face Hub", "quiet")
        folder.setBuddy(self._path)
        whole.addWidget(folder)
        row = QHBoxLayout()
        row.addWidget(self._path, 1)
        row.addWidget(self._browse)
        whole.addLayout(row)
        other = text.label("&Tokenizer from another model (rarely needed)", "quiet")
        other.setBuddy(self._other)
        whole.addWidget(other)
        whole.addWidget(self._other)
        buttons = QHBoxLayout()
        buttons.setContentsMargins(0, theme.GAP_PX, 0, 0)
        buttons.addWidget(self._find)
        buttons.addStretch(1)
        buttons.addWidget(self._cancel)
        buttons.addWidget(self._use)
        whole.addLayout(buttons)

    def ref(self) -> str:
        """The starter, a folder, or what was typed."""
        typed = _plain(self._path.text())
        if typed:
            return typed
        item = self._list.currentItem()
        return str(item.data(Qt.ItemDataRole.UserRole)) if item is not None else ""

    def tokenizer(self) -> str:
        """The model that lends its tokenizer, or ""."""
        return _plain(self._other.text())

    def _leave_to_find(self) -> None:
        self.finds = True
        self.reject()

    def _typed(self, typed: str) -> None:
        self._use.setEnabled(bool(typed.strip()) or self._list.currentItem() is not None)
        if not self._other.isModified():  # what was typed there stays
            self._other.setText(self._tokenizers.get(self.ref(), ""))

    def _list_chosen(self) -> None:
        self._path.clear()
        self._typed("")

    def _pick_folder(self) -> None:
        folder = QFileDialog.getExistingDirectory(self, "The model's folder", self._path.text())
        if folder:
            self._path.setText(folder)


def _plain(typed: str) -> str:
    """Without what comes along when something is pasted; the home folder written out."""
    typed = typed.strip().strip('"')
    return str(Path(typed).expanduser()) if typed.startswith("~") else typed
