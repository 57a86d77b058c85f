"""The same answer as plain PyTorch? And how much faster, where asked."""

import time
from collections.abc import Generator
from typing import NamedTuple, TypeVar

from engine import task as shared
from engine.all_modes import MODES
from engine.measure.percentiles import median
from engine.models.arrays import arrays
from engine.run import elsewhere, real_text
from engine.run.elsewhere import REFERENCE as REFERENCE
from engine.run.ready import chosen_options
from engine.run.session import Calls, Session, followed
from engine.store import outputs as references
from engine.wire.errors import DataFolder, DiskFull, ModeUnavailable, NotForThisModel
from engine.wire.messages import Event, Stage
from engine.wire.values import Agreement, Ratio

RATIO_CALLS = 5

Value = TypeVar("Value")


class Compared(NamedTuple):
    """``sample``: at a lower precision, on real texts."""

    agreement: Agreement | None = None
    sample: Agreement | None = None
    ratio: Ratio | None = None


def compare(session: Session, calls: Calls) -> Generator[Event, None, Compared]:
    """The same answer as eager fp32 on the same input, and on real texts? And how much faster, where asked."""
    run, prepared, encoded = session.run, session.prepared, session.encoded
    assert calls.result is not None
    key = references.key(session.facts.content_key, run.task, encoded.batches)
    if _is_reference(session):
        yield from _kept(session, key, _raw(calls))
        return _reference(session)
    known = references.find(key)
    lower = prepared.precision != REFERENCE[1]
    sample = real_text.known(session) if lower else None
    ratio = None
    if run.ratio or (run.check == "always" and (known is None or (lower and sample is None))):
        yield Stage(stage="compare")
        began = time.perf_counter()
        try:
            with elsewhere.used((yield from _quietly(elsewhere.reference(session)))) as eager:
                other = Calls(session, eager)
                other.first()
                known = _raw(other)
                yield from _kept(session, key, known)
                ratio = _ratio(other, calls) if run.ratio else None
                if lower and sample is None:
                    sample = real_text.measured(session, eager)
        except (NotForThisModel, ModeUnavailable) as error:
            yield session.note("The answer could not be compared with plain PyTorch (eager).", error.what_happened)
        yield Stage(stage="compare", seconds=time.perf_counter() - began)
    if known is None:
        return Compared(sample=sample)
    expected = session.task.decode(session.reader, encoded, known)
    agreement = shared.agreement(
        prepared.precision,
        known,
        calls.outputs,
        encoded.batches,
        session.task.same(expected, calls.result),
        encoded.owners,
    )
    if any(found and found.verdict == "different answers" for found in (agreement, sample)):
        ratio = None  # no speedup where the answer changed
    return Compared(agreement, sample, ratio)


def known_reference(session: Session) -> Compared | None:
    """Of plain PyTorch, where what it answers to this input is kept already: it needs not be asked again."""
    if not _is_reference(session):
        return None
    key = references.key(session.facts.content_key, session.run.task, session.encoded.batches)
    return _reference(session) if references.is_known(key) else None


def _reference(session: Session) -> Compared:
    n = session.encoded.inputs
    return Compared(Agreement(verdict="reference", share=1, max_abs_diff=0, cosine_worst=1, n=n))


def _kept(session: Session, key: str, outputs: references.Batches) -> Generator[Event, None, None]:
    try:
        if not references.keep(key, outputs):
            yield session.note("The reference answer is too large to be kept for later runs.")
    except (DiskFull, DataFolder) as error:  # the answer is there all the same
        yield session.note("The reference answer could not be kept for later runs.", error.what_happened)


def _raw(calls: Calls) -> references.Batches:
    return tuple(arrays(outputs) for outputs in calls.outputs)


def _is_reference(session: Session) -> bool:
    if (session.prepared.mode, session.prepared.precision) != REFERENCE or elsewhere.is_elsewhere():
        return False
    return session.run.mode != REFERENCE[0] or not chosen_options(MODES[REFERENCE[0]], session.run.options)


def _quietly(events: Generator[Event, None, Value]) -> Generator[Event, None, Value]:
    """The value without the stages: the person's run has had its own."""
    return followed(events, lambda event: None if isinstance(event, Stage) else event)


def _ratio(eager: Calls, mode: Calls) -> Ratio:
    """Medians of five calls each, in turn; one of each before, so that neither pays for cold caches."""
    samples: tuple[list[float], list[float]] = ([], [])
    for turn in range(RATIO_CALLS + 1):
        for kept, call in zip(samples, (eager, mode), strict=True):
            eager.session.go_on()
            model_ms = (call().model - elsewhere.way_ns(call.prepared)) / 1e6
            if turn:
                kept.append(model_ms)
    eager_ms, mode_ms = median(samples[0]), median(samples[1])
    return Ratio(value=eager_ms / mode_ms, eager_ms=eager_ms, mode_ms=mode_ms, n=RATIO_CALLS)
