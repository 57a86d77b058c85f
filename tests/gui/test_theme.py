"""Both palettes can be read, and the window follows."""

import itertools
import os
import re
import subprocess
import sys

import pytest
from PySide6.QtGui import QColor, QPalette
from PySide6.QtWidgets import QApplication, QPushButton, QToolButton
from pytestqt.qtbot import QtBot

from gui import theme
from gui.pages.run_page.model_dialog import ModelDialog
from gui.theme import DARK, LIGHT, Theme, Wardrobe

LEAST_CONTRAST = 4.5
READ = ("text", "quiet", "accent", "warn", "error", "base")


def luminance(colour: QColor) -> float:
    """Relative luminance by WCAG 2.2."""
    parts = [colour.redF(), colour.greenF(), colour.blueF()]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: QColor, other: QColor) -> float:
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize(("worn", "front", "back"), list(itertools.product((LIGHT, DARK), READ, ("ground", "surface"))))
def test_each_colour_can_be_read_on_ground_and_surface(worn: Theme, front: str, back: str) -> None:
    assert contrast(QColor(getattr(worn, front)), QColor(getattr(worn, back))) >= LEAST_CONTRAST


@pytest.mark.parametrize("worn", [LIGHT, DARK], ids=lambda worn: worn.name)
def test_text_can_be_read_on_the_accent_and_on_what_is_chosen(worn: Theme) -> None:
    chosen = theme.mixed(worn.accent, worn.surface, 0.12)

    assert contrast(QColor(worn.on_accent), QColor(worn.accent)) >= LEAST_CONTRAST
    assert contrast(QColor(worn.text), chosen) >= LEAST_CONTRAST
    assert contrast(QColor(worn.text), theme.mixed(worn.accent, worn.surface, 0.22)) >= LEAST_CONTRAST


@pytest.mark.parametrize("worn", [LIGHT, DARK], ids=lambda worn: worn.name)
def test_every_rule_of_the_style_sheet_can_be_read(worn: Theme) -> None:
    """Text on the rule's own background; without one, on ground, surface, what is hovered and what is chosen."""
    rules = re.findall(r"([^{}]+)\{([^{}]*)\}", re.sub(r"/\*.*?\*/", "", theme.stylesheet(worn), flags=re.S))
    usual = [worn.ground, worn.surface, *(theme.mixed(worn.text, worn.surface, 0.06).name(),)]
    usual += [theme.mixed(worn.accent, worn.surface, 0.12).name()]
    checked = 0
    for selector, body in rules:
        front = re.search(r"(?<![-\w])color:\s*(#\w{6})", body)
        back = re.search(r"(?<![-\w])background:\s*(#\w{6})", body)
        if front is None:
            continue
        behind = [back.group(1)] if back else ([worn.accent] if "main" in selector else usual)
        for one in behind:
            assert contrast(QColor(front.group(1)), QColor(one)) >= LEAST_CONTRAST, (selector.strip(), one)
            checked += 1
    assert checked > 30


def test_choosing_dark_changes_palette_and_painters(qapp: QApplication, wardrobe: Wardrobe) -> None:
    assert theme.worn() is LIGHT
    wardrobe.choose("dark")

    assert theme.worn() is DARK
    assert qapp.palette().color(QPalette.ColorRole.Window).name().upper() == DARK.ground
    wardrobe.choose("light")
    assert qapp.palette().color(QPalette.ColorRole.Window).name().upper() == LIGHT.ground


def test_style_sheet_has_no_gap_left() -> None:
    for worn in (LIGHT, DARK):
        assert "$" not in theme.stylesheet(worn)


@pytest.mark.parametrize("choice", ["light", "dark"])
def test_what_is_disabled_looks_so(qtbot: QtBot, wardrobe: Wardrobe, choice: theme.Choice) -> None:
    wardrobe.choose(choice)
    worn = theme.worn()
    for kind in (QPushButton, QToolButton):
        button = kind()
        qtbot.addWidget(button)
        button.setText("Copy")
        button.setProperty("role", "plain")
        button.setEnabled(False)
        image = button.grab().toImage()
        colours = {image.pixelColor(x, y).name().upper() for x in range(image.width()) for y in range(image.height())}
        assert worn.accent not in colours, kind
        assert button.palette().buttonText().color().name().upper() == worn.quiet


@pytest.mark.parametrize("choice", ["light", "dark"])
def test_a_list_has_rows_of_their_own_and_a_flat_choice(qtbot: QtBot, wardrobe: Wardrobe, choice: theme.Choice) -> None:
    wardrobe.choose(choice)
    dialog = ModelDialog(["org/one", "org/two"], "org/one")
    qtbot.addWidget(dialog)
    dialog.show()
    shown = dialog._list
    rows = [shown.visualItemRect(shown.item(place)) for place in range(3)]
    assert all(row.height() >= theme.ROW_PX for row in rows)
    assert all(above.bottom() < below.top() for above, below in itertools.pairwise(rows))

    image = shown.viewport().grab().toImage()
    right = rows[1].right() - 20  # beside the letters
    colours = {image.pixelColor(right, y).name() for y in range(rows[1].top(), rows[1].bottom() + 1)}
    assert colours == {theme.mixed(theme.worn().accent, theme.worn().surface, 0.12).name()}
    assert image.pixelColor(right, rows[2].top()).name().upper() == theme.worn().surface


FOLLOWS = """
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication
application = QApplication([])
from gui import theme
wardrobe = theme.Wardrobe(application, "system")
for scheme in (Qt.ColorScheme.Dark, Qt.ColorScheme.Light):
    application.styleHints().setColorScheme(scheme)
    application.processEvents()
    print(theme.worn().name)
"""


@pytest.mark.skipif(not os.environ.get("DISPLAY"), reason="colour schemes are not simulated without an X server")
def test_follows_the_system_live() -> None:
    environment = os.environ | {"QT_QPA_PLATFORMTHEME": "gnome", "QT_QPA_PLATFORM": "xcb"}
    done = subprocess.run([sys.executable, "-c", FOLLOWS], env=environment, capture_output=True, text=True, timeout=60)

    assert done.stdout.split() == ["dark", "light"], done.stderr
