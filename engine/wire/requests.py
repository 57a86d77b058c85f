"""Every request: what a window, a command line or a comparison asks of an engine process."""

from typing import Any, Literal

import msgspec

from engine.wire.comparison import Comparison
from engine.wire.history import Kind, Sort
from engine.wire.hub import Sort as HubSort
from engine.wire.hub import Weights
from engine.wire.values import Failure, Result, RunReport


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

    ``ref`` is a Hub id or a pasted address. ``part`` "tokenizer" leaves the weights out. Some run at a time, the others
    wait; one of the same model is joined. Answered by ``Downloading`` as it goes, then ``Downloaded``. What a stopped
    (paused) or failed one received stays, and the next goes on from there, also after a restart: ``ListDownloads``.
    """

    ref: str
    revision: str = ""
    part: Literal["model", "tokenizer"] = "model"


class SearchHub(Request, frozen=True, kw_only=True, tag="search_hub"):
    """To the desk: models of the Hub. Answered by ``HubFound``; a newer search ends this one as stopped.

    ``words``: free text, or an address or id of one model. ``task``: a pipeline tag. ``mode``: only such as that mode
    takes. ``fits``: only such as the free memory holds; ``most_bytes``: whose weights take at most so much, 0 for any.
    What the Hub does not tell of a model speaks not against it. ``cursor``: of ``HubFound``, for what follows. Without
    words and filters the program's own list of good first models is the answer, and no request is sent.
    """

    words: str = ""
    author: str = ""
    task: str = ""
    licence: str = ""
    weights: Weights = ""
    mode: str = ""
    fits: bool = False
    most_bytes: int = 0
    sort: HubSort = "downloads"
    cursor: str = ""


class LookAtHub(Request, frozen=True, kw_only=True, tag="look_at_hub"):
    """To the desk: one model of the Hub more closely, from the list of its files, its configuration and the header of
    its weights. Answered by ``HubLooked``.
    """

    ref: str


class ReadCard(Request, frozen=True, kw_only=True, tag="read_card"):
    """To the desk: a model's card, from this computer where it is there, else from the Hub. Answered by
    ``CardRead``.
    """

    ref: str


class ListModels(Request, frozen=True, kw_only=True, tag="list_models"):
    """To the desk: what is on this computer: the starter, the shared cache, and the person's own ``folders``.

    Answered by ``ModelsListed``.
    """

    folders: tuple[str, ...] = ()


class DeleteModel(Request, frozen=True, kw_only=True, tag="delete_model"):
    """To the desk: remove a model (``part`` "model": its files in the shared cache and what modes prepared of it), or
    only what was prepared of it. A person's own folder is never touched. ``folder`` and ``content_key`` as in
    ``LocalModel``. Answered by ``ModelsListed`` for ``folders``.

    The client ends an idle ``work`` before, which holds files open; while one computes the request fails.
    """

    ref: str
    folder: str
    content_key: str = ""
    part: Literal["model", "prepared"] = "model"
    folders: tuple[str, ...] = ()


class ListDownloads(Request, frozen=True, kw_only=True, tag="list_downloads"):
    """To the desk: downloads that are not over, also those of an earlier start. Answered by ``DownloadsListed``."""


class DropDownload(Request, frozen=True, kw_only=True, tag="drop_download"):
    """To the desk: a paused or failed download is given up, and what it received goes. Answered by
    ``DownloadsListed``.
    """

    ref: str
    revision: str = ""
    part: Literal["model", "tokenizer"] = "model"


class LookAtToken(Request, frozen=True, kw_only=True, tag="look_at_token"):
    """To the desk: whether there is an access token of the Hub, and where. Answered by ``TokenTold``."""


class SetToken(Request, frozen=True, kw_only=True, tag="set_token"):
    """To the desk: keep an access token in the system's keyring, or where there is none for this session; empty removes
    it. With network it is tried first. Answered by ``TokenTold``; it is never told back.

    ``again``: the client gives a fresh desk what an earlier one kept for this session; it is not tried again.
    """

    token: str
    again: bool = False

    def __repr__(self) -> str:
        return f"SetToken(id={self.id!r}, token=...)"


class CheckForUpdate(Request, frozen=True, kw_only=True, tag="check_for_update"):
    """To the desk: whether there is a newer version of the program. Answered by ``UpdateTold``."""


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


class MeasurePeaks(Request, frozen=True, kw_only=True, tag="measure_peaks"):
    """To work: what this machine reaches at most, in some seconds, or as it was kept. ``anew``: measured in any case;
    of both the higher counts. Answered by ``PeaksTold``.
    """

    threads: int = 0
    runtime: str = "main"
    anew: bool = False


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


class Hold(Request, frozen=True, kw_only=True, tag="hold"):
    """To work: prepare one cell of a comparison and keep it ready for its turns.

    ``inputs``: the fields of each input. ``batch`` of them go into one call; the first call's are the ones that are
    timed. The answers to all, and to those of ``also`` where the model takes them, are held against those of eager
    fp32 where these are kept; the cell that is eager fp32 itself keeps its own. Nothing falls back. Answered by
    ``Stage`` as it goes, then ``Held``; then each ``Round`` by ``Samples`` and ``Rested``, and ``Release`` by
    ``Finished`` with a report. The other fields are as in ``Run``.
    """

    folder: str
    task: str
    mode: str
    inputs: tuple[dict[str, Any], ...]
    also: tuple[dict[str, Any], ...] = ()
    precision: str = "fp32"
    batch: int = 1
    runtime: str = "main"
    tokenizer: str = ""
    options: dict[str, str] = {}
    threads: int = 0
    calibration: str = ""
    allow_pickle: bool = False
    ignore_memory: bool = False


class Round(Request, frozen=True, kw_only=True, tag="round"):
    """To work: time so many calls of the held cell ``id``, after one that is not timed; fewer where these take longer
    than ``limit_s``, but one.
    """

    calls: int
    limit_s: float = 3600.0


class Release(Request, frozen=True, kw_only=True, tag="release"):
    """To work: the held cell ``id`` has had its turns. ``explain`` asks for the evidence of what ran."""

    explain: bool = False


class Compare(Request, frozen=True, kw_only=True, tag="compare"):
    """To compare: every mode at every precision named, with every count of threads, instruction-set cap and size of
    batch, side by side.

    ``modes`` and ``precisions`` are ids; empty for all. ``threads`` 0 stands for the CPU's physical cores.
    ``isa_caps``: "" for none, or an id of ``engine.wire.comparison.ISA_CAPS``. Each cell gets at least ``calls`` timed
    calls and ``seconds`` of them, as far as ``budget_s`` (0: without limit) allows. ``cell_limit_s``: a cell whose
    preparation takes longer is given up. ``search``: only the fastest is wanted, so cells that fall behind are let go
    early and its choice is remembered; answers to few inputs are then held against plain PyTorch's on the bundled
    sample too. ``floor``: the least agreement with plain PyTorch that the winner may have.
    Without ``inputs`` a bundled sample is taken. ``model_name``, ``ref`` and ``commit`` are as in ``ModelCard``, to be
    told with what was found. Answered by ``CellTold`` whenever a cell changes, then ``Compared``; a stopped one too.
    The other fields are as in ``Hold``.
    """

    folder: str
    task: str
    inputs: tuple[dict[str, Any], ...] = ()
    model_name: str = ""
    ref: str = ""
    commit: str = ""
    modes: tuple[str, ...] = ()
    precisions: tuple[str, ...] = ()
    threads: tuple[int, ...] = (0,)
    isa_caps: tuple[str, ...] = ("",)
    batches: tuple[int, ...] = (1,)
    calls: int = 100
    seconds: float = 2.0
    budget_s: float = 0.0
    cell_limit_s: float = 300.0
    search: bool = False
    floor: Literal["identical", "same answers", "close"] = "close"
    tokenizer: str = ""
    calibration: str = ""
    allow_pickle: bool = False
    ignore_memory: bool = False


class SaveReport(Request, frozen=True, kw_only=True, tag="save_report"):
    """To the desk: write a comparison to ``target`` (an absolute path), whole or not at all. Answered by
    ``Reported``.
    """

    comparison: Comparison
    form: Literal["html", "csv", "json"]
    target: str


class WriteScript(Request, frozen=True, kw_only=True, tag="write_script"):
    """To the desk: cell ``number`` of a comparison as a short Python program without Fastpath. Answered by
    ``Script``.
    """

    comparison: Comparison
    number: int


class Record(Request, frozen=True, kw_only=True, tag="record"):
    """To the desk, by the client itself: keep in the history what a run or comparison is, and at its end what it was.

    ``key``: the same at both, unique among all programs. ``ref`` and ``model``: what the person named, and its name.
    ``owner_pid`` and ``owner_started_s`` name the program that makes it. ``began_s`` and ``ended_s`` (0 while it goes
    on): seconds since 1970. ``samples_ms``: the newest raw times of a run; those of a comparison are in it.
    """

    key: str
    request: Run | Compare
    ref: str = ""
    model: str = ""
    owner_pid: int
    owner_started_s: float
    began_s: float
    ended_s: float = 0.0
    result: Result | None = None
    report: RunReport | None = None
    failure: Failure | None = None
    samples_ms: tuple[float, ...] = ()
    comparison: Comparison | None = None


class ListHistory(Request, frozen=True, kw_only=True, tag="list_history"):
    """To the desk: what was run and compared. ``search``: words that must all be there. Answered by
    ``HistoryListed``.
    """

    search: str = ""
    kind: Kind | Literal[""] = ""
    sort: Sort = "when"
    descending: bool = True
    limit: int = 200
    offset: int = 0


class OpenHistory(Request, frozen=True, kw_only=True, tag="open_history"):
    """To the desk: all that is kept of one entry. Answered by ``HistoryOpened``."""

    number: int


class CompareHistory(Request, frozen=True, kw_only=True, tag="compare_history"):
    """To the desk: two entries side by side. Answered by ``HistoryCompared``."""

    first: int
    second: int


class DeleteHistory(Request, frozen=True, kw_only=True, tag="delete_history"):
    """To the desk: remove entries for good; one that goes on stays. Answered by ``HistoryDeleted``."""

    numbers: tuple[int, ...]


ModelsWork = (
    SearchHub
    | LookAtHub
    | ReadCard
    | ListModels
    | DeleteModel
    | ListDownloads
    | DropDownload
    | LookAtToken
    | SetToken
    | CheckForUpdate
)
"""What the desk does for the Models page."""

HistoryWork = Record | ListHistory | OpenHistory | CompareHistory | DeleteHistory
"""What the desk does with the history."""

Work = Run | Export | ShowCompiler | MeasurePeaks | Hold
"""What a work process does, one at a time."""

AnyRequest = (
    Describe
    | ListConsents
    | Allow
    | Revoke
    | Download
    | ModelsWork
    | Storage
    | FreeUp
    | ListRuntimes
    | InstallRuntime
    | RemoveRuntime
    | Work
    | Round
    | Release
    | Compare
    | SaveReport
    | WriteScript
    | HistoryWork
    | Update
    | Stop
)
