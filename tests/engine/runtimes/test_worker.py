"""The desk's thread for runtimes: one end for each request, stopped at once, nothing left behind."""

import queue
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from engine.runtimes.place import Place
from engine.runtimes.worker import RuntimeWork
from engine.wire.errors import Offline
from engine.wire.messages import (
    Event,
    Failed,
    Finished,
    Installing,
    InstallRuntime,
    ListRuntimes,
    RemoveRuntime,
    Runtimes,
)
from tests.engine.runtimes.standing_in import StandIn
from tests.talk import gone_within


class Desk:
    """What a desk does with the worker."""

    def __init__(self, stand_in: StandIn, usable: tuple[str, ...] = ("avx2",)) -> None:
        self.heard: list[Event] = []
        self.changed = 0
        self._events: queue.Queue[Event] = queue.Queue()
        self.work = RuntimeWork(self._events.put, usable, self._network, self._change, stand_in.recipe)
        self.offline = False

    def _network(self) -> None:
        if self.offline:
            raise Offline("Off.")

    def _change(self) -> None:
        self.changed += 1

    def until(self, wanted: Callable[[Event], bool]) -> Event:
        while True:
            event = self._events.get(timeout=30)
            self.heard.append(event)
            if wanted(event):
                return event

    def end(self, name: str) -> Event:
        return self.until(lambda event: event.id == name and isinstance(event, Finished | Failed))

    def listed(self) -> Runtimes:
        self.work.add(ListRuntimes(id="list"))
        found = self.until(lambda event: isinstance(event, Runtimes))
        self.end("list")
        assert isinstance(found, Runtimes)
        return found


@pytest.fixture
def desk(stand_in: StandIn, own_home: Path) -> Iterator[Desk]:
    yield Desk(stand_in)
    assert gone_within(own_home, 3) == []


def settled(place: Place) -> bool:
    """What was forgotten is deleted a little after the end was told."""
    end = time.monotonic() + 10
    while time.monotonic() < end:
        if not place.folder.exists() and not list(place.home.glob("*gone*")):
            return True
        time.sleep(0.02)
    return False


def test_installed_listed_and_removed(desk: Desk) -> None:
    desk.work.add(InstallRuntime(id="i", runtime="ipex"))
    assert isinstance(desk.end("i"), Finished)
    assert desk.listed().runtimes[0].state == "installed"
    desk.work.add(RemoveRuntime(id="r", runtime="ipex"))
    assert isinstance(desk.end("r"), Finished)

    assert desk.listed().runtimes[0].state == "not installed"
    assert desk.changed == 2
    assert all(event.id == "i" for event in desk.heard if isinstance(event, Installing))


@pytest.mark.parametrize("step", ["venv", "pip", "look_up", "download_torch", "unpack", "self__check"])
def test_stopped_at_any_step_it_ends_at_once_and_leaves_nothing(
    desk: Desk, stand_in: StandIn, place: Place, step: str
) -> None:
    stand_in.behave(**{step: "hang"})
    beginning = {"venv": "Creating", "pip": "Asking", "look_up": "Looking", "self__check": "Checking"}
    beginning |= {"download_torch": "Downloading torch", "unpack": "Unpacking"}
    desk.work.add(InstallRuntime(id="i", runtime="ipex"))
    desk.until(lambda event: isinstance(event, Installing) and event.step.startswith(beginning[step]))
    time.sleep(0.3)
    began = time.monotonic()
    desk.work.stop("i")
    last = desk.end("i")

    assert time.monotonic() - began < 1.5
    assert isinstance(last, Failed)
    assert last.failure.code == "Stopped"
    assert settled(place)
    stand_in.behave()
    desk.work.add(InstallRuntime(id="again", runtime="ipex"))
    assert isinstance(desk.end("again"), Finished)


def test_a_list_is_told_while_an_installation_goes_on(desk: Desk, stand_in: StandIn) -> None:
    stand_in.behave(download_torch="hang")
    desk.work.add(InstallRuntime(id="i", runtime="ipex"))
    desk.work.add(RemoveRuntime(id="waits", runtime="ipex"))
    desk.until(lambda event: isinstance(event, Installing) and event.step.startswith("Downloading torch"))

    assert desk.listed().runtimes[0].state == "not installed"
    desk.work.stop("waits")
    assert isinstance(desk.end("waits"), Failed)
    desk.work.stop("i")
    assert isinstance(desk.end("i"), Failed)


def test_damage_that_a_list_finds_changes_the_catalogue(desk: Desk, place: Place) -> None:
    desk.work.add(InstallRuntime(id="i", runtime="ipex"))
    desk.end("i")
    assert place.packages is not None
    (place.packages / "numpy/__init__.py").unlink()

    assert desk.listed().runtimes[0].state == "damaged"
    assert desk.changed == 2
    assert desk.listed().runtimes[0].state == "damaged"
    assert desk.changed == 2


def test_refused_where_it_cannot_be(desk: Desk, stand_in: StandIn) -> None:
    desk.offline = True
    desk.work.add(InstallRuntime(id="offline", runtime="ipex"))
    desk.work.add(InstallRuntime(id="unknown", runtime="other"))
    other = Desk(stand_in, usable=())
    other.work.add(InstallRuntime(id="old", runtime="ipex"))
    ends = [desk.end("offline"), desk.end("unknown"), other.end("old")]

    assert [end.failure.code for end in ends if isinstance(end, Failed)] == ["Offline", "BadInput", "ModeUnavailable"]
    assert stand_in.asked("install") == []
