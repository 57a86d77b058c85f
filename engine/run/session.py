"""What one run has in its hands, and what stays between runs."""

import contextlib
import dataclasses
import time
from collections.abc import Callable, Generator, Iterator, Mapping
from typing import Any, NamedTuple, Protocol, TypeVar

from engine import task as shared
from engine.measure import loop, memory
from engine.mode import Prepared
from engine.models.facts import ModelFacts
from engine.models.tensors import Outputs
from engine.store.kept import Kept
from engine.task import Encoded, Task
from engine.wire.errors import FastpathError, ModelBroken, NotEnoughMemory, Stopped
from engine.wire.messages import Event, Notice, Release, Round, Run
from engine.wire.values import NoticeText, Result

Value = TypeVar("Value")

KEPT_SHARE = 0.25
"""Prepared models may stay in memory up to this share of it."""


class Control(Protocol):
    """What the outside may ask of a run while it goes on; read between calls and stages."""

    @property
    def stopped(self) -> bool: ...

    @property
    def updated(self) -> bool: ...

    def take_update(self) -> tuple[int, dict[str, Any]] | None:
        """The newest (revision, fields), once."""

    def next_turn(self) -> Round | Release | None:
        """Sleeps until a held cell has a turn, or none any more; None where it was stopped."""


class PreparedKey(NamedTuple):
    """What a kept preparation is told by; ``options`` are those that depart from the mode's defaults."""

    folder: str
    content_key: str
    auto_class: str
    mode: str
    precision: str
    options: tuple[tuple[str, str], ...]


def followed(
    events: Generator[Event, None, Value], told: Callable[[Event], Event | None]
) -> Generator[Event, None, Value]:
    """The same generator with each event as ``told`` gives it; None leaves it out."""
    while True:
        try:
            event = next(events)
        except StopIteration as done:
            value: Value = done.value
            return value
        if (given := told(event)) is not None:
            yield given


class Workbench:
    """What stays between runs of one process: prepared models, and what it runs on."""

    def __init__(self, threads: int, cpu_brand: str, cpu_signature: str) -> None:
        self.threads = threads
        self.cpu_brand = cpu_brand
        self.cpu_signature = cpu_signature
        self.kept: Kept[PreparedKey, Prepared] = Kept(
            int(memory.total_bytes() * KEPT_SHARE), lambda prepared: prepared.close()
        )


@dataclasses.dataclass
class Session:
    """A prepared run: everything that ``measure`` needs."""

    run: Run
    control: Control
    bench: Workbench
    facts: ModelFacts
    task: Task
    reader: Any
    encoded: Encoded
    fields: Mapping[str, Any]
    prepared: Prepared = dataclasses.field(init=False)
    notices: list[NoticeText] = dataclasses.field(default_factory=list)
    stage_s: dict[str, float] = dataclasses.field(default_factory=dict)
    """Seconds of each stage of preparing, summed."""
    from_cache: list[bool] = dataclasses.field(default_factory=list)
    """For each "prepare" that ended: whether it came from memory or disk."""

    def heard(self, events: Generator[Event, None, Value]) -> Generator[Event, None, Value]:
        """Follows what a mode says: a notice of its own goes into the report too, and each is told once a run."""

        def told(event: Event) -> Event | None:
            if not isinstance(event, Notice):
                return event
            known = NoticeText(text=event.text, details=event.details) in self.notices
            return None if known else self.note(event.text, event.details)

        return followed(events, told)

    def note(self, text: str, details: str = "", revision: int | None = None) -> Notice:
        """Remembers a notice for the report and returns its event. ``revision``: of the input that it is about."""
        self.notices.append(NoticeText(text=text, details=details, revision=revision))
        return Notice(text=text, details=details, revision=revision)

    def go_on(self) -> None:
        """Raises Stopped where that was asked."""
        if self.control.stopped:
            raise Stopped()


class Calls:
    """The call that is timed, of one prepared model: fields to inputs, model, outputs to answer; each part apart."""

    def __init__(self, session: Session, prepared: Prepared) -> None:
        self.session = session
        self.prepared = prepared
        self.outputs: list[Outputs] = []
        self.result: Result | None = None

    def __call__(self) -> loop.Call:
        session, clock = self.session, time.perf_counter_ns
        prepared, task = self.prepared, session.task
        t0 = clock()
        encoded = task.encode(session.reader, session.fields)
        t1 = clock()
        outputs = [prepared(**batch) for batch in encoded.batches]
        t2 = clock()
        self.result = task.decode(session.reader, encoded, outputs)
        t3 = clock()
        self.outputs = outputs
        return loop.Call(t1 - t0, t2 - t1, t3 - t2)

    def first(self) -> tuple[loop.Call, Result]:
        """A call whose outputs are checked before anything of it is shown. Raises NotForThisModel, ModelBroken,
        NotEnoughMemory.
        """
        session = self.session
        t0 = time.perf_counter_ns()
        with _told(session.facts):
            self.outputs = [self.prepared(**batch) for batch in session.encoded.batches]
        t1 = time.perf_counter_ns()
        self.check()
        self.result = session.task.decode(session.reader, session.encoded, self.outputs)
        return loop.Call(0, t1 - t0, time.perf_counter_ns() - t1), self.result

    def check(self) -> None:
        """Shape and finiteness of the last outputs."""
        for batch, outputs in zip(self.session.encoded.batches, self.outputs, strict=True):
            shared.check_outputs(outputs, batch)


@contextlib.contextmanager
def _told(facts: ModelFacts) -> Iterator[None]:
    """A configuration may pass all checks and load, and fail only when the model runs: in any way at all."""
    try:
        yield
    except (FastpathError, OSError, MemoryError):
        raise
    except Exception as error:
        if "DefaultCPUAllocator" in str(error) or "bad allocation" in str(error):
            raise NotEnoughMemory(f"{facts.folder.name} needs more memory for this input than is free.") from error
        raise ModelBroken(
            f"{facts.folder.name} fails when it runs: its configuration does not fit its weights."
        ) from error
