"""Measured peaks: plausible here, honest where a machine lacks a product, measured once."""

import json
import threading
import time
from pathlib import Path
from typing import Any

import msgspec
import pytest
import torch

from engine.cpu import read as cpu
from engine.measure import peaks
from engine.measure.peaks import Peaks
from engine.wire.errors import Stopped

QUIET = Peaks(threads=1, gflops={"fp32": 100.0, "bf16": 200.0}, bandwidth_gb_s=30.0)


@pytest.fixture(autouse=True)
def home(own_home: Path) -> Path:
    return own_home


@pytest.fixture
def counted(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Stands for seconds of measuring; each entry is one time with the threads that were asked."""
    times: list[int] = []

    def measure(threads: int, go_on: Any = None) -> Peaks:
        times.append(threads)
        return msgspec.structs.replace(QUIET, threads=threads)

    monkeypatch.setattr(peaks, "measure", measure)
    return times


def files(home: Path) -> list[Path]:
    return sorted((home / "times").glob("peaks-*.json"))


def test_a_real_measurement_is_plausible_and_bounded() -> None:
    threads = torch.get_num_threads()
    began = time.process_time()
    found = peaks.measure(1)
    took_s = time.process_time() - began

    assert took_s <= 5
    assert torch.get_num_threads() == threads
    assert found.threads == 1
    assert 1 < found.gflops["fp32"] < 1000
    assert 0.5 < found.bandwidth_gb_s < 1000
    usable = {feature.id for feature in cpu.facts().features if feature.usable}
    if found.quiet and "avx512_bf16" in usable:
        assert found.gflops["bf16"] > 1.4 * found.gflops["fp32"]
    if found.quiet and "avx512_vnni" in usable:
        assert found.gflops["int8"] > 2 * found.gflops["fp32"]


def test_product_that_pytorch_lacks_is_not_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """As on a Mac, where PyTorch has no oneDNN, or where it has no int8 product."""
    monkeypatch.setattr(peaks, "SECONDS_EACH", 0.02)
    monkeypatch.setattr(torch.ops.mkldnn, "_linear_pointwise", None)

    def refuse(*_: Any) -> Any:
        raise RuntimeError("not implemented for this CPU")

    monkeypatch.setattr(torch, "_int_mm", refuse)
    found = peaks.measure(1)

    assert found.gflops["fp32"] > 1
    assert "int8" not in found.gflops


def test_slow_emulation_takes_no_longer_and_is_not_told(monkeypatch: pytest.MonkeyPatch) -> None:
    def emulated(x: Any, weight: Any) -> None:
        time.sleep(1.5 * (len(x) / peaks.SIZES[0]) ** 3)

    monkeypatch.setattr(torch, "_int_mm", emulated)
    began = time.perf_counter()

    assert peaks._gflops(peaks._int8) < 1
    assert time.perf_counter() - began < 3


def test_measured_once_for_each_count_of_threads(home: Path, counted: list[int]) -> None:
    for threads in (1, 2, 1, 2):
        assert peaks.known_or_measured(threads, "a CPU") == msgspec.structs.replace(QUIET, threads=threads)

    assert counted == [1, 2]
    assert len(files(home)) == 2


def test_another_cpu_or_cap_has_its_own(home: Path, counted: list[int], monkeypatch: pytest.MonkeyPatch) -> None:
    peaks.known_or_measured(1, "a CPU")
    peaks.known_or_measured(1, "another CPU")
    monkeypatch.setenv("ONEDNN_MAX_CPU_ISA", "AVX2")
    peaks.known_or_measured(1, "a CPU")
    monkeypatch.delenv("ONEDNN_MAX_CPU_ISA")
    peaks.known_or_measured(1, "a CPU")

    assert len(counted) == 3


@pytest.mark.parametrize("content", [b"", b"\xff\xfe", b"[]", b'["a CPU", {"threads": "one"}]', b"null"])
def test_damaged_file_is_measured_anew(home: Path, counted: list[int], content: bytes) -> None:
    peaks.known_or_measured(1, "a CPU")
    (place,) = files(home)
    place.write_bytes(content)

    assert peaks.known_or_measured(1, "a CPU") == QUIET
    assert peaks.known_or_measured(1, "a CPU") == QUIET
    assert len(counted) == 2
    assert json.loads(place.read_bytes())[1]["gflops"]["fp32"] == 100.0


def test_of_a_busy_machine_the_higher_counts(counted: list[int], monkeypatch: pytest.MonkeyPatch) -> None:
    told = [
        Peaks(threads=1, gflops={"fp32": 50.0, "bf16": 210.0}, bandwidth_gb_s=20.0, quiet=False),
        Peaks(threads=1, gflops={"fp32": 90.0, "int8": 400.0}, bandwidth_gb_s=10.0, quiet=False),
        QUIET,
    ]
    monkeypatch.setattr(peaks, "measure", lambda *_: told.pop(0))
    peaks.known_or_measured(1, "a CPU")
    second = peaks.known_or_measured(1, "a CPU")
    third = peaks.known_or_measured(1, "a CPU")

    assert second.gflops == {"fp32": 90.0, "bf16": 210.0, "int8": 400.0}
    assert second.bandwidth_gb_s == 20.0
    assert third.gflops == {"fp32": 100.0, "bf16": 210.0, "int8": 400.0}
    assert peaks.known_or_measured(1, "a CPU") == third  # quiet at last: nothing is left to pop
    assert not told


def test_a_machine_that_is_never_quiet_is_measured_three_times(monkeypatch: pytest.MonkeyPatch) -> None:
    times: list[int] = []

    def measure(threads: int, go_on: Any = None) -> Peaks:
        times.append(threads)
        return msgspec.structs.replace(QUIET, quiet=False)

    monkeypatch.setattr(peaks, "measure", measure)
    for _ in range(6):
        assert peaks.known_or_measured(1, "a CPU").gflops == QUIET.gflops

    assert len(times) == 3


def test_anew_the_higher_of_both_counts(counted: list[int], monkeypatch: pytest.MonkeyPatch) -> None:
    peaks.known_or_measured(1, "a CPU")
    lower = msgspec.structs.replace(QUIET, gflops={"fp32": 90.0, "bf16": 230.0}, bandwidth_gb_s=40.0)
    monkeypatch.setattr(peaks, "measure", lambda *_: lower)
    found = peaks.known_or_measured(1, "a CPU", anew=True)

    assert found.gflops == {"fp32": 100.0, "bf16": 230.0}
    assert found.bandwidth_gb_s == 40.0
    assert peaks.known_or_measured(1, "a CPU") == found


def test_what_is_known_is_told_for_each_count_of_threads_and_nothing_is_measured(
    home: Path, counted: list[int]
) -> None:
    assert peaks.known("a CPU") == ()
    for threads in (2, 1):
        peaks.known_or_measured(threads, "a CPU")
    peaks.known_or_measured(4, "another CPU")
    (home / "times" / files(home)[0].name.replace("-1.json", "-8.json")).write_text("damaged")

    assert [one.threads for one in peaks.known("a CPU")] == [1, 2]
    assert len(counted) == 3


def test_what_is_stopped_ends_between_calls_and_keeps_nothing(home: Path) -> None:
    asked: list[int] = []

    def go_on() -> None:
        asked.append(1)
        if len(asked) == 5:
            raise Stopped()

    began = time.perf_counter()
    with pytest.raises(Stopped):
        peaks.known_or_measured(1, "a CPU", go_on=go_on)

    assert time.perf_counter() - began < 2
    assert files(home) == []


def test_data_folder_that_cannot_be_had_costs_only_time(
    home: Path, counted: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    home.write_text("a file in its place")

    assert peaks.known_or_measured(1, "a CPU") == QUIET
    home.unlink()
    (home / "times").mkdir(parents=True)
    monkeypatch.setattr(Path, "replace", lambda *_: (_ for _ in ()).throw(OSError(28, "full")))
    assert peaks.known_or_measured(1, "a CPU") == QUIET


def test_two_at_once_measure_one_after_the_other(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The lock holds between processes; here two threads stand for them, each with a descriptor of its own."""
    spans: list[tuple[float, float]] = []

    def measure(threads: int, go_on: Any = None) -> Peaks:
        began = time.monotonic()
        time.sleep(0.2)
        spans.append((began, time.monotonic()))
        return QUIET

    monkeypatch.setattr(peaks, "measure", measure)
    both = [threading.Thread(target=peaks.known_or_measured, args=(1, "a CPU")) for _ in range(2)]
    for one in both:
        one.start()
    for one in both:
        one.join()

    assert len(spans) == 1  # the second read what the first had found
