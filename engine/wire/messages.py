"""Every request and event that crosses between a window (or command line) and an engine process.

Requests go down, events come up. Each request carries an ``id`` and every event that belongs to it repeats it;
exactly one ``Finished`` or ``Failed`` ends a request. All are frozen msgspec structs, one JSON line each.
Units end a name: ``_ms``, ``_s``, ``_bytes``.
"""

import msgspec

from engine.wire.comparison import CellResult, Comparison
from engine.wire.history import HistoryLine, HistoryRow
from engine.wire.hub import Block, HubModel, LocalModel, PendingDownload, TokenPlace
from engine.wire.requests import (
    Allow as Allow,
)
from engine.wire.requests import (
    AnyRequest as AnyRequest,
)
from engine.wire.requests import (
    CheckForUpdate as CheckForUpdate,
)
from engine.wire.requests import (
    Compare as Compare,
)
from engine.wire.requests import (
    CompareHistory as CompareHistory,
)
from engine.wire.requests import (
    DeleteHistory as DeleteHistory,
)
from engine.wire.requests import (
    DeleteModel as DeleteModel,
)
from engine.wire.requests import (
    Describe as Describe,
)
from engine.wire.requests import (
    Download as Download,
)
from engine.wire.requests import (
    DropDownload as DropDownload,
)
from engine.wire.requests import (
    Export as Export,
)
from engine.wire.requests import (
    FreeUp as FreeUp,
)
from engine.wire.requests import (
    HistoryWork as HistoryWork,
)
from engine.wire.requests import (
    Hold as Hold,
)
from engine.wire.requests import (
    InstallRuntime as InstallRuntime,
)
from engine.wire.requests import (
    ListConsents as ListConsents,
)
from engine.wire.requests import (
    ListDownloads as ListDownloads,
)
from engine.wire.requests import (
    ListHistory as ListHistory,
)
from engine.wire.requests import (
    ListModels as ListModels,
)
from engine.wire.requests import (
    ListRuntimes as ListRuntimes,
)
from engine.wire.requests import (
    LookAtHub as LookAtHub,
)
from engine.wire.requests import (
    LookAtToken as LookAtToken,
)
from engine.wire.requests import (
    MeasurePeaks as MeasurePeaks,
)
from engine.wire.requests import (
    ModelsWork as ModelsWork,
)
from engine.wire.requests import (
    OpenHistory as OpenHistory,
)
from engine.wire.requests import (
    ReadCard as ReadCard,
)
from engine.wire.requests import (
    Record as Record,
)
from engine.wire.requests import (
    Release as Release,
)
from engine.wire.requests import (
    RemoveRuntime as RemoveRuntime,
)
from engine.wire.requests import (
    Request as Request,
)
from engine.wire.requests import (
    Revoke as Revoke,
)
from engine.wire.requests import (
    Round as Round,
)
from engine.wire.requests import (
    Run as Run,
)
from engine.wire.requests import (
    SaveReport as SaveReport,
)
from engine.wire.requests import (
    SearchHub as SearchHub,
)
from engine.wire.requests import (
    SetToken as SetToken,
)
from engine.wire.requests import (
    ShowCompiler as ShowCompiler,
)
from engine.wire.requests import (
    Stop as Stop,
)
from engine.wire.requests import (
    Storage as Storage,
)
from engine.wire.requests import (
    Update as Update,
)
from engine.wire.requests import (
    Work as Work,
)
from engine.wire.requests import (
    WriteScript as WriteScript,
)
from engine.wire.values import (
    Agreement,
    Cell,
    Consent,
    Cpu,
    Failure,
    MachinePeaks,
    ModeCard,
    ModelCard,
    Pick,
    Result,
    RunReport,
    RuntimeCard,
    StoredPart,
    TaskCard,
)

PROTOCOL = 3
"""Raised whenever a message changes in a way that an older peer can't read."""

# --- events -----------------------------------------------------------------------------------------------


class Event(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag_field="type"):
    """What an engine tells. ``id`` is empty where no request asked for it."""

    id: str = ""


class Ready(Event, frozen=True, kw_only=True, tag="ready"):
    """A child's first word."""

    protocol: int
    role: str
    pid: int


class Catalogue(Event, frozen=True, kw_only=True, tag="catalogue"):
    """From the desk at its start, and again when it changes: all that a window lists."""

    modes: tuple[ModeCard, ...]
    tasks: tuple[TaskCard, ...]
    cpu: Cpu
    threads: int
    """The thread count that 0 stands for."""
    peaks: tuple[MachinePeaks, ...] = ()
    """What was measured before on this machine, one for each count of threads."""


class Described(Event, frozen=True, kw_only=True, tag="described"):
    """A model, and for each mode and precision whether it fits."""

    model: ModelCard
    cells: tuple[Cell, ...]
    tokenizer_folder: str = ""
    picks: tuple[Pick, ...] = ()
    """What was found fastest for the model, one for each task where somebody had it searched."""


class Downloading(Event, frozen=True, kw_only=True, tag="downloading"):
    """How far a download is; at most four a second. ``file`` is the one in hand, the figures are of all files.

    ``done_bytes`` counts what lay there before, once it was checked. ``left_s`` is None where nothing tells yet.
    """

    file: str
    done_bytes: int
    total_bytes: int
    bytes_per_s: float = 0.0
    left_s: float | None = None


class Downloaded(Event, frozen=True, kw_only=True, tag="downloaded"):
    """All files are there and were checked: ``folder`` (to describe or run), at ``commit``."""

    folder: str
    commit: str


class HubFound(Event, frozen=True, kw_only=True, tag="hub_found"):
    """Models that a search found. ``cursor``: for what follows, empty at the end. ``own``: they are the program's own
    list, and the Hub was not asked.
    """

    models: tuple[HubModel, ...]
    cursor: str = ""
    own: bool = False


class HubLooked(Event, frozen=True, kw_only=True, tag="hub_looked"):
    """One model more closely. ``files``: how many would be fetched. ``tasks``: task ids that it can do here, its own
    first. ```page``: the address of its page.
    """

    model: HubModel
    commit: str
    files: int
    tasks: tuple[str, ...] = ()
    page: str = ""


class CardRead(Event, frozen=True, kw_only=True, tag="card_read"):
    """A model's card as text and tables. ``cut``: it is longer, and only its beginning is told."""

    blocks: tuple[Block, ...]
    cut: bool = False


class ModelsListed(Event, frozen=True, kw_only=True, tag="models_listed"):
    """What is on this computer. ``cache``: the folder that is shared with other programs; ``free_bytes``: on its disk.
    ``reason``: why the cache could not be read, or may not be written.
    """

    models: tuple[LocalModel, ...]
    cache: str = ""
    free_bytes: int = 0
    reason: str = ""


class DownloadsListed(Event, frozen=True, kw_only=True, tag="downloads_listed"):
    """Downloads that are not over."""

    downloads: tuple[PendingDownload, ...]


class TokenTold(Event, frozen=True, kw_only=True, tag="token_told"):
    """Where the access token lies, and whose it is where the Hub was asked. ``keyring``: the system has one."""

    place: TokenPlace
    account: str = ""
    keyring: bool = False


class UpdateTold(Event, frozen=True, kw_only=True, tag="update_told"):
    """The newest version there is, and the address where it is to be had. ``newer``: than the one that runs."""

    version: str
    newer: bool
    page: str


class Stored(Event, frozen=True, kw_only=True, tag="stored"):
    """The data folder, and what each kind of thing in it takes."""

    folder: str
    parts: tuple[StoredPart, ...]


class Consents(Event, frozen=True, kw_only=True, tag="consents"):
    """Whose pickled weights the person allowed, the newest first."""

    consents: tuple[Consent, ...]


class Runtimes(Event, frozen=True, kw_only=True, tag="runtimes"):
    """The environments of their own that modes need."""

    runtimes: tuple[RuntimeCard, ...]


class Installing(Event, frozen=True, kw_only=True, tag="installing"):
    """How far an installation is; at most four a second. ``step``: what is done now, as a person reads it.

    ``total_bytes`` is 0 where nothing tells yet.
    """

    step: str
    done_bytes: int = 0
    total_bytes: int = 0


class Exported(Event, frozen=True, kw_only=True, tag="exported"):
    """What was saved: ``path``, and how it is run, in a sentence."""

    path: str
    size_bytes: int
    how: str = ""


class CompilerShown(Event, frozen=True, kw_only=True, tag="compiler_shown"):
    """``source``: the function as a person writes it; ``kernel``: what the compiler made of it, C++. Times are medians
    of one call each, in ms; ``kernels``: how many passes over memory either makes.
    """

    source: str
    kernel: str
    eager_ms: float
    compiled_ms: float
    eager_kernels: int
    compiled_kernels: int


class PeaksTold(Event, frozen=True, kw_only=True, tag="peaks_told"):
    """What this machine reaches at most."""

    peaks: MachinePeaks


STAGES = ("starting", "checking", "load", "prepare", "first", "running", "compare", "explain")
"""Stages of a run in their order; ``starting`` is the client's."""


class Stage(Event, frozen=True, kw_only=True, tag="stage"):
    """A stage began (``seconds`` None) or ended. ``last_s``: how long it took last time on this computer."""

    stage: str
    seconds: float | None = None
    cached: bool = False
    last_s: float | None = None


class Notice(Event, frozen=True, kw_only=True, tag="notice"):
    """Something about this request that the person should know; of a run also in the report, as ``NoticeText``."""

    text: str
    details: str = ""
    revision: int | None = None


class Answer(Event, frozen=True, kw_only=True, tag="answer"):
    """The result for the fields of ``revision`` (0 = those of ``Run``). Sent once for each revision."""

    result: Result
    revision: int = 0


class Samples(Event, frozen=True, kw_only=True, tag="samples"):
    """Latencies of the model's calls since the last event of this kind, and memory now; every 100 ms."""

    latency_ms: tuple[float, ...]
    memory_bytes: int


class Held(Event, frozen=True, kw_only=True, tag="held"):
    """A cell of a comparison is ready for its rounds. ``peak_bytes``: the most that its process had. ``call_ms``: of
    its last calls while it warmed up; ``tokens``: what such a call holds, padding included. ``sample``: what a run
    found of its mode and precision on real texts, where one looked.
    """

    precision_executed: str
    load_s: float
    prepare_s: float
    prepare_cached: bool
    first_ms: float
    call_ms: float
    tokens: int
    peak_bytes: int
    agreement: Agreement | None = None
    sample: Agreement | None = None


class Rested(Event, frozen=True, kw_only=True, tag="rested"):
    """A round is over. ``end_to_end_ms``: of its calls, from the fields to the answer."""

    end_to_end_ms: tuple[float, ...]


class CellTold(Event, frozen=True, kw_only=True, tag="cell_told"):
    """A cell of a comparison as it stands now; its raw samples come with ``Compared``."""

    number: int
    cell: CellResult


class Compared(Event, frozen=True, kw_only=True, tag="compared"):
    """A comparison as far as it went."""

    comparison: Comparison


class Reported(Event, frozen=True, kw_only=True, tag="reported"):
    """A report was written whole: ``path``."""

    path: str


class Script(Event, frozen=True, kw_only=True, tag="script"):
    """A program that does what a cell of a comparison does. ``note``: in what it differs, empty where it does not."""

    text: str
    note: str = ""


class HistoryListed(Event, frozen=True, kw_only=True, tag="history_listed"):
    """Entries from ``offset`` on, of ``total`` that fit the search."""

    rows: tuple[HistoryRow, ...]
    total: int
    offset: int = 0


class HistoryOpened(Event, frozen=True, kw_only=True, tag="history_opened"):
    """An entry with all that is kept of it. What had not come by its end is None."""

    row: HistoryRow
    request: Run | Compare
    result: Result | None = None
    report: RunReport | None = None
    failure: Failure | None = None
    samples_ms: tuple[float, ...] = ()
    comparison: Comparison | None = None


class HistoryCompared(Event, frozen=True, kw_only=True, tag="history_compared"):
    """Two entries side by side. ``ratio``: the first median over the second, for two runs that have one; ``sentence``
    says what it is worth.
    """

    first: HistoryRow
    second: HistoryRow
    lines: tuple[HistoryLine, ...]
    ratio: float | None = None
    sentence: str = ""


class HistoryDeleted(Event, frozen=True, kw_only=True, tag="history_deleted"):
    """The entries that are gone now."""

    numbers: tuple[int, ...]


class Finished(Event, frozen=True, kw_only=True, tag="finished"):
    """The request is done. ``report`` is there for a ``Run``."""

    report: RunReport | None = None


class Failed(Event, frozen=True, kw_only=True, tag="failed"):
    """The request is over without a result."""

    failure: Failure


AnyEvent = (
    Ready
    | Catalogue
    | Described
    | Downloading
    | Downloaded
    | HubFound
    | HubLooked
    | CardRead
    | ModelsListed
    | DownloadsListed
    | TokenTold
    | UpdateTold
    | Stored
    | Consents
    | Runtimes
    | Installing
    | Exported
    | CompilerShown
    | PeaksTold
    | Stage
    | Notice
    | Answer
    | Samples
    | Held
    | Rested
    | CellTold
    | Compared
    | Reported
    | Script
    | HistoryListed
    | HistoryOpened
    | HistoryCompared
    | HistoryDeleted
    | Finished
    | Failed
)
