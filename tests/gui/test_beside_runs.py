"""What the window knows of evidence, runtimes, programs and compilers: as plain values."""

from dataclasses import replace

import msgspec
import pytest

from engine.wire.errors import Offline, Stopped
from engine.wire.messages import (
    Answer,
    CompilerShown,
    Exported,
    Finished,
    InstallRuntime,
    ListRuntimes,
    RemoveRuntime,
    Run,
    Runtimes,
    Stage,
    Stop,
)
from engine.wire.values import Evidence, Result
from gui import run_state
from gui.run_state import State
from tests.gui import accelerated, replay

OPENED = replay.last("opened")


def finished(state: State, request: Run, evidence: Evidence | None) -> State:
    """After ``request`` ran, and told ``evidence``."""
    known = accelerated.checked().run
    assert known is not None
    assert known.report is not None
    report = msgspec.structs.replace(known.report, evidence=evidence)
    state = run_state.asked(state, request)
    state = run_state.apply(state, Answer(id=request.id, result=Result(kind="scores", value=[1.0])), 1.0)
    return run_state.apply(state, Finished(id=request.id, report=report), 2.0)


def run(number: int, **more: object) -> Run:
    folder = OPENED.model.folder if OPENED.model is not None else ""
    made = Run(id=f"r{number}", folder=folder, task="sentence-similarity", mode="onnx-runtime", fields={"a": "b"})
    return msgspec.structs.replace(made, **more)


# --- evidence ---


def test_evidence_is_the_runs_own_and_else_that_of_one_just_the_same() -> None:
    state = finished(OPENED, run(1), accelerated.EVIDENCE)
    assert run_state.evidence_of(state, state.run) is accelerated.EVIDENCE
    again = run_state.asked(state, run(2, calls=0))

    assert run_state.evidence_of(again, again.run) is accelerated.EVIDENCE


@pytest.mark.parametrize(
    "change",
    [
        {"precision": "int8-static"},
        {"mode": "eager"},
        {"threads": 1},
        {"options": {"backend": "other"}},
        {"calibration": "/home/ada/own.txt"},
        {"fields": {"a": "another"}},
    ],
)
def test_evidence_of_anything_else_is_not_taken_for_its_own(change: dict[str, object]) -> None:
    state = run_state.asked(finished(OPENED, run(1), accelerated.EVIDENCE), run(2, **change))

    assert run_state.evidence_of(state, state.run) is None


def test_only_the_newest_evidence_is_kept() -> None:
    state = OPENED
    for number in range(20):
        state = finished(state, run(number, threads=number + 1), accelerated.EVIDENCE)

    assert len(state.explained) == run_state.EXPLAINED_KEPT
    assert run_state.evidence_of(state, state.run) is accelerated.EVIDENCE


@pytest.mark.parametrize(
    ("executed", "found"),
    [
        ((), None),
        (("avx2",), {"avx2"}),
        (("avx512_vnni",), {"avx512_vnni", "avx512_f"}),
        (("amx_int8", "avx2"), {"amx_int8", "amx_tile", "avx2"}),
    ],
)
def test_what_stands_on_another_feature_used_that_too(executed: tuple[str, ...], found: set[str] | None) -> None:
    evidence = msgspec.structs.replace(accelerated.EVIDENCE, isa_executed=executed)

    assert run_state.used(evidence) == found
    assert run_state.used(None) is None


def test_the_engine_runs_while_it_looks_at_what_ran() -> None:
    state = run_state.apply(run_state.asked(OPENED, run(1)), Stage(id="r1", stage="explain"), 1.0)

    assert state.engine == "running"


# --- runtimes ---


def test_listing_keeps_the_failure_of_an_installation() -> None:
    failed = accelerated.failed(accelerated.installing(OPENED), "i", Offline("The connection was lost."))
    assert (failed.runtimes.failed, failed.runtimes.asked) == ("ipex", None)
    listed = run_state.asked(failed, ListRuntimes(id="l"))
    for event in (Runtimes(id="l", runtimes=(accelerated.IPEX,)), Finished(id="l")):
        listed = run_state.apply(listed, event, 1.0)

    assert listed.runtimes.failed == "ipex"
    assert listed.runtimes.failure is failed.runtimes.failure


def test_another_try_forgets_the_failure() -> None:
    failed = accelerated.failed(accelerated.installing(OPENED), "i", Stopped())
    again = run_state.asked(failed, InstallRuntime(id="j", runtime="ipex"))

    assert (again.runtimes.failure, again.runtimes.failed, again.runtimes.busy_with) == (None, "", "ipex")


def test_what_belongs_to_another_request_changes_nothing() -> None:
    state = accelerated.installing(OPENED)

    assert run_state.apply(state, Runtimes(id="other", runtimes=()), 1.0) is state


def test_a_stop_is_shown_on_what_it_stops() -> None:
    state = run_state.asked(accelerated.installing(OPENED), Stop(id="i"))
    assert state.runtimes.stopping
    removing = run_state.asked(state, RemoveRuntime(id="k", runtime="ipex"))

    assert not removing.runtimes.stopping


def test_once_it_is_over_nothing_is_busy() -> None:
    state = accelerated.installed(accelerated.installing(OPENED))

    assert state.runtimes.busy_with == ""
    assert state.runtimes.cards == (accelerated.INSTALLED,)


# --- programs ---


def test_a_program_that_is_saved_has_stages_and_an_outcome() -> None:
    saving = accelerated.exporting(OPENED)
    assert saving.deed is saving.export
    assert saving.engine == "running"
    assert saving.export is not None
    assert [stage.name for stage in saving.export.stages] == ["load", "prepare"]
    saved = accelerated.exported(saving)

    assert saved.deed is None
    assert saved.engine == "ready"
    assert saved.export is not None
    assert isinstance(saved.export.outcome, Exported)


def test_a_failure_cuts_the_stage_that_went_on() -> None:
    failed = accelerated.failed(accelerated.exporting(OPENED), "x", Stopped())
    assert failed.export is not None

    assert [(stage.name, stage.cut) for stage in failed.export.stages] == [("load", ""), ("prepare", "stopped")]


def test_the_compilers_example_is_kept_apart_from_programs() -> None:
    state = accelerated.compiled(accelerated.compiling(accelerated.exported(accelerated.exporting(OPENED))))
    assert state.export is not None
    assert state.compiler is not None

    assert isinstance(state.export.outcome, Exported)
    assert isinstance(state.compiler.outcome, CompilerShown)


def test_a_stop_goes_to_the_run_where_nothing_else_has_that_id() -> None:
    state = run_state.asked(run_state.asked(OPENED, run(1)), Stop(id="r1"))
    assert state.run is not None
    assert state.run.stopping
    other = run_state.asked(replace(accelerated.exporting(OPENED), run=None), Stop(id="x"))
    assert other.export is not None

    assert other.export.stopping
