"""Every request, event and value that crosses between a window (or command line) and an engine process.

Requests go down, events come up. Each request carries an ``id`` and every event that belongs to it repeats it;
exactly one ``Finished`` or ``Failed`` ends a request. All are frozen msgspec structs, one JSON line each.
Units end a name: ``_ms``, ``_s``, ``_bytes``.
"""

from typing import Any, Literal

import msgspec

PROTOCOL = 1
"""Raised whenever a message changes in a way that an older peer can't read."""

INLINE_ARRAY_BYTES = 256 * 1024
"""Larger arrays cross as a file (``Result.array_file``)."""


class Value(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A plain value inside a message."""


# --- what the engine offers -------------------------------------------------------------------------------


class PrecisionCard(Value, frozen=True, kw_only=True):
    """One precision of one mode. ``reason`` is empty when it is available."""

    id: str
    title: str
    available: bool = True
    reason: str = ""


class ModeCard(Value, frozen=True, kw_only=True):
    """One acceleration mode, as the window lists it. ``remedy`` is a command or sentence that makes it available."""

    id: str
    title: str
    plain: str
    runtime: str = "main"
    available: bool = True
    reason: str = ""
    remedy: str = ""
    precisions: tuple[PrecisionCard, ...] = ()
    options: tuple["Option", ...] = ()


class Option(Value, frozen=True, kw_only=True):
    """A choice that a mode offers beyond its precision; the first of ``choices`` is the default."""

    id: str
    title: str
    plain: str
    choices: tuple[str, ...]


class Field(Value, frozen=True, kw_only=True):
    """One field of a task's form, named as in the Hub's task interface.

    ``kind``: ``line`` (one line), ``text`` (many lines), ``lines`` (a list of texts).
    """

    id: str
    title: str
    kind: Literal["line", "text", "lines"]
    plain: str = ""


class TaskCard(Value, frozen=True, kw_only=True):
    """One task, as the window lists it. ``output`` names the kind of view its result needs:
    ``scores``, ``labels``, ``entities``, ``answer``, ``mask`` or ``vectors``.
    """

    id: str
    title: str
    plain: str
    fields: tuple[Field, ...]
    output: str
    example: dict[str, Any]


class Feature(Value, frozen=True, kw_only=True):
    """One feature of the CPU: in the silicon (``present``), allowed by the system (``usable``), and why not."""

    id: str
    title: str
    group: Literal["vectors", "low precision", "matrices"]
    explains: str
    present: bool
    usable: bool
    reason: str = ""


class CoreKinds(Value, frozen=True, kw_only=True):
    """Physical cores of a hybrid CPU; ``performance_allowed`` are those that this process may use."""

    performance: int
    efficiency: int
    performance_allowed: int


class Cpu(Value, frozen=True, kw_only=True):
    """What this CPU is. ``caches`` maps "L1d", "L2"... to bytes in all; zero cores mean unknown.

    ``core_kinds`` is None where all cores are alike. ``limit_cpus`` and ``limit_memory_mb`` are a container's, 0 for
    none; ``cores_allowed`` and ``memory_total_mb`` are within them.
    """

    brand: str
    architecture: str
    sockets: int
    cores_physical: int
    cores_logical: int
    cores_allowed: int
    caches: dict[str, int]
    memory_total_mb: int
    features: tuple[Feature, ...]
    core_kinds: CoreKinds | None = None
    limit_cpus: float = 0
    limit_memory_mb: int = 0


class ModelCard(Value, frozen=True, kw_only=True):
    """What is known of a model before it is loaded.

    ``ref`` is what the person gave (``starter``, a folder, a Hub id); ``folder`` where its files are.
    ``max_tokens`` is the longest input the model takes (0 = unknown). ``tasks``: fitting task ids, its own first.
    """

    ref: str
    name: str
    folder: str
    family: str
    architecture: str
    tasks: tuple[str, ...]
    parameters: int = 0
    size_bytes: int = 0
    memory_needed_bytes: int = 0
    memory_free_bytes: int = 0
    weights: str = ""
    licence: str = ""
    changed: str = ""
    commit: str = ""
    max_tokens: int = 0
    consent: str = ""
    """Of pickled weights: what the person allows with ``Run.allow_pickle`` or ``Allow``. Empty where nothing is asked,
    or consent was given before."""


class Cell(Value, frozen=True, kw_only=True):
    """Whether one mode at one precision suits the described model here, and what of it lies ready.

    ``prepared``: ``no``, or ``cached`` (an artefact on disk makes preparing short).
    """

    mode: str
    precision: str
    verdict: Literal["fits", "slower", "no"]
    reason: str = ""
    prepared: Literal["no", "cached"] = "no"


# --- results ----------------------------------------------------------------------------------------------


class Result(Value, frozen=True, kw_only=True):
    """A task's answer. ``value`` has the shape of the Hub's task interface.

    For arrays over 256 KB ``value`` is None and ``array_file`` names an .npz with the array ``value``;
    ``shape`` is always given for arrays.
    """

    kind: str
    value: Any
    shape: tuple[int, ...] = ()
    array_file: str = ""


class Agreement(Value, frozen=True, kw_only=True):
    """The answer against eager fp32 of the same model on the same encoded input.

    ``verdict``: ``identical``, ``same answers``, ``close``, ``different answers``, or ``reference`` where the run
    itself is eager fp32. ``share`` of the ``n`` inputs is the same in raw outputs and in answer.
    """

    verdict: Literal["identical", "same answers", "close", "different answers", "reference"]
    share: float
    max_abs_diff: float
    cosine_worst: float
    n: int


class Ratio(Value, frozen=True, kw_only=True):
    """Latency of eager over latency of this run: medians of ``n`` calls of each, alternating."""

    value: float
    eager_ms: float
    mode_ms: float
    n: int


class StagesP50(Value, frozen=True, kw_only=True):
    """Median of each part of a call, in ms."""

    prepare_input: float
    model: float
    interpret: float


class Timing(Value, frozen=True, kw_only=True):
    """Times of one run. Percentiles are of the model's call; None where too few calls were timed to tell."""

    load_s: float
    prepare_s: float
    prepare_cached: bool
    first_ms: float
    n: int
    p50_ms: float
    p90_ms: float | None
    p99_ms: float | None
    throughput_per_s: float
    stages_p50_ms: StagesP50


class NoticeText(Value, frozen=True, kw_only=True):
    """One line about a run, with details for those who want them."""

    text: str
    details: str = ""


class StoredPart(Value, frozen=True, kw_only=True):
    """One kind of thing in the data folder. ``goes``: ``FreeUp`` removes it, and only time is lost."""

    id: str
    title: str
    plain: str
    size_bytes: int
    goes: bool = False


class Consent(Value, frozen=True, kw_only=True):
    """Pickled weights that the person allowed. ``ref``: what they had named; ``folder``: where it was then;
    ``weights_sha256``: the content that it holds for, wherever the files lie; ``given_s``: seconds since 1970.
    """

    ref: str
    folder: str
    weights_sha256: str
    given_s: int


class RunReport(Value, frozen=True, kw_only=True):
    """Everything a finished run tells except its samples, which came before in ``Samples``."""

    mode_requested: str
    mode_executed: str
    precision_executed: str
    timing: Timing
    peak_rss_mb: float
    environment: dict[str, Any]
    notices: tuple[NoticeText, ...] = ()
    doubts: tuple[str, ...] = ()
    agreement: Agreement | None = None
    ratio: Ratio | None = None
    stopped: bool = False
    kept: tuple[str, ...] = ()
    """What ``work`` keeps ready in memory, as ``mode precision folder``."""


class Failure(Value, frozen=True, kw_only=True):
    """A failure in the three parts a person reads, and the class it came from (``code``).

    ``about``: of ``NotDownloaded``, which of the named models it is, as it was named.
    """

    code: str
    sort: Literal["user", "defect", "died"]
    what_happened: str
    what_to_do: str
    details: str = ""
    about: str = ""


# --- requests ---------------------------------------------------------------------------------------------


class Request(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag_field="type"):
    """What a client asks. ``id`` is unique within the client."""

    id: str


class Describe(Request, frozen=True, kw_only=True, tag="describe"):
    """To the desk: look into a model, and find the model whose tokenizer is to be used, if another's.

    Answered by ``Described``.
    """

    ref: str
    tokenizer: str = ""


class Download(Request, frozen=True, kw_only=True, tag="download"):
    """To the desk: bring a model of the Hub into the shared cache, at ``revision`` (empty: that of ``ref``, or main).

    ``ref`` is a Hub id or a pasted address. ``part`` "tokenizer" leaves the weights out. One download runs at a time;
    a second waits. Answered by ``Downloading`` as it goes, then ``Downloaded``. What a stopped or failed one received
    stays, and the next goes on from there.
    """

    ref: str
    revision: str = ""
    part: Literal["model", "tokenizer"] = "model"


class Storage(Request, frozen=True, kw_only=True, tag="storage"):
    """To the desk: what lies in the data folder. Answered by ``Stored``."""


class FreeUp(Request, frozen=True, kw_only=True, tag="free_up"):
    """To the desk: remove what can be made again, and tell what is left. Answered by ``Stored``.

    The client ends an idle ``work`` before, which holds such files open; while one computes the request fails.
    """


class ListConsents(Request, frozen=True, kw_only=True, tag="list_consents"):
    """To the desk: whose pickled weights the person allowed. Answered by ``Consents``."""


class Allow(Request, frozen=True, kw_only=True, tag="allow"):
    """To the desk: the person allows the pickled weights of the model in ``folder``, until ``Revoke``.

    Answered by ``Consents``.
    """

    ref: str
    folder: str


class Revoke(Request, frozen=True, kw_only=True, tag="revoke"):
    """To the desk: a consent is taken back. Answered by ``Consents``."""

    weights_sha256: str


class Run(Request, frozen=True, kw_only=True, tag="run"):
    """To work: prepare and measure one model, task, mode and precision on one input.

    ``folder`` is absolute (from ``Described``); ``tokenizer`` a folder, or empty for the model's own.
    ``calls``: how many calls are timed; None lets the engine choose, 0 goes on until stopped.
    ``threads`` 0 takes the CPU's physical cores. ``check``: ``always`` computes eager's answer where it is not
    known; ``if_known`` only compares where the reference lies ready. ``ratio`` loads eager in any case and alternates
    five calls of each. ``allow_pickle``: the person consents to opening this model's pickled weights;
    ``ignore_memory``: to running where the model seems to need more memory than is free.
    """

    folder: str
    task: str
    mode: str
    fields: dict[str, Any]
    precision: str = "fp32"
    runtime: str = "main"
    tokenizer: str = ""
    options: dict[str, str] = {}
    threads: int = 0
    calls: int | None = None
    check: Literal["always", "if_known"] = "if_known"
    ratio: bool = False
    allow_pickle: bool = False
    ignore_memory: bool = False


class Update(Request, frozen=True, kw_only=True, tag="update"):
    """To work: new fields for the run ``id``, from its next call on. ``revision`` counts up from 1."""

    fields: dict[str, Any]
    revision: int


class Stop(Request, frozen=True, kw_only=True, tag="stop"):
    """End request ``id`` at the next seam. The client makes sure within a second."""


AnyRequest = Describe | ListConsents | Allow | Revoke | Download | Storage | FreeUp | Run | Update | Stop


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


class Described(Event, frozen=True, kw_only=True, tag="described"):
    """A model, and for each mode and precision whether it fits."""

    model: ModelCard
    cells: tuple[Cell, ...]
    tokenizer_folder: str = ""


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


class Stored(Event, frozen=True, kw_only=True, tag="stored"):
    """The data folder, and what each kind of thing in it takes."""

    folder: str
    parts: tuple[StoredPart, ...]


class Consents(Event, frozen=True, kw_only=True, tag="consents"):
    """Whose pickled weights the person allowed, the newest first."""

    consents: tuple[Consent, ...]


STAGES = ("starting", "checking", "load", "prepare", "first", "running", "compare")
"""Stages of a run in their order; ``starting`` is the client's."""


class Stage(Event, frozen=True, kw_only=True, tag="stage"):
    """A stage began (``seconds`` None) or ended. ``last_s``: how long it took last time on this computer."""

    stage: str
    seconds: float | None = None
    cached: bool = False
    last_s: float | None = None


class Notice(Event, frozen=True, kw_only=True, tag="notice"):
    """Something about this request that the person should know; of a run also in the report."""

    text: str
    details: str = ""


class Answer(Event, frozen=True, kw_only=True, tag="answer"):
    """The result for the fields of ``revision`` (0 = those of ``Run``). Sent once for each revision."""

    result: Result
    revision: int = 0


class Samples(Event, frozen=True, kw_only=True, tag="samples"):
    """Latencies of the model's calls since the last event of this kind, and memory now; every 100 ms."""

    latency_ms: tuple[float, ...]
    memory_bytes: int


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
    | Stored
    | Consents
    | Stage
    | Notice
    | Answer
    | Samples
    | Finished
    | Failed
)
