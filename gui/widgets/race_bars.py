"""Rows of a race, painted by hand: a name, what was measured, and a bar with the interval at its end."""

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QRectF, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from gui import theme
from gui.widgets import mark, motion, text
from gui.widgets.race_bar import Bar, paint_bar
from gui.widgets.race_scale import Scale

STEP_MS, STEPS = 33, 6
"""A row that changes its place is there after STEPS of so many ms."""

SIDE_PX = 8
MARK_SHARE = 0.75


class RaceBars(QWidget):
    """Rows below each other in the order given; arrow keys walk them, Enter or a click opens one.

    Signals: opened(number); passed(row's top, its height), in px, when the keyboard went to a row.
    """

    opened = Signal(int)
    passed = Signal(int, int)

    def __init__(self, name: str) -> None:
        super().__init__()
        self._name = name
        self._bars: tuple[Bar, ...] = ()
        self._scale = Scale()
        self._size = 1.0
        self._spare_px = 0
        self._letters: dict[bool, tuple[QFont, QFontMetricsF]] = {}
        self._chosen: int | None = None
        self._places: dict[int, float] = {}
        self._goals: dict[int, float] = {}
        self._steps = 0
        self._moving = QTimer(self)
        self._moving.setInterval(STEP_MS)
        self._moving.timeout.connect(self._step)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setMouseTracking(True)
        self.setAccessibleName(name)
        text.explain(self, "One row for each combination. Arrow keys walk through them, Enter shows all of one.")

    def show_bars(self, bars: Sequence[Bar], scale: Scale) -> None:
        """Does nothing where all is as before."""
        found, before = tuple(bars), self._bars
        if (found, scale) == (before, self._scale):
            return
        stays = scale == self._scale and [self._place_of(bar) for bar in found] == [
            self._place_of(one) for one in before
        ]
        self._bars, self._scale = found, scale
        self._name_chosen()
        if not stays or self._moving.isActive():
            self._arrange()
            self.update()
            return
        for bar, former in zip(found, before, strict=True):
            if bar != former:  # painting takes what a measurement beside it would have
                self.update(0, round(self._goals[bar.number]), self.width(), self.height_of(bar))

    @staticmethod
    def _place_of(bar: Bar) -> tuple[int, bool]:
        """What a row's place and height depend on."""
        return bar.number, bar.speed is None

    def set_size(self, share: float) -> None:
        """Letters and bars at ``share`` of the usual size."""
        self._size = share
        self._letters.clear()
        self._arrange(at_once=True)

    def set_spare(self, width_px: int) -> None:
        """What is left free at the right, as wide as a scroll bar beside other rows."""
        if width_px != self._spare_px:
            self._spare_px = width_px
            self.update()

    def choose(self, number: int | None) -> None:
        """Marks a row as the one whose figures are shown."""
        if number != self._chosen:
            self._chosen = number
            self._name_chosen()
            self.update()

    def bars(self) -> tuple[Bar, ...]:
        return self._bars

    # --- where rows are ---

    def letters(self, *, bold: bool = False) -> tuple[QFont, QFontMetricsF]:
        """Font and its measures, made once: thousands are asked for in a race."""
        if bold not in self._letters:
            font = theme.scaled(self._size, bold=bold)
            self._letters[bold] = font, QFontMetricsF(font)
        return self._letters[bold]

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() in (QEvent.Type.FontChange, QEvent.Type.StyleChange):
            self._letters.clear()

    def height_of(self, bar: Bar) -> int:
        """A row without a bar is one line high."""
        line = self.letters()[1].height()
        return round(line + 8) if bar.speed is None else round(line + self._thick() + 4 + 12 * self._size)

    def _thick(self) -> float:
        return 12 * self._size

    def sizeHint(self) -> QSize:
        return QSize(360, sum(self.height_of(bar) for bar in self._bars))

    def minimumSizeHint(self) -> QSize:
        return QSize(240, self.sizeHint().height())

    def _arrange(self, *, at_once: bool = False) -> None:
        """Rows go to their places, gliding where that is wanted; new ones are there at once."""
        top, goals = 0.0, {}
        for bar in self._bars:
            goals[bar.number] = top
            top += self.height_of(bar)
        known = {number: place for number, place in self._places.items() if number in goals}
        self._goals = goals
        self._places = {**goals, **known}
        self.setFixedHeight(max(1, round(top)))
        self.updateGeometry()
        if at_once or not motion.is_wanted() or not self.isVisible():
            self._places = dict(goals)
        elif self._places != goals:
            self._steps = STEPS
            self._moving.start()

    def _step(self) -> None:
        self._steps -= 1
        left = max(0, self._steps)
        for number, goal in self._goals.items():
            place = self._places.get(number, goal)
            self._places[number] = goal if not left else place + (goal - place) / (left + 1) * 1.6
        if not left:
            self._moving.stop()
            self._places = dict(self._goals)
        self.update()

    def bar_at(self, y_px: float) -> Bar | None:
        for bar in self._bars:
            top = self._goals.get(bar.number, 0.0)
            if top <= y_px < top + self.height_of(bar):
                return bar
        return None

    # --- what the person does ---

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self.setFocus(Qt.FocusReason.MouseFocusReason)
        bar = self.bar_at(event.position().y())
        if bar is not None:
            self.choose(bar.number)
            self.opened.emit(bar.number)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        bar = self.bar_at(event.position().y())
        self.setToolTip(text.plain_tip(bar.said) if bar is not None else "")

    def keyPressEvent(self, event: QKeyEvent) -> None:
        numbers = [bar.number for bar in self._bars]
        at = numbers.index(self._chosen) if self._chosen in numbers else -1
        goes = {
            Qt.Key.Key_Down: min(at + 1, len(numbers) - 1),
            Qt.Key.Key_Up: max(at - 1, 0),
            Qt.Key.Key_Home: 0,
            Qt.Key.Key_End: len(numbers) - 1,
        }
        place = goes.get(Qt.Key(event.key()))
        if place is not None and numbers:
            self.choose(numbers[place])
            self.passed.emit(round(self._goals[numbers[place]]), self.height_of(self._bars[place]))
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space) and at >= 0:
            self.opened.emit(numbers[at])
        else:
            super().keyPressEvent(event)

    def _name_chosen(self) -> None:
        """A screen reader hears the row, since rows are not widgets."""
        chosen = next((bar for bar in self._bars if bar.number == self._chosen), None)
        name = f"{self._name}: {chosen.said}" if chosen is not None else f"{self._name}, {len(self._bars)} rows"
        if name != self.accessibleName():
            self.setAccessibleName(name)

    # --- painting ---

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for bar in self._bars:
            top, height = self._places.get(bar.number, 0.0), self.height_of(bar)
            place = QRectF(0, top, self.width() - self._spare_px, height)
            if place.intersects(QRectF(event.rect())):
                self._paint_row(painter, bar, place)
        if self.hasFocus():
            painter.setPen(QPen(QColor(theme.worn().accent), 2))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(QRectF(self.rect()).adjusted(1, 1, -1, -1), 4, 4)
        painter.end()

    def _paint_row(self, painter: QPainter, bar: Bar, place: QRectF) -> None:
        worn = theme.worn()
        if bar.number == self._chosen:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(theme.mixed(worn.accent, worn.surface, 0.12))
            painter.drawRoundedRect(place.adjusted(0, 0, 0, -1), 4, 4)
        inside = place.adjusted(SIDE_PX, 4 * self._size, -SIDE_PX, 0)
        line = QRectF(inside.left(), inside.top(), inside.width(), self.letters()[1].height())
        used = self._paint_figures(painter, bar, line)
        self._paint_name(painter, bar, line.adjusted(0, 0, -used, 0))
        if bar.speed is not None:
            top = line.bottom() + 3 * self._size
            track = QRectF(inside.left(), top, inside.width(), self._thick())
            paint_bar(painter, bar, track, self._scale, self._size)

    def _paint_name(self, painter: QPainter, bar: Bar, line: QRectF) -> None:
        worn = theme.worn()
        if bar.best:
            edge = line.height() * MARK_SHARE
            box = QRectF(line.left(), line.center().y() - edge / 2, edge, edge)
            mark.draw(painter, box, "tick", QColor(worn.accent))
            line = line.adjusted(edge + 4, 0, 0, 0)
        font, metrics = self.letters(bold=bar.speed is not None)
        name = metrics.elidedText(bar.name, Qt.TextElideMode.ElideRight, max(0.0, line.width()))
        painter.setFont(font)
        painter.setPen(QColor(worn.quiet if bar.look == "quiet" else worn.text))
        painter.drawText(line, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, name)
        rest = line.adjusted(metrics.horizontalAdvance(name) + 8 * self._size, 0, 0, 0)
        if bar.detail and rest.width() > 24:
            font, metrics = self.letters()
            painter.setFont(font)
            painter.setPen(QColor(worn.quiet))
            words = metrics.elidedText(bar.detail, Qt.TextElideMode.ElideRight, rest.width())
            painter.drawText(rest, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, words)

    def _wanted_by_name(self, bar: Bar) -> float:
        """How much of a line name, detail and figure take, with what keeps them apart."""
        bold = self.letters(bold=bar.speed is not None)[1]
        usual = self.letters()[1]
        texts = bold.horizontalAdvance(bar.name) + usual.horizontalAdvance(bar.detail)
        figure = self.letters(bold=True)[1].horizontalAdvance(bar.figure)
        marked = self.letters()[1].height() * MARK_SHARE + 4 if bar.best else 0.0
        return texts + figure + marked + 34 * self._size

    def _paint_figures(self, painter: QPainter, bar: Bar, line: QRectF) -> float:
        """Right-aligned: the figure, then its words. Returns the width that they take."""
        worn = theme.worn()
        colours = {"faster": worn.accent, "differs": worn.warn}
        right = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight
        font, metrics = self.letters(bold=bar.look == "faster")
        most = line.width() - self._wanted_by_name(bar)
        words = bar.words if metrics.horizontalAdvance(bar.words) <= most else bar.short or bar.words
        words = metrics.elidedText(words, Qt.TextElideMode.ElideRight, max(most, line.width() / 3))
        painter.setFont(font)
        painter.setPen(QColor(colours.get(bar.look, worn.quiet)))
        painter.drawText(line, right, words)
        used = metrics.horizontalAdvance(words) + 12 * self._size
        font, metrics = self.letters(bold=True)
        painter.setFont(font)
        painter.setPen(QColor(worn.text))
        painter.drawText(line.adjusted(0, 0, -used, 0), right, bar.figure)
        return used + metrics.horizontalAdvance(bar.figure) + 12 * self._size
