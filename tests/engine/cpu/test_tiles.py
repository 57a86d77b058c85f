"""The kernel's leave for tile registers: the order of questions, and that a probe leaves no trace."""

import os
import platform
import sys
import threading

import pytest

from engine.cpu import tiles

BOTH, OTHERS = 0x60000, 0xE7
GET_SUPPORTED, GET_PERMITTED, REQUEST = 0x1021, 0x1022, 0x1023


class Kernel:
    """Answers arch_prctl as Linux would, and keeps what it was asked."""

    def __init__(self, supported: int | None, grants: bool) -> None:
        self.supported, self.grants = supported, grants
        self.permitted = OTHERS
        self.asked: list[tuple[int, int]] = []

    def __call__(self, code: int, feature: int) -> int | None:
        self.asked.append((code, feature))
        if code == REQUEST:
            if not self.grants:
                return None
            self.permitted |= BOTH
            return 0
        return self.supported if code == GET_SUPPORTED else self.permitted


def test_what_is_supported_is_asked_first_then_requested_then_looked_at():
    kernel = Kernel(OTHERS | BOTH, grants=True)

    assert tiles.request(kernel) == "granted"
    assert kernel.asked == [(GET_SUPPORTED, 0), (REQUEST, 18), (GET_PERMITTED, 0)]


@pytest.mark.parametrize("supported", [None, OTHERS, OTHERS | 1 << 17])
def test_a_kernel_that_offers_no_tiles_is_not_asked_for_them(supported: int | None):
    kernel = Kernel(supported, grants=True)

    assert tiles.request(kernel) == "not offered"
    assert kernel.asked == [(GET_SUPPORTED, 0)]


def test_a_request_may_be_refused():
    assert tiles.request(Kernel(OTHERS | BOTH, grants=False)) == "refused"


def test_a_leave_that_does_not_show_afterwards_is_none():
    class Forgetful(Kernel):
        def __call__(self, code: int, feature: int) -> int | None:
            return OTHERS if code == GET_PERMITTED else super().__call__(code, feature)

    assert tiles.request(Forgetful(OTHERS | BOTH, grants=True)) == "refused"


posix = pytest.mark.skipif(sys.platform == "win32", reason="forks")


@posix
@pytest.mark.parametrize("outcome", ["granted", "not offered", "refused"])
def test_a_probe_answers_from_a_child_and_leaves_this_process_as_it_was(outcome: tiles.Tiles):
    kernel = Kernel(OTHERS | BOTH, grants=True)
    parent = os.getpid()

    def ask() -> tiles.Tiles:
        assert os.getpid() != parent
        tiles.request(kernel)
        return outcome

    assert tiles.probe(ask) == outcome
    assert kernel.permitted == OTHERS
    with pytest.raises(ChildProcessError):
        os.waitpid(-1, os.WNOHANG)  # no child is left


@posix
def test_a_child_that_breaks_or_dies_grants_nothing():
    def breaks() -> tiles.Tiles:
        raise RuntimeError

    def dies() -> tiles.Tiles:
        os._exit(77)

    assert tiles.probe(breaks) == "refused"
    assert tiles.probe(dies) == "refused"


@posix
def test_a_child_that_hangs_is_ended(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(tiles, "_CHILD_S", 1)

    def hangs() -> tiles.Tiles:
        threading.Event().wait()
        return "granted"

    assert tiles.probe(hangs) == "refused"


x86_linux = pytest.mark.skipif(
    sys.platform != "linux" or platform.machine() != "x86_64", reason="x86 Linux has arch_prctl"
)


@x86_linux
def test_this_kernel_supports_and_permits_the_oldest_registers():
    oldest = 0b11  # x87 and SSE

    for question in (GET_SUPPORTED, GET_PERMITTED):
        mask = tiles._arch_prctl(question, 0)
        assert mask is None or mask & oldest == oldest  # None before Linux 5.16


@x86_linux
def test_a_request_for_registers_that_no_cpu_has_is_refused():
    assert tiles._arch_prctl(REQUEST, 63) is None


@x86_linux
def test_this_kernel_answers_as_its_own_list_of_features_says():
    with open("/proc/cpuinfo", encoding="utf-8") as cpuinfo:  # noqa: PTH123
        has_tiles = " amx_tile " in cpuinfo.read()

    answer = tiles.probe()

    assert (answer == "not offered") is not has_tiles
