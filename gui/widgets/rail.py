"""The rail at the left: a button for each page, and one that presents the page that is shown."""

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtWidgets import QButtonGroup, QFrame, QVBoxLayout

from gui import theme
from gui.widgets.icons import IconButton

WIDTH_PX = 64


class Rail(QFrame):
    """Signals: chosen(name), the page's; present_asked."""

    chosen = Signal(str)
    present_asked = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("rail")
        self.setFixedWidth(WIDTH_PX)
        self.setAccessibleName("Pages")
        self.pages = QButtonGroup(self)
        self._names: list[str] = []
        self._buttons = QVBoxLayout(self)
        self._buttons.setContentsMargins(0, theme.GAP_PX, 0, theme.GAP_PX)
        self._buttons.setSpacing(4)
        self._buttons.addStretch(1)
        self.present = _button("present", "Present", "Shows answer, figure and chart alone, in large. F11.")
        self.present.clicked.connect(self.present_asked)
        self._buttons.addWidget(self.present)

    def add(self, name: str, title: str, keys: str) -> None:
        """A page below those that are there; ``name`` is its icon's too."""
        button = _button(name, title, f"Shows the page {title}. {keys}.")
        button.setCheckable(True)
        button.clicked.connect(lambda: self.chosen.emit(name))
        self._buttons.insertWidget(len(self._names), button)
        self.pages.addButton(button, len(self._names))
        self._names.append(name)

    def show_chosen(self, name: str, *, presented: bool) -> None:
        """``presented``: the page has a presentation view."""
        self.pages.button(self._names.index(name)).setChecked(True)
        self.present.setVisible(presented)


def _button(icon: str, title: str, explains: str) -> IconButton:
    button = IconButton(icon, title, role="rail", explains=explains)
    button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextUnderIcon)
    button.setIconSize(QSize(20, 20))
    button.setFixedWidth(WIDTH_PX)
    return button
