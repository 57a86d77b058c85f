"""Every request and event that crosses between a window (or command line) and an engine process.

Requests go down, events come up. Each request carries an ``id`` and every event that belongs to it repeats it;
exactly one ``Finished`` or ``Failed`` ends a request. All are frozen msgspec structs, one JSON line each.
Units end a name: ``_ms``, ``_s``, ``_bytes``.
"""

from typing import Any, Literal

import msgspec

from engine.wire.values import (
    Cell,
    Consent,
    Cpu,
    Failure,
    ModeCard,
    ModelCard,
    Result,
    RunReport,
    RuntimeCard,
    StoredPart,
    TaskCard,
)

PROTOCOL = 1
"""Raised whenever a message changes in a way that an older peer can't read."""

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


class ListRuntimes(Request, frozen=True, kw_only=True, tag="list_runtimes"):
    """To the desk: the environments of their own that modes need. Answered by ``Runtimes``."""


class InstallRuntime(Request, frozen=True, kw_only=True, tag="install_runtime"):
    """To the desk: create the runtime, or bring a damaged one in order. Answered by ``Installing`` as it goes, then
    ``Runtimes``, and a new ``Catalogue``. A stopped or failed one leaves nothing that could be taken for a whole one.
    """

    runtime: str


class RemoveRuntime(Request, frozen=True, kw_only=True, tag="remove_runtime"):
    """To the desk: delete the runtime. Answered by ``Runtimes``, and a new ``Catalogue``."""

    runtime: str


class Export(Request, frozen=True, kw_only=True, tag="export"):
    """To work: save what a mode prepared as a program or model that others can run. ``target``: an absolute path.

    The other fields are as in ``Run``. Answered by ``Stage`` as it goes, then ``Exported``.
    """

    folder: str
    task: str
    mode: str
    fields: dict[str, Any]
    target: str
    precision: str = "fp32"
    runtime: str = "main"
    tokenizer: str = ""
    options: dict[str, str] = {}
    threads: int = 0
    allow_pickle: bool = False


class ShowCompiler(Request, frozen=True, kw_only=True, tag="show_compiler"):
    """To work: PyTorch's own example (the sine of a cosine), plain and compiled. Answered by ``CompilerShown``."""

    threads: int = 0
    runtime: str = "main"


class Run(Request, frozen=True, kw_only=True, tag="run"):
    """To work: prepare and measure one model, task, mode and precision on one input.

    ``folder`` is absolute (from ``Described``); ``tokenizer`` a folder, or empty for the model's own.
    ``calls``: how many calls are timed; None lets the engine choose, 0 goes on until stopped.
    ``threads`` 0 takes the CPU's physical cores. ``check``: ``always`` computes eager's answer where it is not
    known; ``if_known`` only compares where the reference lies ready. ``ratio`` loads eager in any case and alternates
    five calls of each. ``explain`` asks for the evidence of what ran. ``calibration``: a text file, one text a line, of
    the person's own for a precision that is calibrated; empty for the bundled sample. ``allow_pickle``: the person
    consents to opening this model's pickled weights; ``ignore_memory``: to running where the model seems to need more
    memory than is free.
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
    explain: bool = False
    calibration: str = ""
    allow_pickle: bool = False
    ignore_memory: bool = False


class Update(Request, frozen=True, kw_only=True, tag="update"):
    """To work: new fields for the run ``id``, from its next call on. ``revision`` counts up from 1."""

    fields: dict[str, Any]
    revision: int


class Stop(Request, frozen=True, kw_only=True, tag="stop"):
    """End request ``id`` at the next seam. The client makes sure within a second."""


Work = Run | Export | ShowCompiler
"""What a work process does, one at a time."""

AnyRequest = (
    Describe
    | ListConsents
    | Allow
    | Revoke
    | Download
    | Storage
    | FreeUp
    | ListRuntimes
    | InstallRuntime
    | RemoveRuntime
    | Work
    | Update
    | Stop
)


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
    | Runtimes
    | Installing
    | Exported
    | CompilerShown
    | Stage
    | Notice
    | Answer
    | Samples
    | Finished
    | Failed
)
