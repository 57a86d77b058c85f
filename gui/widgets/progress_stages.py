"""Stages of something that takes long, which tell the time so far by a clock of their own."""

import time
from collections.abc import Sequence

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QVBoxLayout, QWidget

from gui.run_state import StageView
from gui.widgets.stage_bar import StageBar

CLOCK_MS = 500


class ProgressStages(QWidget):
    """The stages met so far; no height while there are none."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self._stages: tuple[StageView, ...] = ()
        self._bar = StageBar(always=())
        self._bar.setAccessibleName(name)
        self._clock = QTimer(self)
        self._clock.setInterval(CLOCK_MS)
        self._clock.timeout.connect(lambda: self._bar.show_stages(self._stages, time.monotonic()))
        rows = QVBoxLayout(self)
        rows.setContentsMargins(0, 0, 0, 0)
        rows.addWidget(self._bar)
        self.hide()

    def show_stages(self, stages: Sequence[StageView], now_s: float) -> None:
        """``now_s`` is of the clock that the stages began on."""
        self._stages = tuple(stages)
        self._bar.show_stages(self._stages, now_s)
        self.setVisible(bool(self._stages))
        going = any(stage.seconds is None for stage in self._stages)
        if going != self._clock.isActive():
            self._clock.start() if going else self._clock.stop()
