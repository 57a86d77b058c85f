"""From a mode's name to a model made ready: kept from before, or prepared now."""

import contextlib
from collections.abc import Generator, Mapping
from typing import TypeVar

import msgspec

from engine.all_modes import MODES
from engine.measure import memory
from engine.mode import Job, Mode, Prepared
from engine.models import calibration
from engine.models.calibration import Texts
from engine.models.load import PICK_ONNX
from engine.run.session import PreparedKey, Session, followed
from engine.store import times
from engine.store.artefacts import Shelf
from engine.wire.errors import BadInput, DataFolder, DiskFull, ModeUnavailable, NotForThisModel
from engine.wire.messages import Event, Stage

Value = TypeVar("Value")


def prepared_model(
    session: Session, mode_id: str, precision: str, options: Mapping[str, str]
) -> Generator[Event, None, Prepared]:
    """The kept preparation, or a new one; adapted to the session's inputs."""
    bench, facts = session.bench, session.facts
    mode = MODES[mode_id]
    options = chosen_options(mode, options)
    auto_class = session.task.auto_class
    told_by = (*options.items(), *_calibrated(session, mode, precision))
    key = PreparedKey(str(facts.folder), facts.content_key, auto_class, mode_id, precision, told_by)
    stages = _Stages(session, "/".join((facts.content_key, auto_class, mode_id, precision)))
    prepared = bench.kept.find(key)
    if prepared is None:
        before = memory.now_bytes()
        prepared = yield from stages.follow(_new(session, mode, precision, options))
        bench.kept.keep(key, prepared, max(0, memory.now_bytes() - before))
    else:
        for stage in ("load", "prepare"):
            yield Stage(stage=stage, seconds=0.0, cached=True)
        session.from_cache.append(True)
    for batch in session.encoded.batches:
        session.go_on()
        yield from stages.follow(prepared.adapt(batch))
    session.go_on()
    return prepared


def _new(session: Session, mode: Mode, precision: str, options: Mapping[str, str]) -> Generator[Event, None, Prepared]:
    return (yield from mode.prepare(job_of(session, mode, precision, options)))


def job_of(session: Session, mode: Mode, precision: str, options: Mapping[str, str]) -> Job:
    """What the mode needs. Raises ModeUnavailable, NotForThisModel, and BadInput for the texts of a calibration."""
    facts = session.facts
    card = next((card for card in mode.card.precisions if card.id == precision), None)
    if card is None or not card.available:
        why = card.reason if card else "it has no such precision."
        raise ModeUnavailable(f"{mode.card.title} cannot run in {precision}: {why}", "Pick another precision.")
    fit = mode.fits(facts, precision)
    if fit.verdict == "no":
        raise NotForThisModel(fit.reason, PICK_ONNX if facts.weights == "ONNX" else "")
    shelf = Shelf(f"{facts.content_key} {session.task.auto_class}", session.bench.cpu_signature)
    return Job(
        facts=facts,
        auto_class=session.task.auto_class,
        precision=precision,
        options=options,
        threads=session.bench.threads,
        sample=session.encoded.batches[0],
        artefacts=shelf,
        calibration=_calibration(session),
    )


def _calibrated(session: Session, mode: Mode, precision: str) -> tuple[tuple[str, str], ...]:
    """What a calibrated precision hangs on beside its options."""
    if not any(card.id == precision and card.calibrated for card in mode.card.precisions):
        return ()
    texts = _calibration(session)
    return (("calibration", texts.digest), ("tokenizer", texts.tokenizer))


def _calibration(session: Session) -> Texts:
    file = session.run.calibration
    texts = calibration.own(file) if file else calibration.bundled("calibrate")
    return Texts(session.facts, session.run.tokenizer, texts)


def chosen_options(mode: Mode, given: Mapping[str, str]) -> dict[str, str]:
    """Only what departs from the mode's defaults, so that one preparation has one name. Raises BadInput."""
    chosen = {}
    offered = {option.id: option.choices for option in mode.card.options}
    for name, value in given.items():
        if value not in offered.get(name, ()):
            raise BadInput(f"{mode.card.title} has no option {name}={value}.", "Pick another option.")
        if value != offered[name][0]:
            chosen[name] = value
    return chosen


class _Stages:
    """Follows a mode's events: adds what the stage took last time, remembers what it takes now."""

    def __init__(self, session: Session, key: str) -> None:
        self._session = session
        self._key = key

    def follow(self, events: Generator[Event, None, Value]) -> Generator[Event, None, Value]:
        return followed(self._session.heard(events), self._told)

    def _told(self, event: Event) -> Event:
        if not isinstance(event, Stage):
            return event
        noted = self._noted(event)
        self._session.go_on()
        return noted

    def _noted(self, event: Stage) -> Stage:
        if event.seconds is None:
            return msgspec.structs.replace(event, last_s=times.last_stage(self._key, event.stage))
        sums = self._session.stage_s
        sums[event.stage] = sums.get(event.stage, 0.0) + event.seconds
        if event.stage == "prepare":
            self._session.from_cache.append(event.cached)
        if not event.cached:
            with contextlib.suppress(DiskFull, DataFolder):  # only what a later run would be told
                times.remember_stage(self._key, event.stage, event.seconds)
        return event
