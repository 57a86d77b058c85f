"""The program as a person in a terminal meets it: real processes, real exit statuses."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.talk import SIMILARITY, command, gone_within, processes_under

ROOT = Path(__file__).parents[3]
PROGRAM = [sys.executable, "-m", "gui"]


def fastpath(*words: str, given: bytes = b"", status: int = 0) -> str:
    """Standard output of the program, which must end with ``status``."""
    done = subprocess.run([*PROGRAM, *words], input=given, capture_output=True, timeout=280, cwd=ROOT)
    assert done.returncode == status, done.stderr.decode()
    return done.stdout.decode()


def document(*words: str, given: bytes = b"", status: int = 0) -> dict[str, Any]:
    """The one JSON document on standard output."""
    found: dict[str, Any] = json.loads(fastpath(*words, "--json", given=given, status=status))
    assert found["schema"] == 1
    return found


def test_cpu_document_has_the_stable_names() -> None:
    found = document("cpu")

    assert {"brand", "architecture", "cores_physical", "cores_logical", "caches", "memory_total_mb"} <= set(found)
    assert {"id", "title", "present", "usable", "reason", "explains"} <= set(found["features"][0])
    assert isinstance(found["peaks"], list)


def test_modes_and_tasks_documents_have_the_stable_names() -> None:
    modes, tasks = document("modes")["modes"], document("tasks")["tasks"]

    assert [mode["id"] for mode in modes][:3] == ["eager", "torchscript", "torch-compile"]
    assert all(len(mode["precisions"]) == 6 for mode in modes[1:2])
    assert {"id", "title", "plain", "available", "reason", "remedy", "precisions"} <= set(modes[0])
    assert {"id", "available", "reason"} <= set(modes[0]["precisions"][0])
    assert {"id", "fields", "output", "example"} <= set(tasks[0])


def test_run_document_has_the_stable_names_and_true_figures() -> None:
    words = ("run", "--model", "starter", "--task", "sentence-similarity", "--mode", "onnx-runtime", "--repeat", "40")
    found = document(*words, "--input", json.dumps(SIMILARITY))
    timing = found["timing"]

    assert found["mode_requested"] == found["mode_executed"] == "onnx-runtime"
    assert found["precision_executed"] == "fp32"
    assert found["agreement"]["verdict"] == "identical"
    assert found["agreement"]["max_abs_diff"] < 1e-4
    assert found["output"] == pytest.approx([0.7553, -0.1050, 0.2474], abs=1e-3)
    assert timing["n"] == len(timing["samples_ms"]) == 40
    assert min(timing["samples_ms"]) <= timing["p50_ms"] <= timing["p90_ms"] <= max(timing["samples_ms"])
    assert timing["p99_ms"] is None
    assert {"load_s", "prepare_s", "prepare_cached", "first_ms", "stages_p50_ms"} <= set(timing)
    assert {"prepare_input", "model", "interpret"} == set(timing["stages_p50_ms"])
    assert found["memory"]["peak_rss_mb"] > 100
    assert found["environment"]["versions"]["torch"].startswith("2.13")


def test_plain_text_from_standard_input_serves_a_task_of_one_field(tiny: Callable[[str, str], Path]) -> None:
    folder = str(tiny("bert", "SequenceClassification"))
    words = ("run", "--model", folder, "--task", "text-classification", "--mode", "eager", "--input", "-")
    found = document(*words, "--repeat", "3", given="I like it, très bien 👍".encode())

    assert sum(entry["score"] for entry in found["output"]) == pytest.approx(1, abs=1e-3)
    assert {"label", "score"} == set(found["output"][0])


def test_large_arrays_are_in_the_document_whole(tiny: Callable[[str, str], Path]) -> None:
    folder = str(tiny("bert", "FeatureExtraction"))
    words = ("run", "--model", folder, "--task", "feature-extraction", "--mode", "eager", "--repeat", "3")
    found = document(*words, "--input", "time " * 40)

    assert len(found["output"][0]) > 10
    assert len({len(row) for row in found["output"][0]}) == 1


def slow(*values: object) -> Any:
    return pytest.param(*values, marks=pytest.mark.slow)


@pytest.mark.parametrize(
    ("words", "status", "code"),
    [
        (("--model", "/no/such/folder", "--task", "fill-mask", "--input", "x"), 1, "ModelNotFound"),
        slow(("--model", "starter", "--task", "question-answering", "--input", "{}"), 1, "NotForThisModel"),
        (("--model", "starter", "--task", "sentence-similarity", "--input", "{}"), 1, "BadInput"),
        slow(("--model", "starter", "--task", "question-answering", "--input", "plain text"), 1, "BadInput"),
        (("--model", "starter", "--task", "fill-mask", "--input", "a [MASK]"), 1, "NotForThisModel"),
        slow(("--model", "starter", "--task", "feature-extraction", "--input", ""), 1, "BadInput"),
        (("--model", "starter", "--task", "fill-mask", "--threads", "4000", "--input", "x"), 1, "BadInput"),
        (("--model", "starter", "--task", "fill-mask", "--threads", f"{10**20}", "--input", "x"), 1, "BadInput"),
        (("--model", "starter", "--task", "no-such-task", "--input", "x"), 2, "WrongWords"),
        (("--model", "starter", "--task", "fill-mask", "--mode", "warp", "--input", "x"), 2, "WrongWords"),
        (("--model", "starter"), 2, "WrongWords"),
        (("--model", "starter", "--task", "fill-mask", "--repeat", "0", "--input", "x"), 2, "WrongWords"),
    ],
)
def test_a_failure_is_one_document_and_a_status(words: tuple[str, ...], status: int, code: str) -> None:
    error = document("run", *words, status=status)["error"]

    assert error["code"] == code
    assert error["what_happened"]
    assert error["what_to_do"]


def test_failure_for_people_goes_to_standard_error() -> None:
    words = ("run", "--model", "/no/such/folder", "--task", "fill-mask", "--input", "x")

    assert fastpath(*words, status=1) == ""


def test_input_that_is_not_utf8_is_refused() -> None:
    words = ("run", "--model", "starter", "--task", "feature-extraction", "--input", "-")

    assert document(*words, given=b"\xff\xfe\x00", status=1)["error"]["code"] == "BadInput"


def test_interrupt_ends_with_status_130_and_leaves_nothing(own_home: Path) -> None:
    words = ("run", "--model", "starter", "--task", "feature-extraction", "--input", "x", "--repeat", "100000000")
    with subprocess.Popen(
        [*PROGRAM, *words, "--json"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=ROOT
    ) as run:
        assert run.stderr is not None
        while b"running" not in run.stderr.readline():
            pass
        time.sleep(0.3)
        run.send_signal(signal.SIGINT)
        out, _ = run.communicate(timeout=5)

    assert run.returncode == 130
    assert json.loads(out)["stopped"] is True
    assert gone_within(own_home, 2) == []


def test_interrupt_while_standard_input_is_read_is_one_document_too(own_home: Path) -> None:
    words = ("run", "--model", "starter", "--task", "feature-extraction", "--input", "-", "--json")
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with subprocess.Popen([*PROGRAM, *words], cwd=ROOT, **pipes) as run:  # type: ignore[call-overload]
        end = time.monotonic() + 30
        while not any("work" in command(process) for process in processes_under(own_home)):
            assert time.monotonic() < end
            time.sleep(0.02)
        run.send_signal(signal.SIGINT)
        assert run.wait(timeout=5) == 130
        out = run.stdout.read()

    assert json.loads(out)["error"]["code"] == "Stopped"
    assert gone_within(own_home, 2) == []


def test_interrupt_before_the_catalogue_is_one_document_too(own_home: Path) -> None:
    # From outside it would have to hit the tenth of a second that the desk takes to start.
    script = """if True:
        import os, signal, sys
        from engine import cli, client
        start = client.Client.start
        client.Client.start = lambda self: (start(self), os.kill(os.getpid(), signal.SIGINT))
        sys.exit(cli.main(["cpu", "--json"]))
    """
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, timeout=30, cwd=ROOT)

    assert done.returncode == 130, done.stderr.decode()
    assert json.loads(done.stdout)["error"]["code"] == "Stopped"
    assert gone_within(own_home, 2) == []


def test_interrupt_while_the_program_is_imported_is_one_document_too() -> None:
    script = """if True:
        import sys
        class Interrupt:
            def find_spec(self, name, *_):
                if name == "engine.client":
                    sys.meta_path.remove(self)
                    raise KeyboardInterrupt
        sys.meta_path.insert(0, Interrupt())
        from engine import cli
        sys.exit(cli.main(["cpu", "--json"]))
    """
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, timeout=30, cwd=ROOT)

    assert done.returncode == 130, done.stderr.decode()
    assert json.loads(done.stdout)["error"]["code"] == "Stopped"


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="only Linux has a device that is always full")
@pytest.mark.parametrize("words", [("tasks", "--json"), ("tasks",), ("--help",), ("no-such-command", "--json")])
def test_output_that_cannot_be_written_is_one_sentence(words: tuple[str, ...], own_home: Path) -> None:
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run([*PROGRAM, *words], stdout=full, stderr=subprocess.PIPE, timeout=30, cwd=ROOT)

    assert done.returncode == 1
    assert done.stderr.decode() == "The output could not be written (No space left on device).\n"
    assert gone_within(own_home, 2) == []


@pytest.mark.parametrize("words", [("tasks", "--json"), ("tasks",)])
def test_a_reader_that_went_away_is_nothing_to_tell_of(words: tuple[str, ...], own_home: Path) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    try:
        done = subprocess.run([*PROGRAM, *words], stdout=writing, stderr=subprocess.PIPE, timeout=30, cwd=ROOT)
    finally:
        os.close(writing)

    assert done.returncode == 1
    assert done.stderr == b""
    assert gone_within(own_home, 2) == []


def test_starter_is_the_starter_whatever_lies_in_the_current_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "starter").mkdir()
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    words = ("run", "--task", "feature-extraction", "--input", "x", "--json", "--tokenizer", "./starter")
    told = {}
    for model in ("starter", "./starter"):
        done = subprocess.run([*PROGRAM, *words, "--model", model], capture_output=True, timeout=60, cwd=tmp_path)
        assert done.returncode == 1, done.stderr.decode()
        told[model] = json.loads(done.stdout)["error"]["what_happened"]

    # The starter is looked into and then the folder as its tokenizer; the folder as a model fails before that.
    assert "tokenizer" in told["starter"]
    assert "tokenizer" not in told["./starter"]


@pytest.mark.slow  # the same in a terminal is below
@pytest.mark.timeout(600)
def test_try_compares_every_available_mode() -> None:
    available = [mode["id"] for mode in document("modes")["modes"] if mode["available"]]
    runs = document("try")["runs"]

    assert [run["mode_executed"] for run in runs] == available
    assert [run["agreement"]["verdict"] for run in runs] == ["reference", *["identical"] * (len(available) - 1)]
    assert all(run["ratio"]["value"] > 0 for run in runs[1:])


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_without_a_display_the_main_job_is_done_in_the_terminal() -> None:
    command = ["env", "-u", "DISPLAY", "-u", "WAYLAND_DISPLAY", "-u", "QT_QPA_PLATFORM", *PROGRAM]
    done = subprocess.run(command, capture_output=True, text=True, timeout=280, cwd=ROOT)

    assert done.returncode == 0, done.stderr
    assert "display" in done.stderr
    assert "same answer as eager" in done.stdout
