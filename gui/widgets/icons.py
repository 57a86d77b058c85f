"""The window's own icons, drawn in the colour that the theme has for them."""

from importlib import resources

from PySide6.QtCore import QByteArray, QEvent, QRectF, QSize, Qt
from PySide6.QtGui import QIcon, QPainter, QPixmap
from PySide6.QtSvg import QSvgRenderer
from PySide6.QtWidgets import QToolButton, QWidget

from gui import theme
from gui.widgets import text

SIZE_PX = 20
_DENSITIES = (1, 2, 3)


def icon(name: str, colour: str) -> QIcon:
    """The icon ``name`` of resources/icons in one colour (its "currentColor"), sharp up to 300 % scaling."""
    source = resources.files("resources").joinpath("icons", f"{name}.svg").read_bytes()
    renderer = QSvgRenderer(QByteArray(source.replace(b"currentColor", colour.encode())))
    made = QIcon()
    for density in _DENSITIES:
        pixmap = QPixmap(SIZE_PX * density, SIZE_PX * density)
        pixmap.fill(Qt.GlobalColor.transparent)
        painter = QPainter(pixmap)
        renderer.render(painter, QRectF(pixmap.rect()))
        painter.end()
        pixmap.setDevicePixelRatio(density)
        made.addPixmap(pixmap)
    return made


def application_icon() -> QIcon:
    """The program's own mark."""
    with resources.as_file(resources.files("resources").joinpath("icons", "fastpath.svg")) as file:
        renderer = QSvgRenderer(str(file))
    made = QIcon()
    for edge in (16, 32, 48, 128, 256):
        pixmap = QPixmap(edge, edge)
        pixmap.fill(Qt.GlobalColor.transparent)
        painter = QPainter(pixmap)
        renderer.render(painter, QRectF(pixmap.rect()))
        painter.end()
        made.addPixmap(pixmap)
    return made


class IconButton(QToolButton):
    """A tool button with one of our icons, redrawn when the theme changes."""

    def __init__(
        self, name: str, title: str, *, role: str = "plain", explains: str = "", parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._name = name
        self._drawn = ""
        self.setProperty("role", role)
        self.setText(title)
        self.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.setIconSize(QSize(16, 16))
        self.setAccessibleName(title.replace("&", ""))
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        text.explain(self, explains)
        self._draw()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange:
            self._draw()

    def _draw(self) -> None:
        worn = theme.worn()
        colour = worn.accent if self.property("role") == "plain" else worn.text
        if colour != self._drawn:  # a button is told of a new palette at each place that it is put into
            self._drawn = colour
            self.setIcon(icon(self._name, colour))
