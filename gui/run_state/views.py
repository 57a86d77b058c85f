"""What the window shows, as frozen values."""

import dataclasses
from collections.abc import Mapping
from typing import Any, Literal

from engine.wire.messages import (
    Allow,
    Answer,
    Catalogue,
    CompilerShown,
    Describe,
    Download,
    Downloading,
    Export,
    Exported,
    FreeUp,
    Installing,
    InstallRuntime,
    ListConsents,
    ListRuntimes,
    MeasurePeaks,
    PeaksTold,
    RemoveRuntime,
    Revoke,
    Run,
    ShowCompiler,
    Storage,
    Stored,
)
from engine.wire.values import (
    Cell,
    Consent,
    Evidence,
    Failure,
    MachinePeaks,
    ModeCard,
    ModelCard,
    NoticeText,
    Pick,
    RunReport,
    RuntimeCard,
    TaskCard,
)
from gui.run_state.comparing import CompareView, WrittenView
from gui.run_state.history import HistoryView
from gui.run_state.hub import HubView
from gui.run_state.latencies import Latencies

EngineWord = Literal["starting", "ready", "loading", "running", "stopping", "stopped"]
COMPUTING = frozenset({"first", "running", "compare", "explain"})
"""Stages in which the model is called."""


@dataclasses.dataclass(frozen=True, slots=True)
class StageView:
    """A stage that has begun; ``seconds`` is None while it goes on. ``cut``: it did not come to its end."""

    name: str
    began_s: float
    seconds: float | None = None
    cached: bool = False
    last_s: float | None = None
    cut: Literal["", "failed", "stopped"] = ""


@dataclasses.dataclass(frozen=True, slots=True)
class RunView:
    """One run as far as it is known. ``answer_fields`` are those that ``answer`` belongs to.

    ``model_name``: of the model that this run computes, which may be another than the one chosen by now; empty where
    it is not known.
    """

    request: Run
    latencies: Latencies
    model_name: str = ""
    stages: tuple[StageView, ...] = ()
    fields_by_revision: tuple[tuple[int, dict[str, Any]], ...] = ()
    answer: Answer | None = None
    answer_fields: dict[str, Any] = dataclasses.field(default_factory=dict)
    notices: tuple[NoticeText, ...] = ()
    report: RunReport | None = None
    failure: Failure | None = None
    stopping: bool = False
    over: bool = False

    @property
    def repeats(self) -> bool:
        return self.request.calls == 0

    @property
    def stage(self) -> StageView | None:
        """The stage that goes on now."""
        return next((stage for stage in reversed(self.stages) if stage.seconds is None), None)


@dataclasses.dataclass(frozen=True, slots=True)
class Explained:
    """The evidence that a run of ``how`` (``requests.how``) told on ``fields``; ``model`` is its name. ``mode``,
    ``precision`` and ``threads`` are those that ran.
    """

    how: tuple[object, ...]
    fields: Mapping[str, Any]
    evidence: Evidence
    model: str = ""
    mode: str = ""
    precision: str = ""
    threads: int = 0


@dataclasses.dataclass(frozen=True, slots=True)
class DownloadView:
    """A download that goes on. ``then``: what the Run page asks once it is there, where it waits for it.
    ``notice``: the last that it told.
    """

    request: Download
    then: Describe | None = None
    progress: Downloading | None = None
    notice: str = ""
    stopping: bool = False


@dataclasses.dataclass(frozen=True, slots=True)
class RuntimesView:
    """The runtimes, and what is being done with one. ``cards`` is None as long as nobody has told.

    ``failed``: the runtime that ``failure`` is about; empty where the list could not be had.
    """

    cards: tuple[RuntimeCard, ...] | None = None
    asked: ListRuntimes | InstallRuntime | RemoveRuntime | None = None
    progress: Installing | None = None
    stopping: bool = False
    failure: Failure | None = None
    failed: str = ""

    @property
    def busy_with(self) -> str:
        """The runtime that is being installed, mended or removed, or ""."""
        return "" if self.asked is None or isinstance(self.asked, ListRuntimes) else self.asked.runtime


@dataclasses.dataclass(frozen=True, slots=True)
class DeedView:
    """Something that the work process does beside runs, as far as it is known: a program saved, a compiler shown,
    what the machine reaches measured.
    """

    request: Export | ShowCompiler | MeasurePeaks
    stages: tuple[StageView, ...] = ()
    notice: str = ""
    outcome: Exported | CompilerShown | PeaksTold | None = None
    failure: Failure | None = None
    stopping: bool = False
    over: bool = False


@dataclasses.dataclass(frozen=True, slots=True)
class State:
    """All that the window knows of the engine.

    ``live`` is false while ``catalogue`` is the one kept on disk. ``kept`` lists what the work process
    holds ready. ``eager_ms``: medians of eager fp32 by ``baseline_key``. ``tokenizer``: the other model that ``model``
    takes its tokenizer from, as it was named. ``wanted``: what was to be described when ``model_failure`` came, and
    ``missing`` the download that would bring it. ``explained``: evidence of former runs, the newest last. ``picks``:
    what was found fastest for ``model``. ``ladder``: a comparison of caps on the instruction set.
    ``peaks``: what this machine reaches at most, by threads, as far as the engine told since its catalogue.
    """

    catalogue: Catalogue | None = None
    live: bool = False
    model: ModelCard | None = None
    cells: Mapping[tuple[str, str], Cell] = dataclasses.field(default_factory=dict)
    tokenizer: str = ""
    tokenizer_folder: str = ""
    describing: Describe | None = None
    model_failure: Failure | None = None
    wanted: Describe | None = None
    missing: Download | None = None
    downloads: tuple[DownloadView, ...] = ()
    consents: tuple[Consent, ...] | None = None
    consenting: ListConsents | Allow | Revoke | None = None
    consent_failure: Failure | None = None
    engine_failure: Failure | None = None
    run: RunView | None = None
    kept: frozenset[str] = frozenset()
    memory_bytes: int = 0
    eager_ms: Mapping[str, float] = dataclasses.field(default_factory=dict)
    storing: Storage | FreeUp | None = None
    stored: Stored | None = None
    storage_failure: Failure | None = None
    explained: tuple[Explained, ...] = ()
    runtimes: RuntimesView = RuntimesView()
    export: DeedView | None = None
    compiler: DeedView | None = None
    picks: tuple[Pick, ...] = ()
    comparing: CompareView | None = None
    ladder: CompareView | None = None
    written: WrittenView | None = None
    measuring: DeedView | None = None
    peaks: Mapping[int, MachinePeaks] = dataclasses.field(default_factory=dict)
    history: HistoryView = dataclasses.field(default_factory=HistoryView)
    hub: HubView = dataclasses.field(default_factory=HubView)

    @property
    def download(self) -> DownloadView | None:
        """The one that the Run page waits for."""
        return next((one for one in self.downloads if one.then is not None), None)

    def download_of(self, request_id: str) -> DownloadView | None:
        """The one of this request, while it goes on."""
        return next((one for one in self.downloads if one.request.id == request_id), None)

    @property
    def running(self) -> bool:
        return self.run is not None and not self.run.over

    @property
    def deed(self) -> DeedView | None:
        """What the work process does beside runs, while it goes on."""
        deeds = (self.export, self.compiler, self.measuring)
        return next((deed for deed in deeds if deed is not None and not deed.over), None)

    @property
    def compares(self) -> CompareView | None:
        """The comparison that goes on."""
        return next((view for view in (self.comparing, self.ladder) if view is not None and not view.over), None)

    def pick(self, task: str) -> Pick | None:
        """What was found fastest for ``task`` of the model."""
        return next((pick for pick in self.picks if pick.task == task), None)

    @property
    def engine(self) -> EngineWord:
        """The engine's state in a word, for the status strip."""
        if self.engine_failure is not None:
            return "stopped"
        if self.run is not None and not self.run.over:
            if self.run.stopping:
                return "stopping"
            stage = self.run.stage or next(reversed(self.run.stages), None)
            return "running" if stage is not None and stage.name in COMPUTING else "loading"
        if self.deed is not None:
            return "stopping" if self.deed.stopping else "running"
        if self.compares is not None:
            return "stopping" if self.compares.stopping else "running"
        return "ready" if self.live else "starting"

    def task(self, task_id: str) -> TaskCard | None:
        tasks = self.catalogue.tasks if self.catalogue else ()
        return next((task for task in tasks if task.id == task_id), None)

    def mode(self, mode_id: str) -> ModeCard | None:
        modes = self.catalogue.modes if self.catalogue else ()
        return next((mode for mode in modes if mode.id == mode_id), None)
