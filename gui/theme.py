"""The two palettes, and how they are put on: light or dark as the system is, or as the person chose."""

import dataclasses
import string
from importlib import resources
from typing import Literal

from PySide6.QtCore import QObject, Qt
from PySide6.QtGui import QColor, QFont, QFontDatabase, QGuiApplication, QPalette
from PySide6.QtWidgets import QApplication

Choice = Literal["system", "light", "dark"]

CAPTION = 0.9
HEADING = 1.15
FIGURE = 3.0
CARD_PADDING_PX = 12
GAP_PX = 8
WIDE_GAP_PX = 16
ROW_PX = 28


@dataclasses.dataclass(frozen=True, slots=True)
class Theme:
    """Colours by what they are for.

    Contrast of each on ground and on surface is at least 4.5 to 1 (tested).
    """

    name: str
    ground: str
    surface: str
    line: str
    text: str
    quiet: str
    accent: str
    on_accent: str
    base: str
    warn: str
    error: str


LIGHT = Theme(
    name="light",
    ground="#F6F6F4",
    surface="#FFFFFF",
    line="#D9D8D3",
    text="#1B1B1A",
    quiet="#5B5A55",
    accent="#0A6B52",
    on_accent="#FFFFFF",
    base="#6E6D68",
    warn="#8A5200",
    error="#B1261B",
)
DARK = Theme(
    name="dark",
    ground="#151515",
    surface="#1E1E1D",
    line="#3B3B39",
    text="#ECEBE7",
    quiet="#A9A7A1",
    accent="#52C9A0",
    on_accent="#10201A",
    base="#8C8A85",
    warn="#E3A857",
    error="#F28B82",
)

_worn = LIGHT


def worn() -> Theme:
    """The theme that is on now. Painters ask at each paint; a change repaints everything."""
    return _worn


def mixed(colour: str, into: str, share: float) -> QColor:
    """``share`` of ``colour`` laid over ``into``."""
    over, under = QColor(colour), QColor(into)
    parts = zip(over.getRgb()[:3], under.getRgb()[:3], strict=True)  # type: ignore[index]
    return QColor(*(round(top * share + bottom * (1 - share)) for top, bottom in parts))


def scaled(share: float, *, bold: bool = False) -> QFont:
    """The system's font at ``share`` of its own size, with figures of one width."""
    font = QFont(QApplication.font())
    if font.pointSizeF() > 0:
        font.setPointSizeF(font.pointSizeF() * share)
    else:
        font.setPixelSize(round(font.pixelSize() * share))
    if bold:
        font.setWeight(QFont.Weight.DemiBold)
    return tabular(font)


def fixed() -> QFont:
    """The system's font of one width, for programs and what they print."""
    return QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont)


def tabular(font: QFont) -> QFont:
    """The font with figures of one width, so that moving numbers do not jitter."""
    font.setFeature(QFont.Tag("tnum"), 1)
    return font


class Wardrobe(QObject):
    """Keeps the application's look in step with the choice and, where that is "system", with the system.

    Thread: the window's. Lives as long as the application.
    """

    def __init__(self, application: QApplication, choice: Choice) -> None:
        super().__init__(application)
        self._application = application
        self._choice = choice
        application.setStyle("fusion")
        application.setFont(tabular(QFont(application.font())))
        QGuiApplication.styleHints().colorSchemeChanged.connect(self._put_on)
        self._put_on()

    def choose(self, choice: Choice) -> None:
        self._choice = choice
        self._put_on()

    def _put_on(self) -> None:
        global _worn
        system_is_dark = QGuiApplication.styleHints().colorScheme() == Qt.ColorScheme.Dark
        dark = self._choice == "dark" or (self._choice == "system" and system_is_dark)
        theme = DARK if dark else LIGHT
        _worn = theme
        self._application.setPalette(palette_of(theme))
        self._application.setStyleSheet(stylesheet(theme))


def palette_of(theme: Theme) -> QPalette:
    """Qt's palette for what the style sheet does not reach."""
    palette = QPalette()
    roles = {
        QPalette.ColorRole.Window: theme.ground,
        QPalette.ColorRole.WindowText: theme.text,
        QPalette.ColorRole.Base: theme.surface,
        QPalette.ColorRole.AlternateBase: theme.ground,
        QPalette.ColorRole.Text: theme.text,
        QPalette.ColorRole.Button: theme.surface,
        QPalette.ColorRole.ButtonText: theme.text,
        QPalette.ColorRole.BrightText: theme.on_accent,
        QPalette.ColorRole.PlaceholderText: theme.quiet,
        QPalette.ColorRole.ToolTipBase: theme.surface,
        QPalette.ColorRole.ToolTipText: theme.text,
        QPalette.ColorRole.Highlight: theme.accent,
        QPalette.ColorRole.HighlightedText: theme.on_accent,
        QPalette.ColorRole.Accent: theme.accent,
        QPalette.ColorRole.Link: theme.accent,
        QPalette.ColorRole.Mid: theme.line,
        QPalette.ColorRole.Light: theme.surface,
        QPalette.ColorRole.Dark: theme.line,
    }
    for role, colour in roles.items():
        palette.setColor(role, QColor(colour))
    for role in (QPalette.ColorRole.WindowText, QPalette.ColorRole.Text, QPalette.ColorRole.ButtonText):
        palette.setColor(QPalette.ColorGroup.Disabled, role, QColor(theme.quiet))
    return palette


def stylesheet(theme: Theme) -> str:
    """The style sheet with the theme's colours in it."""
    sheet = string.Template(resources.files("gui").joinpath("theme.qss").read_text("utf-8"))
    icons = resources.files("resources").joinpath("icons")
    return sheet.substitute(
        dataclasses.asdict(theme),
        hover=mixed(theme.text, theme.surface, 0.06).name(),
        chosen=mixed(theme.accent, theme.surface, 0.12).name(),
        accent_hover=mixed(theme.text, theme.accent, 0.12).name(),
        chevron=str(icons.joinpath(f"chevron-{theme.name}.svg")).replace("\\", "/"),
        tick=str(icons.joinpath(f"tick-{theme.name}.svg")).replace("\\", "/"),
    )
