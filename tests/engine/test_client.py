"""Real child processes: answers, stopping, dying, and nothing left behind."""

import os
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from engine.wire.messages import (
    Answer,
    Catalogue,
    Describe,
    Described,
    Event,
    Failed,
    Finished,
    Notice,
    Ready,
    Samples,
    Stage,
    Update,
)
from tests.talk import SIMILARITY, Talk, gone_within, lives, only, talking

STOPPED_WITHIN_S = 1.0
TASK = "sentence-similarity"


@pytest.fixture
def talk(own_home: Path) -> Iterator[Talk]:
    with talking() as talk:
        yield talk
    assert gone_within(own_home, 2) == []


def begun(name: str, stage: str) -> Callable[[Event], bool]:
    return lambda event: isinstance(event, Stage) and event.id == name and event.stage == stage


def test_catalogue_comes_first_and_names_modes_tasks_and_cpu(talk: Talk) -> None:
    catalogue = only(talk.heard, Catalogue)

    assert [mode.id for mode in catalogue.modes] == [
        *("eager", "torchscript", "torch-compile", "better-transformer"),
        *("onnx-runtime", "openvino", "ipex"),
    ]
    assert len(catalogue.tasks) == 6
    assert catalogue.threads >= 1
    assert catalogue.cpu.brand


def test_describes_the_starter(talk: Talk) -> None:
    talk.client.send(Describe(id="d", ref="starter"))
    talk.end("d")
    described = only(talk.of("d"), Described)

    assert described.model.tasks[0] == TASK
    assert described.model.parameters == 22_713_216
    assert {cell.mode for cell in described.cells if cell.verdict == "fits"} >= {"eager", "onnx-runtime"}


def test_one_run_tells_answer_then_figures(talk: Talk, starter_folder: Path) -> None:
    events = talk.run(starter_folder, TASK, "eager", SIMILARITY, check="always")
    answer, report = only(events, Answer), only(events, Finished).report
    samples = [ms for event in events if isinstance(event, Samples) for ms in event.latency_ms]

    assert answer.result.value == pytest.approx([0.7553, -0.1050, 0.2474], abs=1e-3)
    assert report is not None
    assert report.agreement is not None
    assert report.agreement.verdict == "reference"
    assert len(samples) == report.timing.n >= 3
    assert min(samples) <= report.timing.p50_ms <= max(samples)
    assert report.environment["threads"] >= 1


def test_requests_that_a_child_cannot_read_end_as_failures(talk: Talk, starter_folder: Path) -> None:
    name = talk.send(starter_folder, "sentence-similarity", "eager", SIMILARITY, check="no such word")
    talk.client.send(Describe(id="d", ref=7))  # type: ignore[arg-type]

    for one in (name, "d"):
        last = talk.end(one, timeout_s=30)
        assert isinstance(last, Failed)
        assert last.failure.sort == "defect"


def test_second_press_starts_at_once(talk: Talk, starter_folder: Path) -> None:
    talk.run(starter_folder, TASK, "eager", SIMILARITY)
    began = time.monotonic()
    name = talk.send(starter_folder, TASK, "eager", SIMILARITY)
    talk.until(lambda event: event.id == name and isinstance(event, Answer))
    took_s = time.monotonic() - began
    talk.end(name)

    assert took_s < 1
    assert [e.cached for e in talk.of(name) if isinstance(e, Stage) and e.stage == "load"] == [True]


def test_changed_input_takes_effect_while_repeating(talk: Talk, starter_folder: Path) -> None:
    name = talk.send(starter_folder, TASK, "eager", SIMILARITY, calls=0)
    talk.until(lambda event: event.id == name and isinstance(event, Samples))
    other = {**SIMILARITY, "sentences": ["A man is eating food."]}
    talk.client.send(Update(id=name, fields=other, revision=1))
    answer = talk.until(lambda event: event.id == name and isinstance(event, Answer) and event.revision == 1, 10)
    talk.client.stop(name)
    last = talk.end(name)

    assert isinstance(answer, Answer)
    assert answer.result.value == pytest.approx([1.0], abs=1e-3)
    assert isinstance(last, Finished)


def test_bad_input_in_an_update_keeps_the_run_going(talk: Talk, starter_folder: Path) -> None:
    name = talk.send(starter_folder, TASK, "eager", SIMILARITY, calls=0)
    talk.until(lambda event: event.id == name and isinstance(event, Samples))
    talk.client.send(Update(id=name, fields={"source_sentence": "", "sentences": []}, revision=1))
    told = talk.until(lambda event: event.id == name and "goes on" in getattr(event, "text", ""), 10)
    talk.until(lambda event: event.id == name and isinstance(event, Samples), 10)
    talk.client.stop(name)

    assert isinstance(told, Notice)
    assert told.revision == 1
    assert isinstance(talk.end(name), Finished)


@pytest.mark.parametrize(
    ("mode", "stage"),
    [
        ("eager", "load"),
        pytest.param("torch-compile", "prepare", marks=pytest.mark.slow),
        pytest.param("onnx-runtime", "prepare", marks=pytest.mark.slow),
        ("eager", "running"),
    ],
)
def test_stops_within_a_second_at_every_stage(talk: Talk, starter_folder: Path, mode: str, stage: str) -> None:
    name = talk.send(starter_folder, TASK, mode, SIMILARITY, calls=0)
    talk.until(begun(name, stage))
    time.sleep(0.05)
    began = time.monotonic()
    talk.client.stop(name)
    last = talk.end(name, 5)
    took_s = time.monotonic() - began

    assert took_s < STOPPED_WITHIN_S
    assert isinstance(last, Finished) or last.failure.code == "Stopped"
    assert talk.run(starter_folder, TASK, "eager", SIMILARITY)


def test_stop_while_the_engine_starts(own_home: Path, starter_folder: Path) -> None:
    with talking() as talk:
        name = talk.send(starter_folder, TASK, "eager", SIMILARITY, calls=0)
        talk.client.stop(name)
        began = time.monotonic()
        last = talk.end(name, 5)

        assert time.monotonic() - began < STOPPED_WITHIN_S
        assert isinstance(last, Failed)
        assert last.failure.code == "Stopped"
        assert talk.run(starter_folder, TASK, "eager", SIMILARITY)


@pytest.mark.parametrize(
    ("mode", "stage"),
    [
        ("eager", "running"),
        pytest.param("eager", "load", marks=pytest.mark.slow),
        pytest.param("onnx-runtime", "prepare", marks=pytest.mark.slow),
        pytest.param("torch-compile", "prepare", marks=pytest.mark.slow),
    ],
)
def test_a_killed_engine_is_one_failure_and_the_next_run_works(
    talk: Talk, own_home: Path, starter_folder: Path, mode: str, stage: str
) -> None:
    pid = talk.work_pid()
    group = {process.pid for process in psutil.Process(pid).children(recursive=True)} | {pid}
    name = talk.send(starter_folder, TASK, mode, SIMILARITY, calls=0)
    talk.until(begun(name, stage))
    if (mode, stage) == ("torch-compile", "prepare"):
        time.sleep(3)  # until the compiler is at work
        group |= {process.pid for process in psutil.Process(pid).children(recursive=True)}
    os.kill(pid, signal.SIGKILL)
    last = talk.end(name, 3)
    end = time.monotonic() + 2
    while any(lives(member) for member in group) and time.monotonic() < end:
        time.sleep(0.02)

    assert isinstance(last, Failed)
    assert (last.failure.code, last.failure.sort) == ("EngineDied", "died")
    assert "SIGKILL" in last.failure.what_happened
    assert [member for member in group if lives(member)] == []
    assert talk.run(starter_folder, TASK, "eager", SIMILARITY)
    assert sum(isinstance(event, Failed) for event in talk.of(name)) == 1


def test_a_crash_of_the_engine_names_where_it_was(talk: Talk, starter_folder: Path) -> None:
    name = talk.send(starter_folder, TASK, "eager", SIMILARITY, calls=0)
    talk.until(begun(name, "running"))
    os.kill(talk.work_pid(), signal.SIGSEGV)
    last = talk.end(name, 5)

    assert isinstance(last, Failed)
    assert "SIGSEGV" in last.failure.what_happened
    assert "Fatal Python error: Segmentation fault" in last.failure.details
    assert "work.py" in last.failure.details


def test_a_killed_desk_comes_back(talk: Talk) -> None:
    desk = next(event for event in talk.heard if isinstance(event, Ready) and event.role == "desk")
    os.kill(desk.pid, signal.SIGKILL)
    talk.until(lambda event: isinstance(event, Ready) and event.role == "desk" and event.pid != desk.pid, 10)
    talk.client.send(Describe(id="again", ref="starter"))

    assert isinstance(talk.end("again"), Finished)


def test_no_process_outlives_a_killed_parent(own_home: Path, starter_folder: Path) -> None:
    script = textwrap.dedent(f"""
        from pathlib import Path
        from tests.talk import SIMILARITY, talking
        from engine.wire.messages import Samples
        with talking() as talk:
            name = talk.send(Path({str(starter_folder)!r}), "sentence-similarity", "eager", SIMILARITY, calls=0)
            talk.until(lambda event: isinstance(event, Samples))
            print("running", flush=True)
            talk.until(lambda event: False, 60)
    """)
    root = Path(__file__).parents[2]
    with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, cwd=root, text=True) as parent:
        assert parent.stdout is not None
        assert parent.stdout.readline() == "running\n"
        parent.kill()

    assert gone_within(own_home, 2) == []


@pytest.mark.slow
def test_unlike_thread_counts_get_an_engine_each_in_turn(talk: Talk, starter_folder: Path) -> None:
    first = talk.work_pid()
    events = talk.run(starter_folder, TASK, "eager", SIMILARITY, threads=1, calls=3)
    report = only(events, Finished).report

    assert report is not None
    assert report.environment["threads"] == 1
    assert any(isinstance(event, Stage) and event.stage == "starting" for event in events) or first


@pytest.mark.parametrize("module", ["engine.client", "engine.cli.commands", "engine.desk"])
def test_window_command_line_and_desk_import_nothing_heavy(module: str) -> None:
    heavy = "torch transformers optimum onnxruntime onnx openvino"
    script = f"import sys, {module}; print([name for name in {heavy.split()!r} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)

    assert done.stdout.strip() == "[]"
