"""Downloads: those that go on, and those that can go on."""

import dataclasses

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QProgressBar, QVBoxLayout, QWidget

from engine.wire.hub import PendingDownload
from engine.wire.messages import Download, DropDownload, ListDownloads, Stop
from engine.wire.values import Failure
from gui import theme
from gui.run_state import DownloadView, State, new_id
from gui.run_state.downloads import key_of, views_of
from gui.run_state.hub import DownloadKey
from gui.widgets import download_words, figures, mnemonics, text
from gui.widgets.card import Card
from gui.widgets.column_scroll import ColumnScroll
from gui.widgets.confirm import Confirm
from gui.widgets.failure_panel import FailurePanel

STEPS = 1_000
MOST_PX = 98
"""Of the rows, a few of them; a failure below has what it needs."""


@dataclasses.dataclass(frozen=True, slots=True)
class Line:
    """One download, as it is shown. ``request``: what it was, or what would go on with it."""

    request: Download
    words: str
    share: float
    going: bool = False
    stopping: bool = False
    failed: bool = False

    @property
    def key(self) -> DownloadKey:
        return key_of(self.request)

    @property
    def title(self) -> str:
        return f"Tokenizer of {self.request.ref}" if self.request.part == "tokenizer" else self.request.ref


class DownloadsCard(Card):
    """Hidden while there are none. Signals: asked(request); emptied, where the focus had been in the last."""

    asked = Signal(object)
    emptied = Signal()

    def __init__(self) -> None:
        super().__init__("Downloads")
        self._state = State()
        self.rows: dict[DownloadKey, DownloadRow] = {}
        self._dropping: set[DownloadKey] = set()
        self._failure = FailurePanel("Look again", self._look_again)
        if self._failure.action is not None:
            mnemonics.wants(self._failure.action)
        inside = QWidget()
        self._column = QVBoxLayout(inside)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(theme.GAP_PX)
        self._scroll = ColumnScroll(inside)
        self._scroll.setMaximumHeight(MOST_PX)
        self.add(self._scroll)
        self.add(self._failure)
        self.hide()

    def settle(self, state: State) -> None:
        """What is to be given up as soon as it has stopped; also while the page is not shown."""
        self._state = state
        if self._dropping:
            self._drop_stopped({line.key: line for line in lines_of(state)})

    def show_state(self, state: State) -> None:
        self.settle(state)
        state = self._state  # giving up asks, and has told of it already
        failures = state.hub.failures
        self._failure.show_failure(failures.get("drop") or failures.get("pending"))
        lines = {line.key: line for line in lines_of(state)}
        gone = [key for key in self.rows if key not in lines]
        had_focus = any(self.rows[key].isAncestorOf(self.window().focusWidget() or self) for key in gone)
        for key in gone:
            row = self.rows.pop(key)
            self._column.removeWidget(row)
            row.hide()
            row.deleteLater()
        changed = bool(gone)
        for key, line in lines.items():
            if key not in self.rows:
                changed = True
                self._add(key, line)
            self.rows[key].show_line(line)
        self._scroll.setVisible(bool(lines))
        self.setVisible(bool(lines) or not self._failure.isHidden())
        if changed:
            self._fit()
            mnemonics.give(self.window())
        if had_focus:
            self._pass_focus()

    def _fit(self) -> None:
        """As high as its rows, up to a few of them."""
        inner = self._column.sizeHint().height() + 2
        self._scroll.setMinimumHeight(min(inner, MOST_PX))
        self.updateGeometry()

    def _pass_focus(self) -> None:
        first = next(iter(self.rows.values()), None)
        if first is not None:
            first.pause.setFocus()
        else:
            self.emptied.emit()

    def _add(self, key: DownloadKey, line: Line) -> None:
        row = DownloadRow(line)
        row.pause.clicked.connect(lambda _on=False: self._pause_or_go_on(key))
        row.stop.confirmed.connect(lambda: self._give_up(key))
        self.rows[key] = row
        self._column.addWidget(row)

    def _pause_or_go_on(self, key: DownloadKey) -> None:
        line = self.rows[key].line
        if line.going:
            self._stop(key)
        else:
            request = line.request
            self.asked.emit(Download(id=new_id("fetch"), ref=request.ref, revision=request.revision, part=request.part))

    def _stop(self, key: DownloadKey) -> None:
        """For whichever page it goes on: the desk ends it with the last of them."""
        for view in views_of(self._state, key):
            if not view.stopping:
                self.asked.emit(Stop(id=view.request.id))

    def _give_up(self, key: DownloadKey) -> None:
        """What was received goes: at once, or as soon as it has stopped."""
        line = self.rows[key].line
        if not line.going:
            self._drop(line)
            return
        self._stop(key)
        self._dropping.add(key)

    def _drop_stopped(self, lines: dict[DownloadKey, Line]) -> None:
        for key in tuple(self._dropping):
            line = lines.get(key)
            if line is None or not line.stopping:  # over, or somebody goes on with it
                self._dropping.discard(key)
            if line is not None and not line.going:
                self._drop(line)

    def _drop(self, line: Line) -> None:
        request = line.request
        self.asked.emit(DropDownload(id=new_id("drop"), ref=request.ref, revision=request.revision, part=request.part))

    def _look_again(self) -> None:
        self.asked.emit(ListDownloads(id=new_id("downloads")))


class DownloadRow(QFrame):
    """One download: how far it is, and what can be done with it."""

    def __init__(self, line: Line) -> None:
        super().__init__()
        self.line = line
        self._title = text.ElidedLabel(where=Qt.TextElideMode.ElideMiddle)
        self._title.show_text(line.title)
        self._words = text.ElidedLabel("quiet")
        self._words.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self.bar = QProgressBar()
        self.bar.setRange(0, STEPS)
        self.bar.setTextVisible(False)
        self.bar.setAccessibleName(f"Download of {line.title}")
        self.pause = text.button("Pause")
        mnemonics.wants(self.pause)
        self.stop = Confirm(
            "Stop…",
            "Give up what was received?",
            "Stop it",
            "Keep it",
            explains="Gives it up; it asks once more before.",
        )
        for button in (self.stop.button, self.stop.yes, self.stop.no):
            button.setAccessibleName("")
            mnemonics.wants(button)
        self.stop.button.setAccessibleName(f"Stop download of {line.title}")
        left = QVBoxLayout()
        left.setSpacing(3)
        first = QHBoxLayout()
        first.setSpacing(theme.WIDE_GAP_PX)
        first.addWidget(self._title, 2)
        first.addWidget(self._words, 3)
        left.addLayout(first)
        left.addWidget(self.bar)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(theme.GAP_PX)
        row.addLayout(left, 1)
        row.addWidget(self.pause)
        row.addWidget(self.stop)

    def show_line(self, line: Line) -> None:
        self.line = line
        self.bar.setValue(round(line.share * STEPS))
        self.bar.setAccessibleDescription(line.words)
        self._words.show_text(line.words)
        text.set_role(self._words, "error" if line.failed else "quiet")
        title = "Pause" if line.going else "Go on"
        self.pause.setAccessibleName(f"{title}: {line.title}")
        mnemonics.retitle(self.pause, title)
        text.explain(
            self.pause,
            "Stops it for now. What was received stays." if line.going else "Goes on with what was received.",
        )


def lines_of(state: State) -> list[Line]:
    """Those that go on first, then the others."""
    keys = dict.fromkeys(key_of(view.request) for view in state.downloads)
    going = [_going(views_of(state, key)) for key in keys]
    pending = [_pending(one, state) for one in state.hub.pending or () if key_of(one) not in keys]
    known = {line.key for line in (*going, *pending)}
    cut = [_cut(key, failure) for key, failure in state.hub.cut.items() if key not in known]
    return [*going, *pending, *cut]


def _cut(key: DownloadKey, failure: Failure) -> Line:
    ref, revision, part = key
    request = Download(id="", ref=ref, revision=revision, part="tokenizer" if part == "tokenizer" else "model")
    return Line(request, f"{failure.what_happened} {failure.what_to_do}", 0.0, failed=True)


def _going(views: tuple[DownloadView, ...]) -> Line:
    """All are of the same download."""
    view = next((one for one in views if one.progress is not None), views[0])
    stopping = all(one.stopping for one in views)
    progress = view.progress
    share = progress.done_bytes / progress.total_bytes if progress is not None and progress.total_bytes else 0.0
    said = "Stopping" if stopping else view.notice
    said = said or (download_words.of_progress(progress) if progress is not None else "Asking the Hub what there is")
    return Line(view.request, said, min(1.0, share), going=True, stopping=stopping)


def _pending(one: PendingDownload, state: State) -> Line:
    failure = state.hub.cut.get(key_of(one))
    received = f"{figures.size(one.done_bytes)} of {figures.size(one.total_bytes)}" if one.total_bytes else ""
    said = {"waiting": "Waits for its turn", "running": "Goes on in another window", "paused": "Paused"}.get(
        one.state, ""
    )
    if one.failure and one.state == "paused":
        said = f"Paused. {one.failure}"
    if one.state == "failed":
        said = (
            f"{failure.what_happened} {failure.what_to_do}".strip() if failure is not None else one.failure
        ) or "Failed"
        received = f"({received})" if received else ""
        words = f"{said} {received}".strip()
    else:
        words = ", ".join(part for part in (said, received) if part)
    share = one.done_bytes / one.total_bytes if one.total_bytes else 0.0
    request = Download(id="", ref=one.ref, revision=one.revision, part=one.part)
    return Line(request, words, min(1.0, share), failed=one.state == "failed")
