"""What a comparison tells. The names are those of its JSON document and stay."""

from typing import Any, Literal

import msgspec

from engine.wire.values import Agreement, Value

ISA_CAPS = {"avx2": "AVX2", "avx512": "AVX-512", "vnni": "VNNI", "bf16": "AVX-512 BF16", "amx": "AMX"}
"""The rungs of a cap, from the least, with their titles. ``avx2`` has no AVX-512 instruction; ``avx512`` those of
Skylake; ``vnni``, ``bf16`` and ``amx`` each one more extension. "" stands for no cap."""


class CellResult(Value, frozen=True, kw_only=True):
    """One mode at one precision with its threads, instruction-set cap and batch size, and how it did.

    ``reason`` says why a cell has no figures, or what else is to be known of one that has. ``prepare_s`` is loading
    and preparing; ``prepare_cached``: most of it had been done before and was kept. ``p99_ms`` is None where there
    were too few calls to tell. ``spread_ms``: between the quartiles. ``outliers``: calls beyond the upper quartile by
    more than three such spreads (Tukey's far out); they are counted in all figures. ``throughput`` counts inputs a
    second. ``speedup`` is eager fp32's median over this cell's, with its interval of 95 % in ``speedup_ci``; None
    where the answer is another one, or was not checked. ``break_even_calls``: after so many calls preparing has paid,
    None where it never does, or was done before. ``isa_executed``: ids of ``Feature``; ``cap_held``: whether what ran
    kept to ``isa_cap``, None where nothing tells. ``samples_ms``: the raw times of the model's calls, in order, the
    newest 20,000.
    """

    mode: str
    precision: str
    threads: int
    isa_cap: str = ""
    batch: int
    status: Literal["waiting", "ok", "unavailable", "not applicable", "failed", "stopped", "skipped"] = "waiting"
    stage: str = ""
    """What a cell without figures does now: "preparing", "ready"; "let go" of one that fell behind in a search."""
    reason: str = ""
    prepare_s: float | None = None
    prepare_cached: bool = False
    first_ms: float | None = None
    p50_ms: float | None = None
    p90_ms: float | None = None
    p99_ms: float | None = None
    spread_ms: float | None = None
    outliers: int = 0
    n: int = 0
    throughput: float | None = None
    end_to_end_p50_ms: float | None = None
    peak_rss_mb: float | None = None
    speedup: float | None = None
    speedup_ci: tuple[float, float] | None = None
    verdict: Literal["", "baseline", "faster", "slower", "no difference", "different answer", "not checked"] = ""
    break_even_calls: int | None = None
    agreement: Agreement | None = None
    precision_executed: str = ""
    isa_executed: tuple[str, ...] = ()
    cap_held: bool | None = None
    fused: dict[str, int] = msgspec.field(default_factory=dict)
    doubts: tuple[str, ...] = ()
    samples_ms: tuple[float, ...] = ()


class Comparison(Value, frozen=True, kw_only=True):
    """``inputs``: ``count``, and ``tokens`` of the call that is timed (of the first batch size).

    ``asked``: the fields of the ``Compare`` that it answers. ``machine``: "quiet", "drifting" or "loaded", with the
    sentences in ``doubts``. ``winner``: the number of the cell to use, or None. ``stopped``: the person ended it.
    ``sentence``: what to do, in one sentence, where there is a winner; ``took_s``: from its start to its end;
    ``started_s``: seconds since 1970.
    """

    environment: dict[str, Any]
    model: dict[str, Any]
    task: str
    inputs: dict[str, Any]
    cells: tuple[CellResult, ...]
    asked: dict[str, Any] = msgspec.field(default_factory=dict)
    machine: Literal["quiet", "drifting", "loaded"] = "quiet"
    doubts: tuple[str, ...] = ()
    winner: int | None = None
    sentence: str = ""
    stopped: bool = False
    took_s: float = 0.0
    started_s: float = 0.0
