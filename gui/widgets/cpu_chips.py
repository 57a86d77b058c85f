"""The few features of the CPU that decide how fast models are, as chips; a click leads to the line of one."""

from collections.abc import Collection

from PySide6.QtCore import QEvent, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QIcon, QPainter, QPixmap
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QToolButton, QWidget

from engine.wire.values import Cpu, Feature
from gui import theme
from gui.widgets import mark, text
from gui.widgets.feature_use import SHAPES, WORDS, Use, use_of

CHIPS: dict[str, tuple[str, ...]] = {
    "AVX2": ("avx2",),
    "AVX-512": ("avx512_f",),
    "VNNI": ("avx512_vnni", "avx_vnni"),
    "BF16": ("avx512_bf16", "amx_bf16", "bf16"),
    "AMX": ("amx_tile",),
    "SVE": ("sve2", "sve"),
    "Dot product": ("dotprod",),
    "I8MM": ("i8mm",),
    "SME": ("sme2", "sme"),
}
"""A chip stands for the best of its features that is there; where the CPU's kind has none, there is no chip."""
EDGE_PX = 12
_DENSITIES = (1, 2, 3)
_BEST_FIRST: tuple[Use, ...] = ("used", "not told", "not seen", "usable", "refused", "missing")


class CpuChips(QWidget):
    """Signals: line_asked(feature id)."""

    line_asked = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self.setAccessibleName("CPU features")
        self._shown: tuple[object, ...] = ()
        self._chips: dict[str, Chip] = {}
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(0, 0, 0, 0)
        self._row.setSpacing(6)
        self._row.addWidget(text.label("CPU", "caption"))
        self._row.addStretch(1)
        self.hide()

    def show_cpu(self, cpu: Cpu | None, ran: bool, used: Collection[str] | None) -> None:
        """As ``use_of`` has it. Cheap where nothing changed."""
        shown = (cpu, ran, frozenset(used) if used is not None else None)
        if shown == self._shown:
            return
        self._shown = shown
        self.setVisible(cpu is not None)
        found = _chosen(cpu, ran, used) if cpu is not None else {}
        for title in [title for title in self._chips if title not in found]:
            gone = self._chips.pop(title)
            self._row.removeWidget(gone)
            gone.hide()
            gone.deleteLater()
        for title, (feature, use) in found.items():
            if title not in self._chips:
                chip = Chip(title)
                chip.clicked.connect(lambda _checked=False, chip=chip: self.line_asked.emit(chip.feature))
                self._chips[title] = chip
                self._row.insertWidget(self._row.count() - 1, chip)
            self._chips[title].show_use(feature, use)

    def chips(self) -> tuple["Chip", ...]:
        return tuple(self._chips.values())


def _chosen(cpu: Cpu, ran: bool, used: Collection[str] | None) -> dict[str, tuple[Feature, Use]]:
    by_id = {feature.id: feature for feature in cpu.features}
    found = {}
    for title, names in CHIPS.items():
        there = [(by_id[name], use_of(by_id[name], ran, used)) for name in names if name in by_id]
        if there:
            found[title] = min(there, key=lambda pair: _BEST_FIRST.index(pair[1]))
    return found


class Chip(QToolButton):
    """One chip: its mark tells how the feature stands, and so do its tool tip and its accessible name."""

    def __init__(self, title: str) -> None:
        super().__init__()
        self.feature = ""
        self.use: Use = "usable"
        self.setProperty("role", "chip")
        self.setText(title)
        self.setFont(theme.scaled(theme.CAPTION))
        self.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.setIconSize(QSize(EDGE_PX, EDGE_PX))
        self.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)

    def sizeHint(self) -> QSize:
        """Qt adds two blanks behind the text, which would stand off its middle."""
        hint = super().sizeHint()
        return QSize(hint.width() - 2 * self.fontMetrics().horizontalAdvance(" "), hint.height())

    def show_use(self, feature: Feature, use: Use) -> None:
        self.feature, self.use = feature.id, use
        self.setAccessibleName(f"{self.text()}: {WORDS[use]}")
        reason = f" {feature.reason}" if feature.reason else ""
        text.explain(self, f"{feature.title}: {feature.explains}{reason} Shows its line on the CPU page.")
        self.setToolTip(text.plain_tip(f"{feature.title}: {WORDS[use]}"))
        self._draw()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange:
            self._draw()

    def _draw(self) -> None:
        made = QIcon()
        for density in _DENSITIES:
            pixmap = QPixmap(EDGE_PX * density, EDGE_PX * density)
            pixmap.fill(Qt.GlobalColor.transparent)
            painter = QPainter(pixmap)
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            draw_use(painter, QRectF(pixmap.rect()), self.use)
            painter.end()
            pixmap.setDevicePixelRatio(density)
            made.addPixmap(pixmap)
        self.setIcon(made)


def draw_use(painter: QPainter, place: QRectF, use: Use) -> None:
    """The mark of a use in the square ``place``; a question mark where nothing tells."""
    shape, colour_name = SHAPES[use]
    colour = QColor(getattr(theme.worn(), colour_name))
    if use != "not told":
        mark.draw(painter, place, shape, colour)
        return
    font = theme.scaled(1, bold=True)
    font.setPixelSize(round(place.height() * 0.95))
    painter.setFont(font)
    painter.setPen(colour)
    painter.drawText(place, Qt.AlignmentFlag.AlignCenter, "?")
