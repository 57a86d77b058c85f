"""Finds controls and words that are cut off: ``python -m tests.gui.clipped`` prints them, one a line.

Run by itself so that the whole process can have another scale (QT_SCALE_FACTOR).
"""

import os
import sys
import tempfile

from PySide6.QtCore import QRect, QSize
from PySide6.QtWidgets import QAbstractButton, QApplication, QComboBox, QLabel, QLineEdit, QScrollArea, QWidget

from gui.main_window import MainWindow
from gui.run_state import State, numbers_of
from gui.settings import Settings
from gui.theme import Wardrobe
from gui.widgets.column_scroll import ColumnScroll
from gui.widgets.icons import application_icon
from gui.widgets.text import ElidedLabel
from tests.gui import accelerated, compared, found, kept, measured, replay

SIZE = QSize(900, 600)
RECORDED = ("opened", "checked", "repeating", "explained", "died", "bad_input")
SLACK_PX = 1
PART_OF = {"speed": "cpu", "here": "models"}
OWN_FOLDER = Settings(folders=("/home/ada/models",))


def settle() -> None:
    """What is laid out in later turns of the event loop."""
    for _ in range(4):
        QApplication.processEvents()


def clipped(window: QWidget) -> list[str]:
    """Every visible control that is smaller than it needs to be or reaches out of what holds it."""
    kinds = QAbstractButton | QComboBox | QLineEdit | QLabel
    found = [widget for widget in window.findChildren(QWidget) if isinstance(widget, kinds) and widget.isVisible()]
    too_wide = [
        f"{_named(scroll)}: {why}" for scroll in window.findChildren(ColumnScroll) if (why := _too_wide(scroll))
    ]
    return [f"{_named(widget)}: {why}" for widget in found if (why := _why(widget))] + too_wide


def _too_wide(scroll: ColumnScroll) -> str:
    """A column cannot be scrolled sideways."""
    content = scroll.widget()
    assert content is not None
    has, needs = scroll.viewport().width(), content.width()
    return f"shows {has} of {needs}" if scroll.isVisible() and has + SLACK_PX < needs else ""


def _why(widget: QWidget) -> str:
    has, needs = widget.size(), widget.minimumSizeHint()
    if isinstance(widget, ElidedLabel):
        needs = QSize(0, widget.fontMetrics().height())  # gives way on purpose, and its tip has the whole
    elif isinstance(widget, QLabel) and widget.wordWrap():
        needs = QSize(0, widget.heightForWidth(has.width()))
    elif isinstance(widget, QAbstractButton):
        # Of the height only the letters: Qt lays tool buttons out a little lower than they say they would like.
        width = min(widget.sizeHint().width(), widget.maximumWidth())
        needs = QSize(width, widget.fontMetrics().height() if widget.text() else 0)
    if has.width() + SLACK_PX < needs.width() or has.height() + SLACK_PX < needs.height():
        return f"has {has.width()}x{has.height()}, needs {needs.width()}x{needs.height()}"
    holder = widget.parentWidget()
    if holder is not None and not isinstance(holder.parentWidget(), QScrollArea):
        place = QRect(widget.geometry()).adjusted(SLACK_PX, SLACK_PX, -SLACK_PX, -SLACK_PX)
        if not holder.rect().contains(place):
            return f"reaches out of {_named(holder)}"
    return ""


def _named(widget: QWidget) -> str:
    words = widget.text() if isinstance(widget, QLabel | QAbstractButton) else ""
    return f"{type(widget).__name__} {words or widget.accessibleName()!r}"


def states() -> dict[str, tuple[State, Settings]]:
    """The usual states by name, each with what was chosen."""
    opened, static = replay.last("opened"), Settings(mode="onnx-runtime", precision="int8-static")
    saved = accelerated.exported(accelerated.exporting(opened))
    more = {
        "explained": (accelerated.explained(), Settings(mode="onnx-runtime", precision="int8-dynamic")),
        "calibrated": (accelerated.with_precisions(opened), static),
        "runtime": (accelerated.with_ipex(opened), Settings()),
        "damaged runtime": (accelerated.with_ipex(opened, accelerated.DAMAGED), Settings()),
        "saved": (saved, Settings(mode="torchscript")),
        "kept run": (kept.opened_run(opened, 40), Settings()),
        "kept comparison": (kept.opened_comparison(opened, 39), Settings()),
        "not kept": (kept.failed(opened), Settings()),
        "racing": (compared.racing(), Settings()),
        "compared": (compared.done(), Settings()),
        "broken off": (compared.failed(), Settings()),
        "picked": (compared.picked(), Settings(mode="auto")),
        "measured": (measured.ran(measured.with_peaks(opened)), Settings()),
        "measuring": (measured.measuring(opened), Settings()),
        "first models": (found.downloading(found.own(found.local(opened))), Settings(network_off=True)),
        "a gated model": (found.looked(found.results(found.local(opened)), found.one(2)), OWN_FOLDER),
        "no Hub": (found.search_failed(opened), Settings()),
    }
    return {name: (replay.last(name), Settings()) for name in RECORDED} | more


def choose_model(window: MainWindow, *, here: bool) -> None:
    """A gated one with its link asked about; one on this computer that is to be deleted."""
    page = window.models_page
    page.show_part(int(here))
    if here:
        page.local.list.select(found.LOCAL[1].folder)
        page.local.delete.ask()
    else:
        page.hub.list.select(found.one(2).repo)
        page.hub.detail.leave.ask(found.page_of(found.one(2).repo))


def of_the_first_start() -> list[str]:
    """What is cut off on its pages."""
    window = MainWindow(Settings(welcomed=False), application_icon())
    window.resize(SIZE)
    window.show()
    window.show_state(replay.last("opened"))
    lines = []
    for step in range(3):
        window.welcome.show_step(step)
        settle()
        lines += [f"welcome {step}: {line}" for line in clipped(window)]
    window.hide()
    return lines


def of_all_pages() -> list[str]:
    """What is cut off on any page in any of the usual states, at 900 x 600."""
    found = []
    for name, (state, settings) in states().items():
        window = MainWindow(settings, application_icon())
        window.resize(SIZE)
        window.show()
        window.show_state(state)
        window.run_page.modes.details.button.click()
        for page in ("run", "compare", "cpu", "speed", "models", "here", "history", "settings"):
            window.show_page(PART_OF.get(page, page))
            window.cpu_page.show_part(int(page == "speed"))
            if page in ("models", "here"):
                choose_model(window, here=page == "here")
            if page == "history" and state.history.shown is not None:
                kept.choose(window, sorted(numbers_of(state.history.shown)))
            settle()
            if window.size() != SIZE:
                found.append(f"{page}, {name}: the window is {window.width()}x{window.height()}")
            found += [f"{page}, {name}: {line}" for line in clipped(window)]
        window.hide()
        window.deleteLater()
    return found


if __name__ == "__main__":
    application = QApplication(sys.argv[:1])
    wardrobe = Wardrobe(application, "light")
    with tempfile.TemporaryDirectory() as home:
        os.environ["FASTPATH_HOME"] = home
        print("\n".join([f"scale {application.devicePixelRatio():g}", *of_all_pages(), *of_the_first_start()]))
