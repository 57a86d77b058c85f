"""What this machine's silicon gives: GFLOP/s of matrix products at each precision, and memory bandwidth.

Large square products by every way that PyTorch has on a CPU (MKL or OpenBLAS, oneDNN with packed weights,
``torch._int_mm``); the bandwidth by STREAM's triad (McCalpin: three arrays, each four times the caches). Best of many
short tries: a peak, not a mean. One that lower precision cannot beat is not told: then PyTorch only emulates it here.
"""

import contextlib
import hashlib
import logging
import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec

from engine import folders
from engine.cpu import read as cpu
from engine.measure.environment import Others
from engine.store import versions, whole
from engine.wire.errors import FastpathError
from engine.wire.values import MachinePeaks

log = logging.getLogger(__name__)

SIZES = (256, 512, 1024, 1536)
"""The largest that a call's share of the time allows; larger ones gain nothing."""

SECONDS_EACH = 0.4
"""Six are measured, and what each sets up takes time too: at most 5 s in all."""

_CALLS_AT_LEAST = 4
_LEAST_TRIAD_BYTES = 192 * 1024 * 1024
_MOST_TRIAD_BYTES = 1024 * 1024 * 1024
_QUIET = 0.2
"""With others busy for more than this share of a processor, it is measured once more the next time..."""

_MOST_TRIES = 3
"""...but so often at most: some machines are never quiet."""


class Peaks(msgspec.Struct, frozen=True, kw_only=True):
    """``gflops`` by precision ("fp32", "bf16", "int8"; those that this machine has), one multiply-add counted as two.
    GB are 10^9 bytes. ``quiet``: nothing else ran meanwhile; ``tries``: how often it was measured.
    """

    threads: int
    gflops: dict[str, float]
    bandwidth_gb_s: float
    quiet: bool = True
    tries: int = 1

    def told(self) -> MachinePeaks:
        return MachinePeaks(
            threads=self.threads, gflops=self.gflops, bandwidth_gb_s=self.bandwidth_gb_s, quiet=self.quiet
        )


def _go_on() -> None:
    """Nobody stops it."""


def known_or_measured(
    threads: int, cpu_signature: str, *, anew: bool = False, go_on: Callable[[], None] = _go_on
) -> Peaks:
    """Measured at first (at most 5 s), then read: for each machine, cap of its instructions, and count of threads.

    One process measures at a time; measured on a busy machine, or ``anew``, the higher of that and the former time
    counts. ``go_on`` is called between calls and may raise; then nothing is kept.
    """
    named = _named(cpu_signature)
    place = _place(threads, named)
    if place is None:
        return measure(threads, go_on)
    with _alone(place):
        kept = _read(place, named)
        if kept is not None and not anew and (kept.quiet or kept.tries >= _MOST_TRIES):
            return kept
        found = _higher(kept, measure(threads, go_on)) if kept is not None else measure(threads, go_on)
        try:
            whole.write(place, msgspec.json.encode((named, found)))
        except (FastpathError, OSError) as error:
            log.warning("The peaks could not be kept: %s", error)
        return found


def known(cpu_signature: str) -> tuple[Peaks, ...]:
    """What was kept of this machine, one for each count of threads, the fewest first. Measures nothing."""
    named = _named(cpu_signature)
    place = _place(0, named)
    if place is None:
        return ()
    found = (_read(one, named) for one in place.parent.glob(place.name.replace("-0.json", "-*.json")))
    return tuple(sorted((one for one in found if one is not None), key=lambda one: one.threads))


def measure(threads: int, go_on: Callable[[], None] = _go_on) -> Peaks:
    """With ``threads`` threads of PyTorch's, which has as many as before afterwards."""
    import torch

    others, before = Others(), torch.get_num_threads()
    torch.set_num_threads(threads)
    try:
        with torch.inference_mode():
            found = {name: max(_gflops(way, go_on) for way in ways) for name, ways in _PRODUCTS.items()}
            bandwidth = _bandwidth_gb_s(go_on)
    finally:
        torch.set_num_threads(before)
    gflops = {name: value for name, value in found.items() if value > 0 and value >= found["fp32"]}
    return Peaks(threads=threads, gflops=gflops, bandwidth_gb_s=bandwidth, quiet=others.busy() < _QUIET)


def _gflops(way: Callable[[int], Callable[[], Any]], go_on: Callable[[], None] = _go_on) -> float:
    """0 where PyTorch has no such product on this machine."""
    try:
        for i, size in enumerate(SIZES):
            go_on()
            call = way(size)
            call_s = _timed_s(call)
            if call_s > SECONDS_EACH:
                return float(2 * size**3 / call_s / 1e9)
            call_s = _timed_s(call)  # the first made the kernel
            if call_s < SECONDS_EACH / 10:
                call_s = min(call_s, _timed_s(call), _timed_s(call))  # one may have been disturbed
            larger = SIZES[i + 1] if i + 1 < len(SIZES) else 0
            if not larger or call_s * (larger / size) ** 3 > SECONDS_EACH / _CALLS_AT_LEAST:
                return float(2 * size**3 / min(call_s, _best_s(call, go_on)) / 1e9)
    except (RuntimeError, AttributeError, NotImplementedError, TypeError) as error:
        log.info("Not measured: %s", error)
    return 0.0


def _best_s(call: Callable[[], Any], go_on: Callable[[], None]) -> float:
    best = float("inf")
    end = time.perf_counter() + SECONDS_EACH
    while time.perf_counter() < end:
        go_on()
        best = min(best, _timed_s(call))
    return best


def _timed_s(call: Callable[[], Any]) -> float:
    began = time.perf_counter()
    call()
    return time.perf_counter() - began


def _plain(dtype_name: str) -> Callable[[int], Callable[[], Any]]:
    def make(size: int) -> Callable[[], Any]:
        import torch

        x, weight = (torch.randn(size, size).to(getattr(torch, dtype_name)) for _ in range(2))
        out = torch.empty_like(x)
        return lambda: torch.mm(x, weight, out=out)

    return make


def _packed(dtype_name: str) -> Callable[[int], Callable[[], Any]]:
    def make(size: int) -> Callable[[], Any]:
        import torch

        x, weight = (torch.randn(size, size).to(getattr(torch, dtype_name)) for _ in range(2))
        packed = torch.ops.mkldnn._reorder_linear_weight(weight, size)
        product = torch.ops.mkldnn._linear_pointwise
        return lambda: product(x, packed, None, "none", [], "")

    return make


def _int8(size: int) -> Callable[[], Any]:
    import torch

    x, weight = (torch.randint(-127, 127, (size, size), dtype=torch.int8) for _ in range(2))
    return lambda: torch._int_mm(x, weight)


_PRODUCTS: dict[str, tuple[Callable[[int], Callable[[], Any]], ...]] = {
    "fp32": (_packed("float32"), _plain("float32")),
    "bf16": (_packed("bfloat16"), _plain("bfloat16")),
    "int8": (_int8,),
}


def _bandwidth_gb_s(go_on: Callable[[], None]) -> float:
    """A large cache would else be measured in the memory's place."""
    import torch

    caches_bytes = max(cpu.facts().caches.values(), default=0)
    total_bytes = min(max(_LEAST_TRIAD_BYTES, 12 * caches_bytes), _MOST_TRIAD_BYTES, cpu.memory_free_bytes() // 4)
    count = total_bytes // 3 // 4
    one, two, three = (torch.ones(count) for _ in range(3))

    def call() -> Any:
        return torch.add(one, two, alpha=3.0, out=three)

    call()
    return float(12 * count / _best_s(call, go_on) / 1e9)


def _named(cpu_signature: str) -> str:
    """What peaks are told apart by, beside the count of threads."""
    cap = os.environ.get("ONEDNN_MAX_CPU_ISA", "")
    return f"{cpu_signature} {versions.installed().get('torch', '')} {cap}"


def _place(threads: int, named: str) -> Path | None:
    """None where the data folder cannot be had: then nothing is kept."""
    digest = hashlib.sha256(named.encode()).hexdigest()[:12]
    try:
        return folders.part("times") / f"peaks-{digest}-{threads}.json"
    except FastpathError as error:
        log.warning("The peaks cannot be kept: %s", error)
        return None


def _read(place: Path, named: str) -> Peaks | None:
    try:
        kept = msgspec.json.decode(place.read_bytes(), type=tuple[str, Peaks])
    except FileNotFoundError:
        return None
    except (OSError, msgspec.DecodeError, UnicodeDecodeError) as error:
        log.warning("The peaks are measured anew: %s", error)
        return None
    return kept[1] if kept[0] == named else None


def _higher(one: Peaks, other: Peaks) -> Peaks:
    names = sorted({*one.gflops, *other.gflops})
    return msgspec.structs.replace(
        other,
        gflops={name: max(one.gflops.get(name, 0.0), other.gflops.get(name, 0.0)) for name in names},
        bandwidth_gb_s=max(one.bandwidth_gb_s, other.bandwidth_gb_s),
        tries=one.tries + other.tries,
    )


@contextlib.contextmanager
def _alone(place: Path) -> Iterator[None]:
    """Two at once would each find half. One that waits in vain, or cannot lock, measures all the same."""
    import filelock

    lock = filelock.FileLock(place.with_suffix(".lock"), timeout=10)
    try:
        lock.acquire()
    except (OSError, filelock.Timeout, NotImplementedError) as error:
        log.info("Measured without the lock: %s", error)
    try:
        yield
    finally:
        lock.release()
