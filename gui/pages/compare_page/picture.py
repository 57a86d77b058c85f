"""A comparison as a picture: model and task, the sentence, all rows, and under which conditions."""

import time

from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QColor, QImage, QPainter
from PySide6.QtWidgets import QVBoxLayout, QWidget

from gui import theme
from gui.pages.compare_page import words
from gui.pages.compare_page.outcome_box import sentence_of
from gui.pages.compare_page.rows import rows
from gui.run_state import CompareView, State
from gui.widgets import figures, text
from gui.widgets.race_chart import RaceChart

SCALE = 2
LEAST_PX = 560


def of_view(view: CompareView, state: State, width_px: int) -> QImage:
    """``width_px`` wide, at SCALE times the size of the window's own letters."""
    sheet = _sheet(view, state)
    layout = sheet.layout()
    assert layout is not None
    width = max(width_px, LEAST_PX)
    sheet.setAttribute(Qt.WidgetAttribute.WA_DontShowOnScreen)
    sheet.resize(width, layout.totalHeightForWidth(width))
    sheet.show()  # nowhere, but laid out
    image = QImage(sheet.size() * SCALE, QImage.Format.Format_RGB32)
    image.setDevicePixelRatio(SCALE)
    image.fill(QColor(theme.worn().surface))
    painter = QPainter(image)
    try:
        sheet.render(painter, QPoint(), renderFlags=QWidget.RenderFlag.DrawChildren)
    finally:
        painter.end()
        sheet.hide()
        sheet.deleteLater()
    return image


def _sheet(view: CompareView, state: State) -> QWidget:
    sheet = QWidget()
    whole = QVBoxLayout(sheet)
    whole.setContentsMargins(*[theme.WIDE_GAP_PX] * 4)
    chart = RaceChart()
    chart.show_race(*rows(view, state))
    chart.show_whole()
    whole.addWidget(text.label(words.subject(view, state), "heading", wrap=True))
    whole.addWidget(text.label(sentence_of(view), wrap=True))
    whole.addWidget(chart)
    whole.addWidget(text.label(conditions_of(view), "caption", wrap=True))
    return sheet


def conditions_of(view: CompareView) -> str:
    """What a figure is nothing without, in a line."""
    found = view.comparison
    if found is None:
        return " ".join(view.doubts)
    threads = sorted({cell.threads for cell in found.cells if cell.threads})
    counts = ", ".join(str(count) for count in threads)
    inputs = f"{view.inputs} input{'s' if view.inputs != 1 else ''}"
    parts = [
        str(found.environment.get("cpu") or ""),
        f"{counts} thread{'s' if threads != [1] else ''}" if threads else "",
        inputs,
        f"measured in {figures.seconds(found.took_s)}" if found.took_s else "",
        time.strftime("%Y-%m-%d", time.localtime(found.started_s)) if found.started_s else "",
    ]
    plain = " ".join(found.doubts) or words.MACHINE[found.machine][3]
    return f"{', '.join(part for part in parts if part)}. {plain}"
