"""Pictures of every page and state: ``python -m tests.screenshots``, or ``python3 tasks.py screenshots``.

States are recorded conversations, replayed. All pictures go to build/screenshots; those that README and docs show also
to resources/screenshots, in few colours and so in few bytes.
"""

import collections
import dataclasses
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Literal

import msgspec
from PySide6.QtCore import QEvent, QSize
from PySide6.QtGui import QCursor, QImage, QImageWriter
from PySide6.QtWidgets import QApplication, QWidget

from engine.store import storage
from engine.wire.errors import (
    DataFolder,
    EngineDied,
    ModelNotFound,
    NotDownloaded,
    NotEnoughMemory,
    NotForThisModel,
    Offline,
    failure_of,
)
from engine.wire.messages import Answer, Describe, Download, Downloading, FreeUp, Run, Stored
from engine.wire.values import Agreement, Cell, Consent, Cpu, Result
from gui import run_state
from gui.main_window import MainWindow
from gui.run_state import DownloadView, StageView, State
from gui.settings import Settings
from gui.theme import Wardrobe
from gui.widgets.column_scroll import ColumnScroll
from gui.widgets.icons import application_icon
from gui.widgets.runtime_box import RuntimeBox
from tests.engine.cpu import machines
from tests.gui import accelerated, compared, found, kept, measured, replay

ROOT = Path(__file__).parent.parent
ALL = ROOT / "build" / "screenshots"
SHOWN = ROOT / "resources" / "screenshots"
USUAL, SMALL = QSize(1180, 760), QSize(900, 600)
MOST_BYTES = 150_000
COLOURS = 256
IN_DOCS = {
    ("run", "light"): "run-light",
    ("run", "dark"): "run-dark",
    ("running", "light"): "running-light",
    ("mode-details", "light"): "precisions-light",
    ("explained", "light"): "what-ran-light",
    ("cpu-refused", "light"): "cpu-light",
    ("compare-found", "light"): "compare-light",
    ("models-looked", "light"): "models-light",
    ("settings", "light"): "settings-light",
    ("presentation", "dark"): "presentation-dark",
    ("failure", "light"): "failure-light",
    ("downloading", "light"): "downloading-light",
}
"""Of the usual size: the picture's name in resources/screenshots by state and theme."""

Prepare = Callable[[MainWindow], object]


@dataclasses.dataclass(frozen=True)
class Picture:
    """A state on a page, and what is done to the window before it is taken; ``at_last``: once it is laid out."""

    name: str
    state: State
    page: Literal["run", "compare", "cpu", "models", "history", "settings"] = "run"
    settings: Settings = dataclasses.field(default_factory=Settings)
    prepare: Prepare = lambda window: None
    at_last: Prepare = lambda window: None


def pictures(folder: Path) -> Iterator[Picture]:
    opened, shown = replay.last("opened"), replay.last("shown")
    chosen = Settings(mode="onnx-runtime")
    yield from _of_runs(opened, shown, chosen)
    yield from _of_evidence(opened)
    yield from _of_accelerations(opened)
    yield from _of_tasks(opened)
    for name in ("intel_core_ultra_7_265k", "apple_m4_max", "arm_cortex_x3_phone"):
        (folder / name).mkdir()
        yield Picture(f"cpu-{name}", _on(shown, machines.load(name).cpu(folder / name)), "cpu")
    refused = machines.load("intel_xeon_sapphire_rapids_amx_denied").cpu(folder)
    yield Picture(
        "cpu-refused", _on(shown, refused), "cpu", prepare=lambda window: window.cpu_page.show_line("amx_tile")
    )
    yield Picture("cpu-empty", State(), "cpu")
    yield from _of_speed(opened)
    yield from _of_settings(shown)
    yield from _of_comparisons(opened)
    yield from _of_history(opened)
    yield from _of_hub(opened)
    yield from _of_first_start(opened)
    present: Prepare = MainWindow.enter_presentation
    yield Picture("presentation", shown, settings=chosen, prepare=present)
    yield Picture("presentation-checked", _checked(), prepare=present)
    yield Picture("presentation-empty", opened, prepare=present)
    yield Picture("presentation-failure", replay.last("died"), prepare=present)


def _of_speed(opened: State) -> Iterator[Picture]:
    """The measured speed: before, meanwhile, after, and after runs."""
    show: Prepare = lambda window: window.cpu_page.show_part(1)  # noqa: E731
    told = measured.with_peaks(opened)
    yield Picture("speed-unmeasured", opened, "cpu", prepare=show)
    yield Picture("speed-measuring", measured.measuring(opened), "cpu", prepare=show)
    yield Picture("speed-again", measured.measuring(told), "cpu", prepare=show)
    yield Picture("speed-measured", told, "cpu", prepare=show)
    yield Picture("speed-runs", measured.ran(told), "cpu", prepare=show)
    yield Picture("speed-one-run", measured.ran(told, 1), "cpu", prepare=show)
    plain = msgspec.structs.replace(measured.PEAKS, gflops={"fp32": 107.0, "int8": 118.0}, quiet=False)
    yield Picture("speed-plain-cpu", measured.ran(measured.with_peaks(told, plain), 5), "cpu", prepare=show)
    died = EngineDied("The engine was killed (SIGKILL).", details="...")
    yield Picture("speed-failure", measured.failed(measured.measuring(opened), died), "cpu", prepare=show)


def _checked() -> State:
    return next(state for state in replay.states("shown") if state.run is not None and state.run.report is not None)


def _of_runs(opened: State, shown: State, chosen: Settings) -> Iterator[Picture]:
    yield Picture("starting", State())
    yield Picture("ready", opened)
    yield Picture("run", _checked(), settings=chosen)
    yield Picture("running", shown, settings=chosen)
    yield Picture("loading", next(state for state in replay.states("checked") if _loads(state)))
    yield Picture("changed-input", replay.last("changed"))
    yield Picture("stopping", run_state.stopping(replay.last("repeating")))
    yield Picture("failure", replay.last("died"))
    yield Picture("bad-input", replay.last("bad_input"))
    failed = failure_of(ModelNotFound("There is no folder /models/missing."))
    yield Picture("model-not-found", dataclasses.replace(opened, model_failure=failed))
    died = failure_of(EngineDied("The engine ended with status 1.", details="Traceback (most recent call last): ..."))
    yield Picture("no-engine", State(engine_failure=died))
    yield from _of_models(opened)
    yield Picture("obstacles", _with_obstacles(opened), settings=chosen)
    yield Picture("different-answers", _differing(), settings=chosen)
    yield Picture("notices", opened, prepare=lambda window: window.run_page.note("The settings were damaged."))


def _of_evidence(opened: State) -> Iterator[Picture]:
    """What ran, folded and shown; answers that differ on real texts."""
    int8 = Settings(mode="onnx-runtime", precision="int8-dynamic")
    shown = accelerated.explained()
    what_ran: Prepare = lambda window: window.run_page.result.what_ran.button.click()  # noqa: E731
    yield Picture("what-ran-line", shown, settings=int8)
    yield Picture("what-ran", shown, settings=int8, prepare=what_ran)
    yield Picture("what-ran-details", shown, settings=int8, prepare=lambda window: _details(window))
    silent = msgspec.structs.replace(
        accelerated.EVIDENCE,
        fused={},
        precision_executed={},
        isa_executed=(),
        time_share={},
        gflops=None,
        not_provable=("Which precision ran: the runtime tells nothing of bf16.", "Which instructions ran."),
        code_file="",
    )
    yield Picture("what-ran-silent", accelerated.explained(silent), settings=int8, prepare=what_ran)
    yield Picture("what-ran-not-asked", accelerated.untold(), settings=Settings(mode="onnx-runtime"))
    yield Picture("explained", replay.last("explained"), settings=int8, prepare=what_ran)
    differing = accelerated.explained(sample_agreement=accelerated.DIFFERING)
    yield Picture("differing-on-real-texts", differing, settings=int8)
    yield Picture("cpu-used", shown, "cpu")


def _details(window: MainWindow) -> None:
    window.run_page.result.what_ran.button.click()
    window.run_page.result.what_ran.panel.toggle.click()


def _of_accelerations(opened: State) -> Iterator[Picture]:
    """Precisions, runtimes, programs."""
    static = Settings(mode="onnx-runtime", precision="int8-static")
    six = accelerated.with_precisions(opened)
    yield Picture("precisions", six, settings=static, prepare=_unfold, at_last=_scroll_down)
    fused = Settings(mode="better-transformer")
    yield Picture("mode-details", opened, settings=fused, prepare=_unfold, at_last=_scroll_down)
    own = msgspec.structs.replace(static, calibration="/home/ada/texts/tickets.txt")
    yield Picture("calibration", six, settings=own, at_last=_scroll_down)
    absent = accelerated.with_ipex(opened)
    yield Picture("runtime-missing", absent, at_last=_scroll_down)
    yield Picture("runtime-asking", absent, prepare=_ask_to_install, at_last=_scroll_down)
    yield Picture("runtime-installing", accelerated.installing(opened), at_last=_scroll_down)
    cut = Offline("The connection was lost.", "Check the network, then try again.", details="ReadTimeoutError: ...")
    failed = accelerated.failed(accelerated.installing(opened), "i", cut)
    yield Picture("runtime-failure", failed, at_last=_scroll_down)
    stored = dataclasses.replace(
        _checked(), consents=(), stored=Stored(folder="/home/ada/.local/share/fastpath", parts=())
    )
    for name, card in (("installed", accelerated.INSTALLED), ("damaged", accelerated.DAMAGED)):
        yield Picture(f"settings-runtime-{name}", accelerated.with_ipex(stored, card), "settings", at_last=_to_runtimes)
    yield Picture("settings-runtime-installing", accelerated.installing(stored), "settings", at_last=_to_runtimes)
    script = Settings(mode="torchscript")
    saving = accelerated.exporting(opened)
    yield Picture("program-offered", accelerated.with_offers(opened), settings=script, at_last=_scroll_down)
    yield Picture("program-saving", saving, settings=script, at_last=_scroll_down)
    yield Picture("program-saved", accelerated.exported(saving), settings=script, at_last=_scroll_down)
    broken = accelerated.failed(saving, "x", NotForThisModel("TorchScript cannot save this model.", details="..."))
    yield Picture("program-failure", broken, settings=script, at_last=_scroll_down)


def _unfold(window: MainWindow) -> None:
    window.run_page.modes.details.button.click()


def _ask_to_install(window: MainWindow) -> None:
    box = window.run_page.findChild(RuntimeBox)
    assert box is not None
    box.install.click()


def _scroll_down(window: MainWindow) -> None:
    """The end of the left column, where it is too high for the window."""
    page = window.run_page
    left = next(scroll for scroll in page.findChildren(ColumnScroll) if scroll.isAncestorOf(page.modes))
    bar = left.verticalScrollBar()
    bar.setValue(bar.maximum())


def _to_runtimes(window: MainWindow) -> None:
    _to_card(window, window.settings_page.runtimes)


def _to_card(window: MainWindow, card: QWidget) -> None:
    window.settings_page.findChildren(ColumnScroll)[0].ensureWidgetVisible(card)


def _of_models(opened: State) -> Iterator[Picture]:
    """A model that has to be fetched first, allowed first, or does not fit into memory."""
    ref = "deepset/roberta-base-squad2"
    wanted, missing = Describe(id="", ref=ref), Download(id="", ref=ref)
    absent = failure_of(NotDownloaded(f"{ref} is not on this computer."))
    yield Picture("download-offered", dataclasses.replace(opened, model_failure=absent, missing=missing, wanted=wanted))
    view = DownloadView(missing, wanted)
    yield Picture("download-asking", dataclasses.replace(opened, downloads=(view,)))
    half = Downloading(
        id="", file="model.safetensors", done_bytes=231_000_000, total_bytes=496_000_000, bytes_per_s=9.1e6, left_s=29
    )
    yield Picture("downloading", dataclasses.replace(opened, downloads=(dataclasses.replace(view, progress=half),)))
    waits = dataclasses.replace(view, progress=half, notice="The Hub asks to wait: trying again in 20 s.")
    yield Picture("download-waiting", dataclasses.replace(opened, downloads=(waits,)))
    cut = failure_of(Offline("The connection was lost at 231 MB of 496 MB."))
    yield Picture("download-cut", dataclasses.replace(opened, model_failure=cut, missing=missing, wanted=wanted))
    assert opened.model is not None
    means = "Its weights are a pickle (pytorch_model.bin), which can run any program when it is loaded."
    asking = msgspec.structs.replace(opened.model, name="old-model", weights="pickle", consent=means)
    yield Picture("consent", dataclasses.replace(opened, model=asking))
    too_large = failure_of(NotEnoughMemory("The model needs about 84.0 GB of memory, and 23.2 GB is free."))
    failed = replay.last("died")
    assert failed.run is not None
    yield Picture(
        "not-enough-memory", dataclasses.replace(failed, run=dataclasses.replace(failed.run, failure=too_large))
    )


def _loads(state: State) -> bool:
    return state.run is not None and state.run.stage is not None and state.run.stage.name == "load"


def _with_obstacles(state: State) -> State:
    """Each verdict that a mode's row can have."""
    catalogue = state.catalogue
    assert catalogue is not None
    modes = tuple(
        msgspec.structs.replace(mode, available=False, reason="Needs a C++ compiler.", remedy="apt install g++")
        if mode.id == "torch-compile"
        else mode
        for mode in catalogue.modes
    )
    slower = Cell(mode="torchscript", precision="fp32", verdict="slower", reason="This family is not fused.")
    no = Cell(mode="onnx-runtime", precision="fp32", verdict="no", reason="This family cannot be exported.")
    cells = {**state.cells, ("torchscript", "fp32"): slower, ("onnx-runtime", "fp32"): no}
    return dataclasses.replace(state, catalogue=msgspec.structs.replace(catalogue, modes=modes), cells=cells)


def _differing() -> State:
    state = _checked()
    assert state.run is not None
    assert state.run.report is not None
    found = Agreement(verdict="different answers", share=0.93, max_abs_diff=0.2, cosine_worst=0.96, n=100)
    report = msgspec.structs.replace(state.run.report, agreement=found)
    return dataclasses.replace(state, run=dataclasses.replace(state.run, report=report))


TASKS: dict[str, tuple[str, Any]] = {
    "text-classification": (
        "labels",
        [
            {"label": "positive", "score": 0.981},
            {"label": "neutral", "score": 0.015},
            {"label": "negative", "score": 0.004},
        ],
    ),
    "fill-mask": (
        "mask",
        [
            {"token_str": "capital", "score": 0.62, "sequence": "Paris is the capital of France."},
            {"token_str": "heart", "score": 0.11, "sequence": "Paris is the heart of France."},
        ],
    ),
    "feature-extraction": ("vectors", [[0.01 * place for place in range(384)]]),
    "question-answering": ("answer", {"answer": "76 metres", "score": 0.94}),
    "token-classification": (
        "entities",
        [
            {"entity_group": "PER", "word": "Marie Curie", "score": 0.998},
            {"entity_group": "LOC", "word": "Warsaw", "score": 0.996},
            {"entity_group": "ORG", "word": "Sorbonne", "score": 0.962},
            {"entity_group": "LOC", "word": "Paris", "score": 0.991},
            {"entity_group": "PER", "word": "Pierre Curie", "score": 0.997},
        ],
    ),
}
"""What a result of the task looks like; where its words stand in the text is added."""


def _of_tasks(opened: State) -> Iterator[Picture]:
    catalogue, model = opened.catalogue, opened.model
    assert catalogue is not None
    assert model is not None
    for task in catalogue.tasks:
        if task.id not in TASKS:
            continue
        kind, value = TASKS[task.id]
        fields = task.example
        text = str(fields.get("context") or fields.get("inputs"))
        for part in value if kind == "entities" else [value] if kind == "answer" else []:
            start = text.index(part.get("answer") or part["word"])
            part |= {"start": start, "end": start + len(part.get("answer") or part["word"])}
        state = dataclasses.replace(opened, model=msgspec.structs.replace(model, tasks=(task.id,)))
        run = Run(id="r", folder=model.folder, task=task.id, mode="eager", fields=fields)
        answer = Answer(id="r", result=Result(kind=kind, value=value))
        yield Picture(f"task-{task.id}", run_state.apply(run_state.began(state, run), answer, 0.0))


def _of_comparisons(opened: State) -> Iterator[Picture]:
    """The race before, meanwhile and after, with one row and with many; the ladder; the view for a room."""
    open_row: Prepare = lambda window: window.compare_page.race.chart.bars.opened.emit(7)  # noqa: E731
    to_ladder: Prepare = lambda window: window.compare_page.show_side(1)  # noqa: E731
    present: Prepare = MainWindow.enter_presentation
    yield Picture("compare-starting", State(), "compare")
    yield Picture("compare", opened, "compare")
    yield Picture("compare-racing", compared.racing(), "compare")
    yield Picture("compare-done", compared.done(), "compare")
    yield Picture("compare-row", compared.done(), "compare", prepare=open_row)
    yield Picture("compare-found", replay.last("compared"), "compare")
    yield Picture("compare-one", compared.of_one(), "compare")
    yield Picture("compare-sixty", compared.of_sixty(), "compare")
    yield Picture("compare-ratio", compared.of_ten_thousand(), "compare")
    yield Picture("compare-failure", compared.failed(), "compare")
    yield Picture("compare-ladder", compared.ladder(), "compare", prepare=to_ladder)
    yield Picture("compare-ladder-empty", opened, "compare", prepare=to_ladder)
    yield Picture("compare-no-caps", compared.ladder_without_caps(), "compare", prepare=to_ladder)
    yield Picture("compare-presentation", compared.done(), "compare", prepare=present)
    yield Picture("compare-presentation-racing", compared.racing(), "compare", prepare=present)
    yield Picture("compare-presentation-empty", opened, "compare", prepare=present)
    yield Picture("auto", compared.picked(), settings=Settings(mode="auto"))
    yield Picture("auto-not-yet", opened)


def _of_history(opened: State) -> Iterator[Picture]:
    """The entries; one run, one comparison, two beside each other; nothing, and what could not be kept."""
    run: Prepare = lambda window: kept.choose(window, (40,))  # noqa: E731
    whole: Prepare = lambda window: kept.choose(window, (39,))  # noqa: E731
    both: Prepare = lambda window: kept.choose(window, (36, 37))  # noqa: E731
    yield Picture("history-empty", kept.empty(opened), "history")
    yield Picture("history", kept.listed(opened), "history")
    yield Picture("history-run", kept.opened_run(opened, 40), "history", prepare=run)
    yield Picture("history-comparison", kept.opened_comparison(opened, 39), "history", prepare=whole)
    yield Picture("history-two", kept.beside(opened, 36, 37), "history", prepare=both)
    yield Picture("history-failure", kept.failed(opened), "history")


def _of_hub(opened: State) -> Iterator[Picture]:
    """The program's own list, results, one looked at; downloads of each kind; what is on this computer."""
    here, squad = found.local(opened), found.SQUAD
    looked = found.looked(found.own(here))
    local: Prepare = lambda window: window.models_page.show_part(1)  # noqa: E731
    yield Picture("models-starting", State(), "models")
    yield Picture("models", found.own(here), "models")
    yield Picture("models-looked", looked, "models", prepare=lambda window: found.choose(window, squad))
    yield Picture("models-results", found.results(here), "models", prepare=_look_for)
    gated = found.looked(found.results(here), found.one(2))
    yield Picture("models-gated", gated, "models", prepare=lambda window: found.choose(window, found.one(2).repo))
    yield Picture("models-link", gated, "models", prepare=lambda window: _ask_page(window, found.one(2).repo))
    cannot = found.looked(found.results(here), found.one(4))
    yield Picture("models-cannot", cannot, "models", prepare=lambda window: found.choose(window, found.one(4).repo))
    going = found.downloading(looked)
    yield Picture("models-downloads", going, "models", prepare=lambda window: found.choose(window, squad))
    off = Settings(network_off=True)
    yield Picture("models-offline", looked, "models", off, prepare=lambda window: found.choose(window, squad))
    yield Picture("models-failure", found.search_failed(here), "models", prepare=_look_for)
    none = found.results(here, 0, "")
    yield Picture("models-no-match", none, "models", prepare=_look_for)
    yield Picture("models-here", here, "models", prepare=local)
    own = Settings(folders=("/home/ada/models",))
    yield Picture("models-here-chosen", going, "models", own, prepare=lambda window: found.choose_local(window, 1))
    yield Picture("models-delete", here, "models", own, prepare=_ask_to_delete)
    read_only = found.local(opened, reason="The shared cache cannot be written, so nothing can be deleted.")
    yield Picture("models-read-only", read_only, "models", prepare=local)


def _of_first_start(opened: State) -> Iterator[Picture]:
    """The three pages in the place of the window."""
    first = Settings(welcomed=False)
    yield Picture("welcome-1", State(), settings=first)
    yield Picture("welcome-2", opened, settings=first, prepare=lambda window: window.welcome.show_step(1))
    yield Picture("welcome-3", opened, settings=first, prepare=lambda window: window.welcome.show_step(2))


def _look_for(window: MainWindow) -> None:
    window.models_page.hub.bar.words.setText("reviews")


def _ask_page(window: MainWindow, repo: str) -> None:
    found.choose(window, repo)
    window.models_page.hub.page.click()


def _ask_to_delete(window: MainWindow) -> None:
    found.choose_local(window, 1)
    window.models_page.local.delete.ask()


def _of_settings(shown: State) -> Iterator[Picture]:
    sizes = {"artefacts": 91_200_000, "inductor": 3_210_000, "outputs": 48_100, "times": 1_240, "rest": 41_000}
    parts = tuple(msgspec.structs.replace(part, size_bytes=sizes.get(part.id, 0)) for part in storage.parts())
    idle = dataclasses.replace(
        accelerated.with_ipex(_checked()),
        consents=(),
        stored=Stored(folder="/home/ada/.local/share/fastpath", parts=parts),
    )
    yield Picture("settings", idle, "settings")
    some = (Consent(ref="org/old-model", folder="/models/old-model", weights_sha256="0" * 64, given_s=1_790_000_000),)
    yield Picture("settings-consents", dataclasses.replace(idle, consents=some), "settings")
    yield Picture("settings-looking", shown, "settings")
    yield Picture("settings-freeing", dataclasses.replace(idle, storing=FreeUp(id="f")), "settings")
    failure = failure_of(DataFolder("The data folder /home/ada/data cannot be written."))
    yield Picture("settings-failure", dataclasses.replace(idle, storage_failure=failure), "settings")
    to_end: Prepare = lambda window: _to_card(window, window.settings_page.help)  # noqa: E731
    to_account: Prepare = lambda window: _to_card(window, window.settings_page.account)  # noqa: E731
    yield Picture("settings-account", found.signed_in(idle), "settings", at_last=to_account)
    yield Picture("settings-no-token", found.not_signed_in(idle), "settings", at_last=to_account)
    yield Picture("settings-newer", found.newer(idle), "settings", at_last=to_end)
    yield Picture("settings-newer-unknown", found.newer_unknown(idle), "settings", at_last=to_end)
    yield Picture("settings-reset", idle, "settings", prepare=lambda window: window.settings_page.reset.button.click())


def _on(state: State, cpu: Cpu) -> State:
    """The same on another CPU."""
    assert state.catalogue is not None
    return dataclasses.replace(state, catalogue=msgspec.structs.replace(state.catalogue, cpu=cpu))


def _as_of_now(state: State) -> State:
    """A stage that goes on began three seconds ago, and not when it was recorded."""
    began_s = time.monotonic() - 3

    def moved(stages: tuple[StageView, ...]) -> tuple[StageView, ...]:
        return tuple(dataclasses.replace(one, began_s=began_s) if one.seconds is None else one for one in stages)

    run, export, measuring = state.run, state.export, state.measuring
    return dataclasses.replace(
        state,
        run=dataclasses.replace(run, stages=moved(run.stages)) if run is not None else None,
        export=dataclasses.replace(export, stages=moved(export.stages)) if export is not None else None,
        measuring=dataclasses.replace(measuring, stages=moved(measuring.stages)) if measuring is not None else None,
    )


def take(picture: Picture, size: QSize) -> QImage:
    window = MainWindow(msgspec.structs.replace(picture.settings, page=picture.page), application_icon())
    window.resize(size)
    window.show()
    window.show_state(_as_of_now(picture.state))
    _settle()
    picture.prepare(window)
    window.resize(size)
    _settle()
    window.resize(size)
    picture.at_last(window)
    QApplication.processEvents()
    image = window.grab().toImage()
    window.hide()
    window.deleteLater()
    QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)
    return image


def _settle() -> None:
    """What is laid out in later turns."""
    for _ in range(4):
        QApplication.processEvents()


def save_small(image: QImage, file: Path) -> None:
    """In 256 colours; too large a file is an error."""
    plain = image.convertToFormat(QImage.Format.Format_RGB32)
    counted = collections.Counter(memoryview(plain.constBits()).cast("I"))
    table = few_colours([pixel for pixel, _ in counted.most_common()])
    writer = QImageWriter(str(file), b"png")
    writer.setCompression(100)
    writer.write(plain.convertToFormat(QImage.Format.Format_Indexed8, table))
    assert file.stat().st_size <= MOST_BYTES, f"{file.name} takes {file.stat().st_size} bytes"


def few_colours(pixels: list[int]) -> list[int]:
    """The first 256 that differ by more than an eye would see; ``pixels`` with the most frequent first."""
    for apart in range(3, 255, 3):
        chosen: list[tuple[int, int, int]] = []
        for pixel in pixels:
            colour = (pixel >> 16 & 255, pixel >> 8 & 255, pixel & 255)
            if all(max(abs(a - b) for a, b in zip(colour, one, strict=True)) >= apart for one in chosen):
                chosen.append(colour)
                if len(chosen) > COLOURS:
                    break
        if len(chosen) <= COLOURS:
            return [0xFF000000 | red << 16 | green << 8 | blue for red, green, blue in chosen]
    raise AssertionError("256 colours are enough from some distance on")


def main(words: list[str]) -> int:
    """Takes all pictures at the scale of the screen; without words, also those at 200 % in a process of its own.

    Words that begin names of pictures take those alone.
    """
    application = QApplication.instance() or QApplication(["fastpath"])
    assert isinstance(application, QApplication)
    scale = "200" if "at-200-percent" in words else "100"
    only = tuple(word for word in words if word != "at-200-percent")
    QCursor.setPos(0, 0)  # not over a chart, which would tell what lies under it
    ALL.mkdir(parents=True, exist_ok=True)
    SHOWN.mkdir(parents=True, exist_ok=True)
    wardrobe = Wardrobe(application, "light")
    with tempfile.TemporaryDirectory() as folder:
        os.environ["FASTPATH_HOME"] = str(Path(folder) / "home")
        found = list(pictures(Path(folder)))
        for theme in ("light", "dark"):
            wardrobe.choose(theme)
            for picture in (one for one in found if not only or one.name.startswith(only)):
                _take_all(picture, theme, scale)
    if scale == "100" and not only:
        again = [sys.executable, "-m", "tests.screenshots", "at-200-percent"]
        return subprocess.run(again, env=os.environ | {"QT_SCALE_FACTOR": "2"}, cwd=ROOT).returncode
    return 0


def _take_all(picture: Picture, theme: str, scale: str) -> None:
    sizes = (USUAL, SMALL) if scale == "100" else (SMALL,)
    for size in sizes:
        image = take(picture, size)
        image.save(str(ALL / f"{picture.name}-{theme}-{size.width()}x{size.height()}-{scale}.png"))
        if scale == "100" and size == USUAL and (picture.name, theme) in IN_DOCS:
            save_small(image, SHOWN / f"{IN_DOCS[picture.name, theme]}.png")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
