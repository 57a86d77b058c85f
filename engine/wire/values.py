"""The values inside messages: what the engine offers, what is known of a model, results and reports.

All are frozen msgspec structs. Units end a name: ``_ms``, ``_s``, ``_bytes``.
"""

from typing import Any, Literal

import msgspec

INLINE_ARRAY_BYTES = 256 * 1024
"""Larger arrays cross as a file (``Result.array_file``)."""


class Value(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A plain value inside a message."""


# --- what the engine offers -------------------------------------------------------------------------------


class PrecisionCard(Value, frozen=True, kw_only=True):
    """One precision of one mode. ``reason`` is empty when it is available. ``calibrated``: it needs texts to be
    prepared on.
    """

    id: str
    title: str
    available: bool = True
    reason: str = ""
    calibrated: bool = False


class Supported(Value, frozen=True, kw_only=True):
    """One family of models in a mode's table of what it covers; ``how``: by which of its ways."""

    family: str
    how: str


class ModeCard(Value, frozen=True, kw_only=True):
    """One acceleration mode, as the window lists it. ``remedy`` is a command or sentence that makes it available.

    ``supported``: the families it covers, for a mode that covers only some; empty where ``fits`` alone tells.
    ``offers``: what can be asked of it beside a run, ``export`` (``Export``) or ``show_compiler`` (``ShowCompiler``).
    """

    id: str
    title: str
    plain: str
    runtime: str = "main"
    available: bool = True
    reason: str = ""
    remedy: str = ""
    precisions: tuple[PrecisionCard, ...] = ()
    options: tuple["Option", ...] = ()
    supported: tuple[Supported, ...] = ()
    offers: tuple[Literal["export", "show_compiler"], ...] = ()
    capped: tuple[str, ...] = ()
    """Precisions whose instructions can be capped (``engine.wire.comparison.ISA_CAPS``)."""
    no_cap: str = ""
    """Why those of the other precisions cannot."""
    compiles: bool = False
    """Preparing takes tens of seconds, each time anew."""


class RuntimeCard(Value, frozen=True, kw_only=True):
    """An environment of its own that a mode needs. ``reason``: why it cannot be had here, or what is damaged.

    ``download_bytes`` and ``disk_bytes``: what installing it takes, at most; ``used_bytes``: what it takes now.
    """

    id: str
    title: str
    plain: str
    state: Literal["not installed", "installed", "damaged", "cannot run here"]
    reason: str = ""
    download_bytes: int = 0
    disk_bytes: int = 0
    used_bytes: int = 0
    versions: dict[str, str] = {}


class Option(Value, frozen=True, kw_only=True):
    """A choice that a mode offers beyond its precision; the first of ``choices`` is the default.

    ``refused``: what a person may look for among them and cannot choose here, with the reason.
    """

    id: str
    title: str
    plain: str
    choices: tuple[str, ...]
    refused: dict[str, str] = {}


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
    none; ``cores_allowed`` and ``memory_total_mb`` are within them. ``processors_allowed``: logical ones, by this
    process's affinity; 0 where that is not known.
    """

    brand: str
    architecture: str
    sockets: int
    cores_physical: int
    cores_logical: int
    cores_allowed: int
    processors_allowed: int = 0
    caches: dict[str, int]
    memory_total_mb: int
    features: tuple[Feature, ...]
    core_kinds: CoreKinds | None = None
    limit_cpus: float = 0
    limit_memory_mb: int = 0

    @property
    def most_threads(self) -> int:
        """A thread for each logical processor that may be used."""
        most = self.processors_allowed or self.cores_logical
        return max(1, min(most, int(self.limit_cpus)) if self.limit_cpus else most)


class MachinePeaks(Value, frozen=True, kw_only=True):
    """The most that this machine was measured to reach with ``threads`` threads.

    ``gflops``: of matrix products by precision ("fp32", "bf16", "int8"; those that it has), one multiply-add counted
    as two. ``bandwidth_gb_s``: of the memory; GB are 10^9 bytes. ``quiet``: nothing else ran meanwhile.
    """

    threads: int
    gflops: dict[str, float]
    bandwidth_gb_s: float
    quiet: bool = True


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


class Pick(Value, frozen=True, kw_only=True):
    """What a search found fastest on this computer for one task of a model. ``speedup``: over eager fp32 at its best;
    1 where nothing was surely faster. ``answers``: the cell's agreement.
    """

    task: str
    mode: str
    precision: str
    threads: int
    speedup: float = 1.0
    answers: str = ""
    found_s: int = 0
    """Seconds since 1970."""


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
    """One line about a run, with details for those who want them.

    ``revision``: of the input that it is about, as in ``Answer``; None where it is about the run as a whole.
    """

    text: str
    details: str = ""
    revision: int | None = None


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


class Evidence(Value, frozen=True, kw_only=True):
    """What really ran, as the runtime tells it. An empty or missing part is named in ``not_provable``.

    ``ops_before``: operators of the model in plain PyTorch; ``ops_after``: of what was executed. ``fused``: how many of
    each fused kind ("linear + gelu"). ``precision_executed``: by kind of operator. ``isa_executed``: ids of
    ``Feature``. ``time_share``: of each kind of operator, 1 in all. ``gflops``: of the texts' own tokens, by the run's
    median; ``peak_gflops``: what this machine reaches at the precision of the matrix products, with as many threads.
    ``flops``: of a call, two for each multiply-add. ``bytes``: the least that a call has to bring from memory or take
    there: each weight of the products once for each batch, at the precision that it is kept in, one row of the
    embedding for each token, inputs and outputs. ``peak_bandwidth_gb_s``: what this machine's memory gives, with as
    many threads. ``details``: the runtime's own words; ``code_file``: the code that the mode generated, kept for
    viewing.
    """

    source: str
    ops_before: int | None = None
    ops_after: int | None = None
    fused: dict[str, int] = {}
    precision_executed: dict[str, str] = {}
    isa_executed: tuple[str, ...] = ()
    time_share: dict[str, float] = {}
    gflops: float | None = None
    peak_gflops: float | None = None
    flops: float | None = None
    bytes: float | None = None
    peak_bandwidth_gb_s: float | None = None
    not_provable: tuple[str, ...] = ()
    details: str = ""
    code_file: str = ""


class RunReport(Value, frozen=True, kw_only=True):
    """Everything a finished run tells except its samples, which came before in ``Samples``.

    ``sample_agreement``: at a lower precision, the agreement with eager fp32 on a sample of real texts.
    """

    mode_requested: str
    mode_executed: str
    precision_executed: str
    timing: Timing
    peak_rss_mb: float
    environment: dict[str, Any]
    notices: tuple[NoticeText, ...] = ()
    doubts: tuple[str, ...] = ()
    agreement: Agreement | None = None
    sample_agreement: Agreement | None = None
    ratio: Ratio | None = None
    evidence: Evidence | None = None
    stopped: bool = False
    kept: tuple[str, ...] = ()
    """What ``work`` keeps ready in memory, as ``mode precision folder``."""


class Failure(Value, frozen=True, kw_only=True):
    """A failure in the three parts a person reads, and the class it came from (``code``).

    ``about``: of ``NotDownloaded``, which of the named models it is, as it was named; of ``BadInput``, "calibration"
    where the texts for it are meant and not the input. ``hub``: of ``NotDownloaded``, the same as the Hub names it:
    ``repo``, or ``repo@revision`` where that is not the usual one.
    """

    code: str
    sort: Literal["user", "defect", "died"]
    what_happened: str
    what_to_do: str
    details: str = ""
    about: str = ""
    hub: str = ""
