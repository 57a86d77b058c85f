"""The program on CPUs of other years: itself and its children under Debian's qemu-user, which emulates one."""

import json
import os
import platform
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests import short
from tests.talk import SIMILARITY, only, talking

QEMU = shutil.which("qemu-x86_64")

pytestmark = pytest.mark.skipif(
    QEMU is None or sys.platform != "linux" or platform.machine() != "x86_64",
    reason="needs qemu-x86_64 (apt-get install qemu-user) on x86 Linux",
)

WITHOUT_AVX, WITHOUT_SSE4, WITH_AVX2 = "Nehalem", "Opteron_G1", "Haswell"

# The command line as it is, but for the prefix of the children that its client starts.
PROGRAM = """
import functools, json, sys
from engine.cli import command, commands
command.Client = functools.partial(command.Client, prefix=json.loads(sys.argv[1]))
sys.exit(commands.main(sys.argv[2:]))
"""


def prefix(cpu: str) -> list[str]:
    assert QEMU
    return [QEMU, "-cpu", cpu]


def fastpath(cpu: str, home: Path, *words: str) -> tuple[int, dict[str, Any]]:
    """Exit status and document of one command, all of whose processes run on ``cpu``."""
    command = [*prefix(cpu), sys.executable, "-c", PROGRAM, json.dumps(prefix(cpu)), *words, "--json"]
    environment = os.environ | {"FASTPATH_HOME": str(home)}
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment, timeout=200)
    assert done.stdout, done.stderr
    return done.returncode, json.loads(done.stdout)


def features(document: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {feature["id"]: feature for feature in document["features"]}


def test_a_cpu_without_avx_is_told_right_although_linux_lists_the_real_one(tmp_path: Path):
    status, document = fastpath(WITHOUT_AVX, tmp_path, "cpu")

    assert status == 0
    assert "Nehalem" in document["brand"]
    found = features(document)
    assert [name for name in found if found[name]["usable"]] == ["sse4_2"]
    assert found["avx"]["reason"] == "This CPU does not have it."


def test_a_cpu_with_avx2_and_no_avx512_is_told_right(tmp_path: Path):
    found = features(fastpath(WITH_AVX2, tmp_path, "cpu")[1])

    assert [name for name in found if found[name]["usable"]] == ["sse4_2", "avx", "fma", "avx2", "f16c"]


def test_every_mode_is_offered_without_avx(tmp_path: Path):
    status, document = fastpath(WITHOUT_AVX, tmp_path, "modes")

    assert status == 0
    assert document["modes"]
    assert [mode["reason"] for mode in document["modes"] if "SSE4.2" in mode["reason"]] == []
    assert next(mode for mode in document["modes"] if mode["id"] == "eager")["available"]


def test_no_mode_is_offered_without_sse4_2_and_each_says_why(tmp_path: Path):
    status, document = fastpath(WITHOUT_SSE4, tmp_path, "modes")

    assert status == 0
    assert document["modes"]
    for mode in document["modes"]:
        assert not mode["available"]
        assert "only runs on CPUs with SSE4.2" in mode["reason"]
        assert mode["remedy"]


def test_a_run_without_sse4_2_ends_with_the_sentence_and_not_with_a_dead_process(tmp_path: Path):
    words = ("run", "--model", "starter", "--task", "feature-extraction", "--input", "Hello", "--mode", "eager")

    status, document = fastpath(WITHOUT_SSE4, tmp_path, *words)

    assert status == 1
    assert document["error"]["code"] == "ModeUnavailable"
    assert "SSE4.2" in document["error"]["what_happened"]


@pytest.mark.slow  # most of it starts the emulated engine, which is why the modes share one
@pytest.mark.timeout(1500)
def test_runs_without_avx_give_the_answers_of_this_computer(tmp_path: Path, own_home: Path):
    from engine.wire.messages import Answer

    folder = short.make(tmp_path / "starter")
    with talking(threads=1) as native, talking(prefix=prefix(WITHOUT_AVX), threads=1) as emulated:
        for mode in ("eager", "torchscript", "onnx-runtime"):
            expected = only(native.run(folder, "sentence-similarity", mode, SIMILARITY, threads=1), Answer)
            name = emulated.send(folder, "sentence-similarity", mode, SIMILARITY, calls=2, threads=1)
            emulated.end(name, 600)
            found = only(emulated.of(name), Answer)

            assert found.result.value == pytest.approx(expected.result.value, abs=1e-4), mode
