"""What the window knows of a comparison, by the events that bring it there."""

from msgspec.structs import replace

from engine.wire.errors import Stopped, failure_of
from engine.wire.messages import (
    CellTold,
    Compare,
    Compared,
    Describe,
    Described,
    Failed,
    Finished,
    Notice,
    Reported,
    SaveReport,
    Script,
    Stop,
    WriteScript,
)
from gui import run_state
from gui.pages.compare_page import facts, words
from gui.pages.compare_page.ends import said_of
from gui.pages.compare_page.rows import rows, speed_of
from gui.pages.compare_page.rungs import ladder_of
from gui.run_state import State, is_ladder
from tests.gui import compared


def names(state: State) -> list[str]:
    assert state.comparing is not None
    return [f"{bar.name} {bar.detail}" for bar in rows(state.comparing, state).others]


def test_cells_are_known_as_they_change_and_the_fastest_is_on_top() -> None:
    state = compared.begun()
    assert state.comparing is not None
    assert state.compares is state.comparing
    assert state.engine == "running"

    slow, fast = (compared.measured("torchscript", "fp32", ms, "") for ms in (6.0, 3.0))
    state = compared.after(state, CellTold(id="c", number=0, cell=compared.baseline()))
    state = compared.after(state, CellTold(id="c", number=1, cell=slow))
    other = compared.measured("onnx-runtime", "fp32", 5.0, "")
    state = compared.after(state, CellTold(id="c", number=2, cell=other))
    assert names(state) == ["ONNX Runtime fp32", "TorchScript fp32"]

    state = compared.after(state, CellTold(id="c", number=1, cell=fast))
    assert names(state) == ["TorchScript fp32", "ONNX Runtime fp32"]
    view = state.comparing
    assert view is not None
    assert [bar.look for bar in rows(view, state).bases] == ["base"]


def test_it_is_over_with_what_the_engine_tells_in_the_end() -> None:
    state = compared.done()
    assert state.comparing is not None
    assert state.comparing.over
    assert state.compares is None
    assert state.engine == "ready"
    assert state.comparing.winner == 7
    best = [bar.number for bar in rows(state.comparing, state).others if bar.best]
    assert best == [7]


def test_stopping_keeps_what_was_measured_and_names_the_rest() -> None:
    state = run_state.asked(compared.racing(), Stop(id="c"))
    assert state.comparing is not None
    assert state.comparing.stopping
    assert state.engine == "stopping"

    state = compared.after(state, Failed(id="c", failure=failure_of(Stopped())))
    view = state.comparing
    assert view is not None
    assert view.over
    assert view.failure is None
    assert view.cells[8].status == "stopped"
    assert view.cells[3].p50_ms == 5.12
    assert state.compares is None


def test_a_failure_keeps_what_was_measured() -> None:
    view = compared.failed().comparing
    assert view is not None
    assert view.failure is not None
    assert view.failure.code == "EngineDied"
    assert view.cells[8].status == "failed"
    assert view.cells[3].p50_ms == 5.12


def test_events_of_another_comparison_change_nothing() -> None:
    state = compared.begun()
    assert compared.after(state, CellTold(id="old", number=0, cell=compared.baseline())).comparing == state.comparing


def test_a_notice_is_a_doubt_until_the_engine_tells_all() -> None:
    state = compared.after(compared.begun(), Notice(id="c", text="Another program runs."))
    assert state.comparing is not None
    assert state.comparing.doubts == ("Another program runs.",)


def test_one_mode_under_several_caps_is_a_ladder_and_leaves_the_race_alone() -> None:
    race = compared.done()
    caps: Compare = compared.request(id="l", modes=("eager",), precisions=("bf16",), isa_caps=("avx2", ""))
    state = run_state.asked(race, caps)
    assert state.comparing is race.comparing
    assert state.compares is state.ladder

    state = compared.after(state, Compared(id="l", comparison=compared.comparison()), Finished(id="l"))
    assert state.ladder is not None
    assert state.ladder.over
    assert state.comparing is race.comparing


def test_what_was_found_fastest_comes_with_the_model() -> None:
    opened, picked = compared.opened(), compared.picked()
    assert opened.model is not None
    asked = run_state.asked(opened, Describe(id="d", ref="starter"))
    told = Described(id="d", model=opened.model, cells=(), picks=picked.picks)
    state = compared.after(asked, told, Finished(id="d"))

    assert state.pick("sentence-similarity") == picked.picks[0]
    assert state.pick("fill-mask") is None


def test_what_is_written_of_it_is_told_once_it_is_there() -> None:
    state, found = compared.done(), compared.comparison()
    state = run_state.asked(state, SaveReport(id="r", comparison=found, form="html", target="/reports/a.html"))
    state = compared.after(state, Reported(id="r", path="/reports/a.html"), Finished(id="r"))
    assert state.written is not None
    assert state.written.over
    assert state.written.outcome == Reported(id="r", path="/reports/a.html")

    state = run_state.asked(state, WriteScript(id="s", comparison=found, number=7))
    assert state.written is not None
    assert state.written.outcome is None
    state = compared.after(state, Script(id="s", text="import torch"), Finished(id="s"))
    assert state.written is not None
    assert isinstance(state.written.outcome, Script)


def test_a_speedup_is_never_told_where_the_answer_is_another() -> None:
    wrong = replace(compared.measured("torch-compile", "bf16", 2.0), verdict="different answer")
    assert wrong.speedup is not None
    for said in (words.outcome(wrong), words.speedup(wrong)):
        assert said == "different answers"
    assert words.speedup(compared.measured("eager", "bf16", 8.3, "no difference")) == "no difference"
    assert words.speedup(replace(wrong, verdict="not checked")) == "answers not checked"


def test_a_speedup_is_told_with_its_interval_and_a_slower_one_the_other_way_round() -> None:
    assert words.outcome(compared.measured("onnx-runtime", "fp32", 4.21)) == "2.00× (1.92 to 2.08), identical answers"
    assert words.speedup(compared.measured("eager", "bf16", 16.84, "slower")) == "2.00× slower (1.92 to 2.08)"


def test_all_that_is_known_of_a_cell_is_told() -> None:
    state = compared.done()
    view = state.comparing
    assert view is not None
    told = facts.as_text(compared.cells()[7], view, state)
    for part in ("p99: 3.47 ms", "pays after 412 calls", "AVX-512", "3 of them far out", "Only 100 calls", "612 MB"):
        assert part in told
    few = replace(compared.cells()[7], p99_ms=None, break_even_calls=None, isa_executed=())
    assert f"p99: {facts.TOO_FEW}" in facts.as_text(few, view, state)
    assert "the runtime does not tell" in facts.as_text(few, view, state)


def test_threads_and_batches_are_named_only_where_they_tell_rows_apart() -> None:
    state = compared.of_sixty()
    assert any("2 threads" in name for name in names(state))
    assert not any("thread" in name for name in names(compared.done()))


def rungs_of(state: State) -> list[str]:
    assert state.ladder is not None
    return [rung.said for rung in ladder_of(state.ladder, state)[0]]


def test_several_batches_or_threads_under_caps_are_no_ladder() -> None:
    one = compared.request(id="l", modes=("eager",), precisions=("bf16",), isa_caps=("avx2", ""))
    assert is_ladder(one)
    assert not is_ladder(replace(one, batches=(1, 8)))
    assert not is_ladder(replace(one, threads=(1, 2)))


def test_the_baseline_is_no_rung_but_where_it_was_asked_for() -> None:
    state = compared.begun(id="l", modes=("eager",), precisions=("bf16",), isa_caps=("avx2", ""))
    waiting = replace(compared.measured("eager", "bf16", 5.0, isa_cap="avx2"), p50_ms=None, status="waiting")
    base = replace(compared.baseline(), p50_ms=None, verdict="", status="waiting", stage="preparing")
    state = compared.after(state, CellTold(id="l", number=0, cell=base), CellTold(id="l", number=1, cell=waiting))
    assert [said.split(",")[0] for said in rungs_of(state)] == ["Up to AVX2"]

    state = compared.begun(id="l", modes=("eager",), precisions=("fp32",), isa_caps=("avx2", ""))
    capped = compared.measured("eager", "fp32", 9.0, "slower", isa_cap="avx2", cap_held=True)
    found = compared.comparison([compared.baseline(), capped], winner=0)
    state = compared.after(state, Compared(id="l", comparison=found), Finished(id="l"))
    assert rungs_of(state) == ["Up to AVX2, 9.00 ms, cap held", "No cap, 8.42 ms, 1.07× faster"]


def test_a_gain_is_told_only_in_the_end_and_where_the_intervals_lie_apart() -> None:
    state = compared.begun(id="l", modes=("eager",), precisions=("bf16",), isa_caps=("avx2", ""))
    slow = compared.measured("eager", "bf16", 5.0, isa_cap="avx2", cap_held=True)
    near, far = (compared.measured("eager", "bf16", ms) for ms in (4.75, 4.0))
    told = [CellTold(id="l", number=place, cell=cell) for place, cell in enumerate((compared.baseline(), slow, far))]
    assert rungs_of(compared.after(state, *told))[-1] == "No cap, 4.00 ms"
    for cell, gain in ((near, "4.75 ms, no difference"), (far, "4.00 ms, 1.25× faster")):
        found = compared.comparison([compared.baseline(), slow, cell], winner=2)
        over = compared.after(state, Compared(id="l", comparison=found), Finished(id="l"))
        assert rungs_of(over)[-1] == f"No cap, {gain}"


def test_a_ladder_that_was_stopped_says_so() -> None:
    state = compared.begun(id="l", modes=("eager",), precisions=("bf16",), isa_caps=("avx2", ""))
    slow = compared.measured("eager", "bf16", 5.0, isa_cap="avx2", cap_held=True)
    found = compared.comparison([compared.baseline(), slow], winner=None, sentence="", stopped=True)
    state = compared.after(state, Compared(id="l", comparison=found), Finished(id="l"))
    assert state.ladder is not None
    assert ladder_of(state.ladder, state)[1].startswith("Stopped before its end. ")
    assert said_of(state.ladder, state) == "Stopped before its end. Up to AVX2, 5.00 ms, cap held."


def test_a_bar_is_as_long_as_its_median_says_from_the_first_round_on() -> None:
    """Calls that took long pull the throughput down and not the median, which stands beside the bar."""
    state = compared.begun(inputs=())
    cell = compared.measured("onnx-runtime", "fp32", 20.0, "", batch=8, throughput=390.0)
    view = compared.after(state, CellTold(id="c", number=1, cell=cell)).comparing
    assert view is not None
    assert view.inputs is None
    assert speed_of(cell, view) == 400.0


def test_a_batch_holds_no_more_than_there_are() -> None:
    found = [compared.baseline(), compared.baseline(batch=8), compared.measured("onnx-runtime", "fp32", 4.0, batch=8)]
    state = compared.done(compared.comparison(found, inputs={"count": 1}, winner=2))
    view = state.comparing
    assert view is not None
    assert names(state) == ["ONNX Runtime fp32, batch 8 (holds 1 input)"]
    assert "Inputs in a call: 1, for there are no more" in facts.as_text(found[2], view, state)
    assert speed_of(found[2], view) == 250.0
