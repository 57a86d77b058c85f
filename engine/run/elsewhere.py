"""The reference, eager fp32, is always the main runtime's. A run in another runtime asks a process of the main one.

What it answers is kept under the same key as in the main runtime (``engine.store.outputs``), so that a reference which
is known there is known here too.
"""

import contextlib
import json
import os
import socket
import subprocess
import tempfile
import time
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import Any

import msgspec

from engine.evidence.told import Told as Evidence
from engine.mode import Events, Prepared, no_events
from engine.models.tensors import Inputs, Outputs
from engine.run.ready import prepared_model
from engine.run.session import Session
from engine.runtimes.command import MAIN_COMMAND, MAIN_TORCH
from engine.wire.channel import Channel, LineTooLong
from engine.wire.errors import ModeUnavailable
from engine.wire.messages import Event
from engine.wire.values import Failure

REFERENCE = ("eager", "fp32")


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """The model whose answers are wanted; see ``engine.mode.Job``."""

    folder: str
    auto_class: str
    allow_pickle: bool


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """One call: .npz files, of inputs that are there and of outputs to be written."""

    inputs: str
    outputs: str


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """``took_ns``: of the model's call alone."""

    took_ns: int = 0
    failure: Failure | None = None


def is_elsewhere() -> bool:
    """Whether this process is of another runtime than the main one."""
    return MAIN_COMMAND in os.environ


def reference(session: Session) -> Generator[Event, None, Prepared]:
    """Eager fp32 for this session's model. Raises what preparing it raises, and ModeUnavailable."""
    if is_elsewhere():
        return MainEager(session)
    return (yield from prepared_model(session, *REFERENCE, {}))


@contextlib.contextmanager
def used(prepared: Prepared) -> Iterator[Prepared]:
    """Ends the other process after its use; what this process prepared may be kept for longer."""
    try:
        yield prepared
    finally:
        if isinstance(prepared, MainEager):
            prepared.close()


def way_ns(prepared: Prepared) -> int:
    """What the calls since the last look took besides the model's own time: the way to another process and back."""
    return prepared.way_ns() if isinstance(prepared, MainEager) else 0


class MainEager:
    """``engine.mode.Prepared``, computed by a process of the main runtime. Raises ModeUnavailable where that fails."""

    mode, precision = REFERENCE

    def __init__(self, session: Session) -> None:
        self._way_ns = 0
        self._folder = tempfile.TemporaryDirectory(prefix="fastpath-")
        environment = {name: value for name, value in os.environ.items() if name not in (MAIN_COMMAND, MAIN_TORCH)}
        ours, theirs = socket.socketpair()
        with theirs:
            words = [*json.loads(os.environ[MAIN_COMMAND]), f"fd:{theirs.fileno()}", "-1"]
            # In this process's group: who ends the group ends both.
            self._process = subprocess.Popen(
                words, env=environment, cwd="/", stdin=subprocess.DEVNULL, pass_fds=(theirs.fileno(),)
            )
        self._channel = Channel(ours)
        facts = session.facts
        self._ask(
            Wanted(folder=str(facts.folder), auto_class=session.task.auto_class, allow_pickle=facts.pickle_allowed)
        )

    def adapt(self, inputs: Inputs) -> Events:
        return no_events()

    def __call__(self, **inputs: Any) -> Outputs:
        import numpy
        import torch

        began = time.perf_counter_ns()
        given, got = Path(self._folder.name) / "inputs.npz", Path(self._folder.name) / "outputs.npz"
        numpy.savez(given, allow_pickle=False, **{name: numpy.asarray(value) for name, value in inputs.items()})
        told = self._ask(Asked(inputs=str(given), outputs=str(got)))
        with numpy.load(got, allow_pickle=False) as found:
            outputs = {name: torch.from_numpy(found[name]) for name in found.files}
        self._way_ns += time.perf_counter_ns() - began - told.took_ns
        return outputs

    def way_ns(self) -> int:
        taken, self._way_ns = self._way_ns, 0
        return taken

    def explain(self, inputs: Inputs) -> Evidence:
        raise ModeUnavailable("What runs in another process cannot be explained here.")

    def close(self) -> None:
        self._channel.close()
        self._process.kill()
        self._process.wait()
        self._folder.cleanup()

    def _ask(self, question: Wanted | Asked) -> Told:
        lines: list[bytes] | None = []
        with contextlib.suppress(OSError, LineTooLong):
            self._channel.send(msgspec.json.encode(question) + b"\n")
            while lines == []:
                lines = self._channel.read_lines()
        told = msgspec.json.decode(lines[0], type=Told) if lines else None
        if told is None or told.failure is not None:
            self.close()
            failure = told.failure if told else None
            raise ModeUnavailable(
                failure.what_happened if failure else "The process that computes plain PyTorch's answer ended.",
                details=failure.details if failure else "",
            )
        return told
