"""Cores, caches and container limits of recorded machines, and the facts of this one."""

import os
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from engine.cpu import container, linux, macos, read, topology
from engine.cpu.topology import Cores
from tests.engine.cpu import recorded
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


def test_apple_tells_of_each_kind_of_core():
    assert macos.cores(recorded.M4_MAX.get) == Cores(1, 16, 16, 16)
    assert macos.caches(recorded.M4_MAX.get) == {
        "L1d": 12 * 131072 + 4 * 65536,
        "L2": 2 * 16777216 + 4194304,
    }


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
    assert cpu.memory_total_mb <= psutil.virtual_memory().total // 2**20
    assert 0 < read.memory_free_bytes() <= psutil.virtual_memory().total


@on_linux
def test_affinity_narrows_what_is_allowed():
    one = min(os.sched_getaffinity(0))
    code = f"import os; os.sched_setaffinity(0, {{{one}}}); from engine.cpu import read; print(read.allowed_cores())"

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout.strip() == "1"


def test_asking_takes_milliseconds_and_loads_nothing_heavy():
    read.facts()
    began = time.process_time()
    read.facts()
    took_s = time.process_time() - began

    code = "import sys; from engine.cpu import read; read.facts(); print({'torch', 'numpy'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert took_s < 0.05
    assert done.stdout.strip() == "set()"
