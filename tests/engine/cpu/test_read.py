"""Cores, caches and container limits of other machines, and the facts of this one."""

import ctypes
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any, ClassVar

import psutil
import pytest

from engine.cpu import container, linux, macos, needs, read, registers, topology, windows
from engine.cpu.tiles import Tiles
from engine.cpu.told import Told
from engine.cpu.topology import Core, Cores
from engine.wire.values import CoreKinds
from tests.engine.cpu import machines, recorded
from tests.engine.cpu.recorded import put

on_linux = pytest.mark.skipif(sys.platform != "linux", reason="Linux tells so")


def test_two_sockets_with_two_processors_a_core(tmp_path: Path):
    root = recorded.hyperthreaded_tree(tmp_path, sockets=2, cores_each=4)

    assert linux.cores(root, None) == Cores(sockets=2, physical=8, logical=16, allowed=8)


def test_both_processors_of_one_core_are_one_allowed_core(tmp_path: Path):
    root = recorded.hyperthreaded_tree(tmp_path, sockets=1, cores_each=4)

    assert linux.cores(root, frozenset({0, 4})).allowed == 1
    assert linux.cores(root, frozenset({0, 1})).allowed == 2


def test_each_cache_counts_once_and_instructions_do_not(tmp_path: Path):
    root = recorded.hyperthreaded_tree(tmp_path, sockets=2, cores_each=4)

    assert linux.caches(root) == {"L1d": 8 * 32 * 1024, "L2": 8 * 2 * 1024**2, "L3": 2 * 60 * 1024**2}


def test_a_hidden_tree_tells_nothing(tmp_path: Path):
    assert linux.cores(tmp_path, None) == Cores(0, 0, 0, 0)
    assert linux.caches(tmp_path) == {}


def test_packages_that_share_a_cache_are_one_socket(tmp_path: Path):
    for number in (0, 1):
        folder = tmp_path / f"sys/devices/system/cpu/cpu{number}"
        put(folder / "topology", physical_package_id=number, thread_siblings_list=number)
    assert linux.cores(tmp_path, None).sockets == 2

    for number in (0, 1):
        put(tmp_path / f"sys/devices/system/cpu/cpu{number}/cache/index3", shared_cpu_list="0-1")
    assert linux.cores(tmp_path, None).sockets == 1


def test_affinity_tells_how_many_performance_cores_may_be_used(tmp_path: Path):
    machines.load("intel_core_ultra_7_265k").told(tmp_path)

    cores = linux.cores(tmp_path, frozenset(range(6, 12)))

    assert (cores.allowed, cores.kinds) == (6, CoreKinds(performance=8, efficiency=12, performance_allowed=2))


def test_cores_of_one_kind_have_no_kinds():
    assert topology.kinds([Core(1024, True), Core(1024, False)], 0.5) is None
    assert topology.kinds([]) is None


def hybrid(performance_allowed: int, allowed: int, quota: float | None = None) -> int:
    kinds = CoreKinds(performance=8, efficiency=12, performance_allowed=performance_allowed)
    told = Told("", (), Cores(1, 20, 20, allowed, kinds), {})
    return read.default_threads(read.assemble(told, "x86_64", 2**34, container.Limits(quota)))


def test_a_hybrid_cpu_starts_with_a_thread_for_each_performance_core_that_may_be_used():
    assert hybrid(8, 20) == 8
    assert hybrid(2, 6) == 2
    assert hybrid(8, 20, quota=4.0) == 4
    assert hybrid(0, 3) == 3  # only efficiency cores


def test_macos_counts_caches_of_one_core_where_it_has_no_kinds():
    told = {
        "hw.physicalcpu": 4,
        "hw.logicalcpu": 8,
        "hw.packages": 1,
        "hw.l1dcachesize": 32768,
        "hw.l2cachesize": 262144,
    }
    told["hw.l3cachesize"] = 8 * 2**20

    assert macos.cores(told.get) == Cores(1, 4, 8, 4)
    assert macos.caches(told.get) == {"L1d": 4 * 32768, "L2": 4 * 262144, "L3": 8 * 2**20}


def test_macos_on_intel_switches_avx512_on_late_and_says_so_by_name():
    source = machines.load("intel_xeon_sapphire_rapids_amx_denied").registers()
    assert source is not None
    early = registers.Registers(source.leaves, 0x7)

    def usable(told: dict[str, int]) -> set[str]:
        found = macos.told("x86_64", early, told.get, lambda name: "an Intel")
        return {feature.id for feature in found.features if feature.usable}

    assert "avx512_vnni" in usable({"hw.optional.avx512f": 1})
    assert "avx512_vnni" not in usable({})
    assert "amx_tile" not in usable({"hw.optional.avx512f": 1})


@pytest.mark.parametrize(("quota", "cores"), [(None, 8), (0.5, 1), (2.9, 2), (64.0, 8)])
def test_cores_within_a_quota(quota: float | None, cores: int):
    assert topology.within(8, quota) == cores


def test_no_groups_no_limits(tmp_path: Path):
    assert container.limits(tmp_path) == container.Limits()


def test_limits_of_version_2_and_of_a_group_above(tmp_path: Path):
    put(tmp_path / "proc/self", cgroup="0::/pod/box")
    groups = tmp_path / "sys/fs/cgroup"
    put(groups / "pod", cpu__max="150000 100000", memory__max="max")
    put(groups / "pod/box", cpu__max="max 100000", memory__max=2**30, memory__current=300 * 2**20)
    put(groups / "pod/box", memory__stat=f"anon 5\ninactive_file {100 * 2**20}")

    assert container.limits(tmp_path) == container.Limits(1.5, 2**30, 200 * 2**20)


def test_limits_of_version_1_whose_path_is_that_outside_of_the_container(tmp_path: Path):
    put(
        tmp_path / "proc/self",
        cgroup="4:memory:/docker/1f\n3:cpuset:/docker/1f\n2:cpu,cpuacct:/docker/1f\n0::/",
    )
    groups = tmp_path / "sys/fs/cgroup"
    put(groups / "cpu", cpu__cfs_quota_us=400000, cpu__cfs_period_us=100000)
    put(groups / "memory", memory__limit_in_bytes=2**31, memory__usage_in_bytes=2**20)

    assert container.limits(tmp_path) == container.Limits(4.0, 2**31, 2**20)


def test_version_1_writes_huge_numbers_for_no_limit(tmp_path: Path):
    put(tmp_path / "proc/self", cgroup="2:cpu:/\n1:memory:/")
    put(tmp_path / "sys/fs/cgroup/cpu", cpu__cfs_quota_us=-1, cpu__cfs_period_us=100000)
    put(tmp_path / "sys/fs/cgroup/memory", memory__limit_in_bytes=9223372036854771712)

    assert container.limits(tmp_path) == container.Limits()


def test_the_facts_of_this_computer_agree_with_psutil():
    cpu = read.facts()

    assert cpu.brand
    assert cpu.cores_logical == psutil.cpu_count()
    assert 1 <= read.default_threads(cpu) <= cpu.cores_logical
    assert cpu.memory_total_mb <= psutil.virtual_memory().total // 1_000_000
    assert 0 < read.memory_free_bytes() <= psutil.virtual_memory().total


@on_linux
def test_affinity_narrows_what_is_allowed():
    one = min(os.sched_getaffinity(0))
    code = (
        f"import os; os.sched_setaffinity(0, {{{one}}}); from engine.cpu import read; print(read.facts().cores_allowed)"
    )

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout.strip() == "1"


def test_a_hidden_topology_is_counted_otherwise():
    cpu = read.assemble(Told("", (), Cores(0, 0, 0, 0), {}), "mips", 2**30, container.Limits())

    assert cpu.brand
    assert cpu.cores_logical == psutil.cpu_count()
    assert 1 <= cpu.cores_allowed <= cpu.cores_physical


@on_linux
def test_where_code_may_not_be_executed_linuxs_list_serves(monkeypatch: pytest.MonkeyPatch):
    executed = read.facts()
    monkeypatch.setattr(read, "_registers", lambda machine: None)

    listed = read.facts()

    assert listed.brand == executed.brand
    known_to_linux = {f.id for f in listed.features if f.usable}
    assert known_to_linux
    assert known_to_linux <= {f.id for f in executed.features if f.usable}


def test_asking_for_tiles_happens_only_on_a_cpu_that_has_them():
    asked = []

    def ask() -> Tiles:
        asked.append(1)
        return "refused"

    cpu = read.facts(ask)

    assert bool(asked) == any(feature.id == "amx_tile" and feature.present for feature in cpu.features)


def test_a_cpu_without_sse4_2_is_an_obstacle_and_one_without_avx_is_none(tmp_path: Path):
    old = machines.load("intel_core_i7_3770k")
    old.data["features"].remove("AVX")
    assert needs.obstacle(old.cpu(tmp_path)) == ""

    old.data["features"].remove("SSE4.2")
    assert "SSE4.2" in needs.obstacle(old.cpu(tmp_path))


def test_asking_loads_nothing_heavy():
    code = "import sys; from engine.cpu import read; read.facts(); print({'torch', 'numpy'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout.strip() == "set()"


def test_asking_a_large_server_takes_milliseconds(tmp_path: Path):
    """256 processors have some 3,000 small files."""
    root = recorded.hyperthreaded_tree(tmp_path, sockets=2, cores_each=64)

    took_s = []
    for _ in range(3):
        began = time.process_time()
        linux.told(root, "x86_64", None, (0, 0), None, lambda: "refused")
        took_s.append(time.process_time() - began)

    assert min(took_s) < 0.25


def test_on_macos_sysctl_is_asked(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    mac = machines.load("apple_m4_max")
    monkeypatch.setattr(sys, "platform", "darwin")
    monkeypatch.setattr("platform.machine", lambda: "arm64")
    monkeypatch.setattr(macos, "number", lambda name: mac.sysctl().get(name))
    monkeypatch.setattr(macos, "text", lambda name: mac.sysctl_text(name))

    cpu = read.facts()

    expected = mac.cpu(tmp_path)
    assert (cpu.brand, cpu.features, cpu.core_kinds) == (expected.brand, expected.features, expected.core_kinds)


def test_on_windows_its_own_functions_are_asked(monkeypatch: pytest.MonkeyPatch):
    hybrid_on_windows = machines.load("intel_core_i9_12900k_windows")
    monkeypatch.setattr(sys, "platform", "win32")
    monkeypatch.setattr("platform.machine", lambda: "ARM64")
    monkeypatch.setattr(psutil.Process, "cpu_affinity", lambda process: [0, 1, 2])
    for name, answer in {
        "brand": "Snapdragon",
        "relations": hybrid_on_windows.relations(),
        "enabled_xstate": 0,
    }.items():
        monkeypatch.setattr(windows, name, lambda answer=answer: answer)
    monkeypatch.setattr(windows, "is_present", {19}.__contains__)
    monkeypatch.setattr(windows, "request_tiles", lambda: "granted")
    monkeypatch.setattr(windows, "offered_tiles", lambda: "not offered")

    cpu = read.facts()

    assert cpu.brand == "Snapdragon"
    assert [feature.id for feature in cpu.features if feature.usable] == ["neon"]
    assert (cpu.cores_physical, cpu.cores_allowed) == (16, 2)
    assert read.request_tiles() == "granted"
    assert read._probe_tiles() == "not offered"


class Sysctl:
    """macOS's C library, holding two values."""

    VALUES: ClassVar[dict[bytes, bytes]] = {
        b"hw.physicalcpu": (16).to_bytes(8, sys.byteorder),
        b"machdep.cpu.brand_string": b"Apple M4 Max\0",
    }

    def sysctlbyname(self, name: bytes, place: Any, size: Any, new: None, new_size: Any) -> int:
        value = self.VALUES.get(name)
        if value is None:
            return -1
        ctypes.memmove(place, value, len(value))
        return 0


def test_sysctl_gives_numbers_and_texts_and_nothing_for_unknown_names(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(ctypes, "CDLL", lambda name: Sysctl())

    assert macos.number("hw.physicalcpu") == 16
    assert macos.number("hw.nonsense") is None
    assert macos.text("machdep.cpu.brand_string") == "Apple M4 Max"
    assert macos.text("hw.nonsense") == ""
