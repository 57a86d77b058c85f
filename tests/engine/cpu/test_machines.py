"""Every CPU of tests/data/cpus, told through the functions that ask this computer: the whole value."""

from pathlib import Path
from typing import Any

import pytest

from engine.cpu import judge, read
from engine.cpu.features import known
from engine.wire.values import CoreKinds, Cpu, Feature
from tests.engine.cpu import machines, manuals


def feature(entry: Any, expected: dict[str, Any]) -> Feature:
    withheld = expected.get("withheld", {}).get(entry.id, "")
    usable = entry.id in expected["usable"]
    return Feature(
        id=entry.id,
        title=entry.title,
        group=entry.group,
        explains=entry.explains,
        present=usable or bool(withheld),
        usable=usable,
        reason="" if usable else withheld or expected.get("absent", judge.NOT_THERE),
    )


def expected_cpu(data: dict[str, Any]) -> Cpu:
    told = data["expected"]
    return Cpu(
        brand=told["brand"],
        architecture=told["architecture"],
        sockets=told["sockets"],
        cores_physical=told["cores_physical"],
        cores_logical=told["cores_logical"],
        cores_allowed=told["cores_allowed"],
        core_kinds=CoreKinds(**told["core_kinds"]) if "core_kinds" in told else None,
        caches=told["caches"],
        memory_total_mb=told["memory_total_mb"],
        limit_cpus=data.get("limit_cpus", 0),
        limit_memory_mb=data.get("limit_memory_bytes", 0) // 1_000_000,
        features=tuple(feature(entry, told) for entry in known(data["machine"])),
    )


@pytest.mark.parametrize("name", machines.NAMES)
def test_a_cpu_is_told_right(name: str, tmp_path: Path):
    machine = machines.load(name)
    expected = machine.data["expected"]

    cpu = machine.cpu(tmp_path)

    assert cpu == expected_cpu(machine.data)
    assert read.default_threads(cpu) == expected["default_threads"]
    assert read.signature(cpu) == f"{cpu.architecture} {' '.join(sorted(expected['usable']))}"


def test_every_feature_that_a_record_names_is_known():
    for name in machines.NAMES:
        data = machines.load(name).data
        named = {*data["expected"]["usable"], *data["expected"].get("withheld", {})}

        assert named <= {entry.id for entry in known(data["machine"])}, name


def test_every_record_is_composed_of_published_words_and_holds_no_answers_of_a_machine():
    for name in machines.NAMES:
        data = machines.load(name).data
        words = manuals.X86 if data["machine"] in ("x86_64", "AMD64") else manuals.ARM.keys()

        assert data["composed"] == "by hand, from the manufacturer's published features", name
        assert data["chosen"].endswith("."), name
        assert set(data["features"]) <= set(words), name
        assert len(set(data["features"])) == len(data["features"]), name


def test_the_records_hold_what_tells_readers_of_cpus_apart():
    """A CPU without AVX2, a desktop Zen, servers with AMX and with AMX denied, an Apple, a Graviton, hybrids."""
    usable = {name: set(machines.load(name).data["expected"]["usable"]) for name in machines.NAMES}

    assert "avx2" not in usable["intel_core_i7_3770k"]
    assert "avx512_bf16" in usable["amd_ryzen_7_9700x"]
    assert "amx_bf16" in usable["intel_xeon_granite_rapids"]
    assert "amx_bf16" not in usable["intel_xeon_sapphire_rapids_amx_denied"]
    assert "sme2" in usable["apple_m4_max"]
    assert "sve" in usable["aws_graviton3"]
    assert "avx_vnni" in usable["intel_core_ultra_7_265k"]
    assert "avx512_vnni" not in usable["intel_core_ultra_7_265k"]
    assert "i8mm" in usable["qualcomm_snapdragon_x_elite_windows"]


def test_a_cpu_without_amx_never_asks_about_tiles(tmp_path: Path):
    machine = machines.load("amd_ryzen_7_9700x")

    machine.told(tmp_path)  # Machine.ask_tiles fails where it is called without need

    assert "tiles" not in machine.data
