"""A CPU as Windows tells it, from composed answers."""

import ctypes
import struct
from pathlib import Path
from typing import Any

import pytest

from engine.cpu import judge, registers, windows, windows_topology
from engine.cpu.tiles import Tiles
from engine.cpu.topology import Cores
from engine.wire.values import CoreKinds
from tests.engine.cpu import machines

HYBRID = "intel_core_i9_12900k_windows"
TILES_SAVED = 0x60000


def test_affinity_counts_the_cores_of_the_processors_that_may_be_used():
    relations = machines.load(HYBRID).relations()

    # Processors 0 and 1 are one performance core, 16 an efficiency core.
    assert windows_topology.cores(relations, frozenset({0, 1, 16})) == Cores(
        1, 16, 24, 2, CoreKinds(performance=8, efficiency=8, performance_allowed=1)
    )


def test_with_several_groups_of_processors_all_are_allowed():
    def core(group: int, bit: int) -> bytes:
        body = struct.pack("<BB20xH", 0, 0, 1) + struct.pack("<QH6x", 1 << bit, group)
        return struct.pack("<II", 0, 8 + len(body)) + body

    relations = core(0, 0) + core(1, 0) + core(1, 1)

    assert windows_topology.cores(relations, frozenset({0})) == Cores(0, 3, 3, 3)


@pytest.mark.parametrize("relations", [b"", b"\0\0\0", struct.pack("<II", 0, 0) * 3])
def test_answers_that_end_early_tell_nothing(relations: bytes):
    assert windows_topology.cores(relations, None) == Cores(0, 0, 0, 0)
    assert windows_topology.caches(relations) == {}


def told(xcr0: int, xstate: int, tiles: Tiles) -> dict[str, Any]:
    machine = machines.load("intel_xeon_granite_rapids")
    known = machine.registers()
    assert known is not None
    found = windows.told(
        "AMD64", registers.Registers(known.leaves, xcr0), "", b"", None, lambda number: False, xstate, lambda: tiles
    )
    return {feature.id: feature for feature in found.features}


def test_what_windows_can_save_counts_although_a_new_thread_has_it_switched_off():
    assert told(0xE7, TILES_SAVED, "granted")["amx_int8"].usable
    assert told(0xE7, TILES_SAVED, "refused")["amx_int8"].reason == judge.NO_TILES["refused"]
    assert told(0xE7, 0, "granted")["amx_int8"].reason == judge.NOT_SWITCHED_ON


def test_without_registers_windows_is_asked_by_number():
    found = windows.told("ARM64", None, "Snapdragon", b"", None, {19, 43}.__contains__, 0, lambda: "refused")

    assert found.brand == "Snapdragon"
    assert {feature.id for feature in found.features if feature.usable} == {"neon", "dotprod"}


class Kernel32:
    """The functions of Windows 11 that tell of registers and processors, with set answers."""

    def __init__(self, xstate: int, enables: bool, relations: bytes = b"") -> None:
        self.enabled: list[int] = []
        self.GetEnabledXStateFeatures = Function(lambda: xstate)
        self.EnableProcessOptionalXStateFeatures = Function(self._enable)
        self.IsProcessorFeaturePresent = Function(lambda number: number == 40)

        def processors(relation: int, buffer: Any, size: Any) -> int:
            ctypes.cast(size, ctypes.POINTER(ctypes.c_uint32))[0] = len(relations)
            if buffer is None or not relations:
                return 0
            ctypes.memmove(buffer, relations, len(relations))
            return 1

        self.GetLogicalProcessorInformationEx = Function(processors)
        self._enables = enables

    def _enable(self, mask: int) -> bool:
        self.enabled.append(mask)
        return self._enables


class Function:
    """A foreign function: called, and told its types."""

    def __init__(self, does: Any) -> None:
        self.does = does

    def __call__(self, *given: Any) -> Any:
        return self.does(*given)


@pytest.mark.parametrize(
    ("xstate", "enables", "outcome"),
    [(TILES_SAVED | 0xE7, True, "granted"), (TILES_SAVED, False, "refused"), (0xE7, True, "not offered")],
)
def test_tiles_are_asked_for_where_windows_offers_them(
    xstate: int, enables: bool, outcome: Tiles, monkeypatch: pytest.MonkeyPatch
):
    kernel32 = Kernel32(xstate, enables)
    monkeypatch.setattr(windows, "_kernel32", lambda: kernel32)

    assert windows.offered_tiles() == ("granted" if xstate & TILES_SAVED else "not offered")
    assert kernel32.enabled == []  # telling asks for nothing
    assert windows.request_tiles() == outcome
    assert kernel32.enabled == ([TILES_SAVED] if xstate & TILES_SAVED else [])


def test_a_windows_too_old_for_the_question_offers_no_tiles(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(windows, "_kernel32", lambda: object())

    assert windows.enabled_xstate() == 0
    assert windows.request_tiles() == "not offered"


def test_records_are_read_in_the_size_that_windows_names(monkeypatch: pytest.MonkeyPatch):
    relations = machines.load(HYBRID).relations()
    monkeypatch.setattr(windows, "_kernel32", lambda: Kernel32(0, False, relations))

    assert windows.relations() == relations
    assert windows.is_present(40)

    monkeypatch.setattr(windows, "_kernel32", lambda: Kernel32(0, False))
    assert windows.relations() == b""


def test_a_hybrid_on_windows_is_told_right_with_its_name_from_cpuid(tmp_path: Path):
    assert machines.load(HYBRID).cpu(tmp_path).brand == "12th Gen Intel(R) Core(TM) i9-12900K"
