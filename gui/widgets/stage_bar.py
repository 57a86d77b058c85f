"""Stages of a run from left to right, each with its time."""

from collections.abc import Mapping, Sequence

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFontMetrics, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from gui import theme
from gui.run_state import StageView
from gui.widgets import figures, mark, text

TITLES = {
    "starting": "Start engine",
    "checking": "Check files",
    "load": "Load",
    "prepare": "Prepare",
    "first": "First call",
    "running": "Run",
    "compare": "Compare",
    "explain": "Explain",
    "measuring": "Measure",
}
ALWAYS = ("checking", "load", "prepare", "first", "running")
TRACK_PX = 4
GAP_PX = 6
SHOW_TIME_AFTER_S = 2.0
SHOW_LAST_AFTER_S = 10.0


class StageBar(QWidget):
    """Shows stages of a run; those to come are pale.

    A finished stage is full, the present one fills as far as last time tells.
    """

    def __init__(self, always: Sequence[str] = ALWAYS) -> None:
        """``always``: stages that are shown before they have begun."""
        super().__init__()
        self._always = always
        self._stages: tuple[StageView, ...] = ()
        self._now_s = 0.0
        self.setFont(theme.scaled(theme.CAPTION))
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName("Stages of the run")
        text.explain(self, "What a run goes through, with the time of each stage. Cached: kept from an earlier run.")

    def sizeHint(self) -> QSize:
        return QSize(240, TRACK_PX + 2 * self.fontMetrics().height() + 8)

    def minimumSizeHint(self) -> QSize:
        return QSize(240, self.sizeHint().height())

    def show_stages(self, stages: Sequence[StageView], now_s: float) -> None:
        """``now_s`` is of the clock that the stages began on. Paints anew only what would look otherwise."""
        before = self._looks()
        self._stages, self._now_s = tuple(stages), now_s
        if self._looks() != before:
            self.setAccessibleDescription(", ".join(f"{TITLES.get(s.name, s.name)} {self.words(s)}" for s in stages))
            self.update()

    def _looks(self) -> list[tuple[StageView, str, int]]:
        """All that the picture hangs on beside its size: stages, words, and how far they are filled."""
        return [(stage, self.words(stage), int(self._filled(stage) * self.width())) for stage in self._stages]

    def _filled(self, stage: StageView) -> float:
        """Of a stage that goes on: its share of what it took last time; 0 where that is not known."""
        if stage.seconds is not None or not stage.last_s:
            return 0.0
        return min(0.95, (self._now_s - stage.began_s) / stage.last_s)

    def words(self, stage: StageView) -> str:
        """A stage's time in words; of the present one only when it takes long."""
        if stage.seconds is not None:
            how = stage.cut or ("cached" if stage.cached else "")
            return figures.seconds(stage.seconds) + (f", {how}" if how else "")
        so_far_s = self._now_s - stage.began_s
        if stage.name == "running" or so_far_s < SHOW_TIME_AFTER_S:
            return "now"
        words = f"{so_far_s:.0f} s"
        if so_far_s >= SHOW_LAST_AFTER_S and stage.last_s is not None:
            words += f" (last time {figures.seconds(stage.last_s)})"
        return words

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        names = [name for name in TITLES if name in self._always or any(s.name == name for s in self._stages)]
        names += [stage.name for stage in self._stages if stage.name not in TITLES]
        by_name = {stage.name: stage for stage in self._stages}
        left = 0.0
        if not names:
            painter.end()
            return
        for place, (name, width) in enumerate(zip(names, self._widths(names, by_name), strict=True)):
            box = QRectF(left, 0, width, self.height())
            skipped = name not in by_name and any(later in by_name for later in names[place + 1 :])
            self._paint_stage(painter, box, TITLES.get(name, name), by_name.get(name), skipped)
            left += width + GAP_PX
        painter.end()

    def _widths(self, names: Sequence[str], by_name: Mapping[str, StageView]) -> list[float]:
        """Alike, but what goes on, or was cut, has room for its words."""
        whole = self.width() - GAP_PX * (len(names) - 1)
        alike = whole / len(names)
        wanted = []
        for name in names:
            stage = by_name.get(name)
            special = stage is not None and (stage.seconds is None or bool(stage.cut))
            words = self.fontMetrics().horizontalAdvance(self.words(stage)) + 4 if stage and special else 0
            wanted.append(max(alike, min(words, whole / 2)))
        left = whole - sum(width for width in wanted if width > alike)
        others = sum(1 for width in wanted if width <= alike)
        return [width if width > alike or not others else left / others for width in wanted]

    def _paint_stage(self, painter: QPainter, box: QRectF, title: str, stage: StageView | None, skipped: bool) -> None:
        worn = theme.worn()
        track = QRectF(box.left(), 3, box.width(), TRACK_PX)
        painter.fillRect(track, QColor(worn.line))
        if stage is not None:
            self._paint_fill(painter, track, stage)
        metrics = QFontMetrics(self.font())
        failed = stage is not None and stage.cut == "failed"
        painter.setPen(QColor(worn.error if failed else worn.text if stage is not None else worn.quiet))
        first = QPointF(box.left(), TRACK_PX + 5 + metrics.ascent())
        painter.drawText(first, metrics.elidedText(title, Qt.TextElideMode.ElideRight, int(box.width())))
        if stage is not None or skipped:
            painter.setPen(QColor(worn.error if failed else worn.quiet))
            said = self.words(stage) if stage is not None else "not needed"
            words = metrics.elidedText(said, Qt.TextElideMode.ElideRight, int(box.width()))
            painter.drawText(first + QPointF(0, metrics.height()), words)

    def _paint_fill(self, painter: QPainter, track: QRectF, stage: StageView) -> None:
        accent = QColor(theme.worn().accent)
        if stage.cut:
            self._paint_cut(painter, track, stage)
            return
        if stage.seconds is not None:
            painter.fillRect(track, accent)
            return
        if stage.last_s:
            share = self._filled(stage)
            painter.fillRect(QRectF(track.left(), track.top(), track.width() * share, track.height()), accent)
            return
        # How long it takes is not known: dashes say "going on" without any motion.
        pen = QPen(accent, TRACK_PX)
        pen.setDashPattern([1.0, 1.0])
        pen.setCapStyle(Qt.PenCapStyle.FlatCap)
        painter.setPen(pen)
        middle = track.center().y()
        painter.drawLine(QPointF(track.left(), middle), QPointF(track.right(), middle))

    def _paint_cut(self, painter: QPainter, track: QRectF, stage: StageView) -> None:
        """Half of the track, and a cross where it broke off: told by its shape too."""
        worn = theme.worn()
        colour = QColor(worn.error if stage.cut == "failed" else worn.base)
        painter.fillRect(QRectF(track.left(), track.top(), track.width() / 2, track.height()), colour)
        edge = 2.5 * TRACK_PX
        place = QRectF(track.left() + track.width() / 2, track.center().y() - edge / 2, edge, edge)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.fillRect(place, QColor(worn.surface))
        mark.draw(painter, place, "cross" if stage.cut == "failed" else "dash", colour)
        painter.restore()
