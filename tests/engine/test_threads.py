"""How many threads a run has: as many as were asked for, or a refusal."""

from pathlib import Path

import psutil
import pytest

from engine import work
from engine.client import Client
from engine.wire.messages import Failed, Ready, Run
from tests.talk import processes_under, talking


@pytest.mark.parametrize("threads", [-1, (psutil.cpu_count() or 1) + 1, 4000, 10**20])
def test_a_count_without_processors_is_refused_before_anything_starts(threads: int, own_home: Path) -> None:
    client = Client()
    try:
        client.send(Run(id="r", folder="/m", task="fill-mask", mode="eager", fields={}, threads=threads))
        events = client.events(5)
        started = processes_under(own_home)
    finally:
        client.close()
        client.events()

    assert [(event.id, event.failure.code) for event in events or [] if isinstance(event, Failed)] == [
        ("r", "BadInput")
    ]
    assert started == []


def test_pytorch_uses_as_many_threads_as_were_asked_for() -> None:
    """Also where it cuts ``OMP_NUM_THREADS`` at its start: to the physical cores, or the processors allowed."""
    import torch

    before = torch.get_num_threads()
    try:
        assert work.use_threads(before + 1) == torch.get_num_threads() == before + 1
    finally:
        torch.set_num_threads(before)


def test_settings_of_a_larger_computer_do_not_keep_the_engine_from_starting(own_home: Path) -> None:
    with talking(threads=4000) as talk:
        ready = talk.until(lambda event: isinstance(event, Ready | Failed) and getattr(event, "role", "") != "desk")

    assert isinstance(ready, Ready)
