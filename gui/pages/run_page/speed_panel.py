"""How fast it is: the big figure, the chart, the stages, and whether the answer is eager's."""

import time

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QVBoxLayout

from engine.wire.values import RunReport
from gui import theme
from gui.pages.run_page.agreement_words import BASELINE, agreement_in_words, is_different, on_real_texts
from gui.run_state import RunView, State, baseline_ms, evidence_of, used
from gui.widgets import figures, text
from gui.widgets.card import Card
from gui.widgets.cpu_chips import CpuChips
from gui.widgets.icons import IconButton
from gui.widgets.stage_bar import StageBar
from gui.widgets.strip_chart import StripChart

CLOCK_MS = 500
ROOMY_PX = 290


class SpeedPanel(Card):
    """Signals: repeat_asked(on), check_asked, threads_changed."""

    repeat_asked = Signal(bool)
    check_asked = Signal()
    threads_changed = Signal()

    def __init__(self) -> None:
        super().__init__("Speed")
        self._stages = StageBar()
        self._run: RunView | None = None
        self._clock = QTimer(self)
        self._clock.setInterval(CLOCK_MS)
        self._clock.timeout.connect(self._tick)
        self._figure = text.label("", "figure")
        self._figure.setAccessibleName("Latency")
        self._what = text.ElidedLabel("quiet")
        self._agreement = text.ElidedLabel()
        self._sample = text.ElidedLabel()
        self.check = text.button(
            "C&heck",
            self.check_asked.emit,
            explains="Compares answer and speed with plain PyTorch (eager) at full precision, in turns.",
        )
        self.chart = StripChart()
        self._numbers = text.ElidedLabel("quiet")
        self._parts = text.ElidedLabel("quiet")
        self.chips = CpuChips()
        self._make_controls()
        self._lay_out()

    def _make_controls(self) -> None:
        self.repeat = IconButton(
            "repeat",
            "&Repeat",
            role="",
            explains="Runs again and again until stopped; a changed input is taken at the next call.",
        )
        self.repeat.setCheckable(True)
        self.repeat.clicked.connect(lambda: self.repeat_asked.emit(self.repeat.isChecked()))
        self.pause = IconButton("pause", "Pa&use chart", explains="Holds the chart's picture. The run goes on.")
        self.pause.setCheckable(True)
        self.pause.toggled.connect(self.chart.set_paused)
        self.threads = QComboBox()
        self.threads.setAccessibleName("Threads")
        text.explain(self.threads, "How many of the CPU's cores a run may use.")
        self.threads.activated.connect(lambda _place: self.threads_changed.emit())
        self._threads_label = text.label("&Threads", "quiet")
        self._threads_label.setBuddy(self.threads)
        self.threads.setMinimumContentsLength(len("2 (usual)") + 1)  # else the last letter is cut at some scales
        self._threads_known = (0, 0)

    def _lay_out(self) -> None:
        for widget in (self.pause, self.repeat, self._threads_label, self.threads):
            self.head.addWidget(widget)
        self.body.setSpacing(theme.GAP_PX // 2)
        top = QHBoxLayout()
        top.setSpacing(theme.WIDE_GAP_PX)
        top.addWidget(self._figure, 0, Qt.AlignmentFlag.AlignVCenter)
        words = QVBoxLayout()
        words.setSpacing(0)
        words.addWidget(self._agreement)
        words.addWidget(self._sample)
        words.addWidget(self._what)
        top.addLayout(words, 1)
        top.addWidget(self.check, 0, Qt.AlignmentFlag.AlignVCenter)
        self.body.addLayout(top)
        self.add(self.chart, 1)
        self.add(self._stages)
        self.add(self._numbers)
        self.add(self._parts)
        self.add(self.chips)

    def set_threads(self, default: int, logical: int, chosen: int) -> None:
        """Offers 1 to ``logical`` threads, and first the engine's own choice ``default`` (0 in requests)."""
        if (default, logical) != self._threads_known:
            self._threads_known = (default, logical)
            self.threads.clear()
            self.threads.addItem(f"{default} (usual)", 0)
            for count in range(1, logical + 1):
                self.threads.addItem(str(count), count)
            self.threads.setCurrentIndex(max(0, self.threads.findData(chosen)))

    def show_threads(self, count: int) -> None:
        """What holds by now, without a choice of the person."""
        self.threads.setCurrentIndex(max(0, self.threads.findData(count)))

    def choose_threads(self, count: int) -> None:
        """Chosen elsewhere in the window."""
        self.show_threads(count)
        self.threads_changed.emit()

    def thread_count(self) -> int:
        return int(self.threads.currentData() or 0)

    def show_state(self, state: State, own: RunView | None) -> None:
        """``own``: the last run, where it is of what is chosen. Another is shown as long as it goes on, by its name."""
        running = state.running
        run = state.run if running else own
        self._run = run
        self.repeat.setChecked(bool(run is not None and running and run.repeats))
        self._show_figures(state, run, own)
        self._show_agreement(state, run)
        self.chart.show_latencies(run.latencies if run is not None else None, baseline_ms(state) if run else None)
        self._stages.show_stages(run.stages if run is not None else (), time.monotonic())
        evidence = evidence_of(state, run)
        ran = run is not None and (run.report is not None or evidence is not None)
        self.chips.show_cpu(state.catalogue.cpu if state.catalogue is not None else None, ran, used(evidence))
        stage = run.stage if run is not None and running else None
        ticking = stage is not None and stage.name != "running"
        if ticking != self._clock.isActive():
            # Only while a stage goes on that brings no news by itself, for its "so far".
            self._clock.start() if ticking else self._clock.stop()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._parts.setVisible(self.height() >= ROOMY_PX)

    def _tick(self) -> None:
        self._stages.show_stages(self._run.stages if self._run is not None else (), time.monotonic())

    def _show_figures(self, state: State, run: RunView | None, own: RunView | None) -> None:
        report = run.report if run is not None else None
        if run is None or (report is None and not run.latencies.n):
            text.set_text(self._figure, "–")
            text.set_role(self._figure, "quiet")
            self._what.show_text("Latency of the model's call, the median, will be here.")
            self._numbers.show_text("")
            self._parts.show_text("")
            return
        text.set_role(self._figure, "figure")
        if report is not None:
            text.set_text(self._figure, figures.milliseconds(report.timing.p50_ms))
            self._numbers.show_text(_numbers(report))
            self._parts.show_text(_parts(report))
        else:
            p50, p90, p99 = run.latencies.percentiles()
            text.set_text(self._figure, figures.milliseconds(p50 or 0.0))
            memory_bytes, calls = state.memory_bytes, run.latencies.n
            self._numbers.show_text(_line(p50, p90, p99, run.latencies.per_s(), memory_bytes, calls))
            self._parts.show_text("")
        self._figure.setAccessibleDescription(f"median {self._figure.text()}")
        self._what.show_text(self._named(state, run, of_another=run is not own))

    def _named(self, state: State, run: RunView, of_another: bool) -> str:
        mode_id = run.report.mode_executed if run.report is not None else run.request.mode
        precision = run.report.precision_executed if run.report is not None else run.request.precision
        mode = state.mode(mode_id)
        threads = run.request.threads or (state.catalogue.threads if state.catalogue else 0)
        count = f"{threads} thread{'s' if threads != 1 else ''}"
        task = state.task(run.request.task)
        of_what = f"{run.model_name or 'another model'}, {task.title if task else run.request.task}: "
        other = of_what if of_another else ""
        return f"{other}{mode.title if mode else mode_id}, {precision}, {count}, median of the model's call"

    def _show_agreement(self, state: State, run: RunView | None) -> None:
        report = run.report if run is not None else None
        reference = run is not None and _is_reference(state, run)
        words, role = agreement_in_words(report)
        if reference and report is not None and report.agreement is None:
            words, role = BASELINE, "quiet"
        if report is not None and report.ratio is not None and not is_different(report):
            mode_ms, eager_ms = (figures.milliseconds(ms) for ms in (report.ratio.mode_ms, report.ratio.eager_ms))
            words += f" ({mode_ms} against {eager_ms}, called in turn)"
        self._agreement.show_text(words)
        text.set_role(self._agreement, role)
        self._agreement.setVisible(bool(words))
        sample, sample_role = on_real_texts(report)
        self._sample.show_text(sample)
        text.set_role(self._sample, sample_role)
        self._sample.setVisible(bool(sample))
        self.check.setVisible(report is not None and report.ratio is None and not reference)

    def announcement(self) -> str:
        """The figures in a sentence, for a screen reader at the run's end."""
        said = (f"Median {self._figure.text()}.", self._agreement.whole(), self._sample.whole())
        return " ".join(part for part in said if part)


def _is_reference(state: State, run: RunView) -> bool:
    """Whether the run is what others are compared with: eager at full precision, with nothing chosen otherwise."""
    report, mode = run.report, state.mode(run.request.mode)
    if report is None or (report.mode_executed, report.precision_executed) != ("eager", "fp32"):
        return False
    chosen = run.request.options if mode is not None and mode.id == "eager" else {}
    usual = {option.id: option.choices[0] for option in mode.options} if mode is not None else {}
    return all(value in ("", usual.get(name, value)) for name, value in chosen.items())


def _numbers(report: RunReport) -> str:
    timing = report.timing
    line = _line(timing.p50_ms, timing.p90_ms, timing.p99_ms, timing.throughput_per_s, 0, timing.n)
    peak = f"    peak memory {figures.size(report.peak_rss_mb * 1e6)}" if report.peak_rss_mb else ""
    return line + peak


def _parts(report: RunReport) -> str:
    parts = report.timing.stages_p50_ms
    times = parts.prepare_input, parts.model, parts.interpret
    names = ("prepare input", "model", "interpret")
    split = ", ".join(f"{name} {figures.milliseconds(ms)}" for name, ms in zip(names, times, strict=True))
    return f"Parts of a call: {split}"


def _line(p50: float | None, p90: float | None, p99: float | None, per_s: float, memory_bytes: int, calls: int) -> str:
    parts = [
        f"{name} {figures.milliseconds(value)}"
        for name, value in (("p50", p50), ("p90", p90), ("p99", p99))
        if value is not None
    ]
    parts += [figures.per_second(per_s)] if per_s else []
    parts += [f"{calls:,} call{'s' if calls != 1 else ''}"]
    parts += [f"memory {figures.size(memory_bytes)}"] if memory_bytes else []
    return "    ".join(parts)
