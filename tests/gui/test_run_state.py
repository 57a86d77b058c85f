"""Every state that the window shows, from recorded conversations."""

from dataclasses import replace

import msgspec
import pytest

from engine.wire import errors
from engine.wire.messages import (
    STAGES,
    Answer,
    AnyEvent,
    Describe,
    Failed,
    Finished,
    Notice,
    Ready,
    Samples,
    Stage,
    Update,
)
from engine.wire.values import NoticeText, Result
from gui import run_state
from gui.run_state import State
from gui.run_state.latencies import Latencies
from tests.gui import replay

FAILURES = [kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, errors.FastpathError)]


def test_opens_with_what_the_desk_says() -> None:
    state = replay.last("opened")

    assert state.engine == "ready"
    assert state.live
    assert state.model is not None
    assert state.model.ref == "starter"
    assert state.describing is None
    assert ("eager", "fp32") in state.cells


def test_engine_is_starting_until_a_catalogue_comes() -> None:
    ready = Ready(protocol=1, role="desk", pid=7)

    assert State().engine == "starting"
    assert run_state.apply(State(), ready, 0.0).engine == "starting"


def test_a_catalogue_kept_on_the_disk_does_not_make_the_engine_ready() -> None:
    kept = State(catalogue=replay.last("opened").catalogue)

    assert kept.engine == "starting"


def test_engine_word_follows_the_run() -> None:
    words: list[str] = []
    for state in replay.states("checked"):
        if not words or words[-1] != state.engine:
            words.append(state.engine)

    assert words == ["starting", "ready", "loading", "running", "ready"]


def test_stages_stand_in_their_order_and_end_with_a_time() -> None:
    run = replay.last("checked").run

    assert run is not None
    names = [stage.name for stage in run.stages]
    assert names == [name for name in STAGES if name in names]
    assert {"checking", "load", "first", "running", "compare"} <= set(names)
    assert all(stage.seconds is not None for stage in run.stages)


def test_a_stage_that_comes_again_is_under_way_again() -> None:
    state = replay.last("repeating")
    assert state.run is not None
    state = run_state.apply(state, Stage(id=state.run.request.id, stage="prepare"), 50.0)

    assert state.run is not None
    prepare = next(stage for stage in state.run.stages if stage.name == "prepare")
    assert prepare.seconds is None
    assert prepare.began_s == 50.0


def test_events_of_another_request_change_nothing() -> None:
    state = replay.last("repeating")
    others: list[AnyEvent] = [
        Stage(id="run-0", stage="load", seconds=9.0),
        Notice(id="run-0", text="of another run"),
        Answer(id="run-0", result=Result(kind="labels", value=[])),
        Samples(id="run-0", latency_ms=(99_999.0,), memory_bytes=1),
        Finished(id="run-0"),
        Failed(id="run-0", failure=errors.failure_of(errors.Stopped())),
    ]

    assert all(run_state.apply(state, event, 99.0) is state for event in others)


def test_events_after_the_end_change_nothing() -> None:
    state = replay.last("checked")
    assert state.run is not None
    late = Samples(id=state.run.request.id, latency_ms=(1.0,), memory_bytes=1)
    before = state.run.latencies.n

    assert run_state.apply(state, late, 99.0) is state
    assert state.run.latencies.n == before


def test_answer_belongs_to_the_fields_of_its_revision() -> None:
    state = replay.last("repeating")
    assert state.run is not None
    run_id = state.run.request.id
    changed = {"source_sentence": "another", "sentences": ["one", "two"]}
    state = run_state.updated(state, Update(id=run_id, fields=changed, revision=1))
    assert state.run is not None
    assert state.run.answer_fields == state.run.request.fields

    state = run_state.apply(state, Answer(id=run_id, result=Result(kind="scores", value=[1, 0]), revision=1), 60.0)
    assert state.run is not None
    assert state.run.answer_fields == changed
    assert state.run.latencies.n == 0  # figures are of one input


REFUSED = "Source sentence is empty. The run goes on with the input before."


def told(state: State, *events: AnyEvent) -> State:
    assert state.run is not None
    for event in events:
        state = run_state.apply(state, msgspec.structs.replace(event, id=state.run.request.id), 60.0)
    return state


def lines(state: State) -> list[str]:
    assert state.run is not None
    return [note.text for note in state.run.notices]


def answer(revision: int) -> Answer:
    return Answer(result=Result(kind="scores", value=[1, 0]), revision=revision)


CALLS = Samples(latency_ms=(5.0,), memory_bytes=1)


def test_a_refused_input_is_told_once_until_a_later_one_is_answered() -> None:
    before = told(replay.last("repeating"), CALLS)
    refused = told(before, Notice(text=REFUSED, revision=1), CALLS, Notice(text=REFUSED, revision=2), CALLS)
    assert lines(refused) == [*lines(before), REFUSED]

    mended = told(refused, answer(3))
    assert lines(mended) == lines(before)
    assert lines(told(mended, CALLS, Notice(text=REFUSED, revision=4), CALLS)) == [*lines(before), REFUSED]


def test_what_is_told_of_an_input_stays_with_its_answer_alone() -> None:
    cut = "The text was cut: 510 of its 700 tokens were kept."
    for at in (0, 2):
        state = told(replay.last("repeating"), Notice(text=cut, revision=at), answer(at), CALLS)
        assert cut in lines(state)
        assert cut not in lines(told(state, answer(at + 1), CALLS))


def test_notices_of_the_run_stay_whatever_is_typed() -> None:
    fell_back = "TorchScript cannot take this model, so plain PyTorch (eager) ran instead."
    state = told(replay.last("repeating"), Notice(text=fell_back), answer(0), CALLS, answer(1), CALLS)

    assert fell_back in lines(state)


def test_the_report_brings_nothing_back_and_nothing_twice() -> None:
    report = replay.last("checked").run
    assert report is not None
    assert report.report is not None
    of_run, refused, at_end = (
        NoticeText(text="The text is long."),
        NoticeText(text=REFUSED, revision=1),
        NoticeText(text="At the end."),
    )
    whole = msgspec.structs.replace(report.report, notices=(of_run, refused, refused, at_end))
    state = replay.last("repeating")
    assert state.run is not None
    state = told(run_state.began(state, state.run.request), Notice(text=of_run.text), answer(0), CALLS)
    state = told(state, Notice(text=REFUSED, revision=1), CALLS)

    assert lines(told(state, Finished(report=whole))) == [of_run.text, REFUSED, at_end.text]
    mended = told(state, answer(2), CALLS, Finished(report=whole))
    assert lines(mended) == [of_run.text, at_end.text]
    assert mended.run is not None
    assert mended.run.report == whole


def test_a_run_keeps_the_name_of_its_model() -> None:
    state = replay.last("opened")
    request = replay.last("repeating").run
    assert state.model is not None
    assert request is not None
    of_it = msgspec.structs.replace(request.request, folder=state.model.folder)
    begun = run_state.began(state, of_it)
    other = replace(begun, model=msgspec.structs.replace(state.model, name="another", folder="/another"))

    assert begun.run is not None
    assert begun.run.model_name == state.model.name
    assert other.run is not None
    assert other.run.model_name == state.model.name
    unknown = run_state.began(other, of_it).run
    assert unknown is not None
    assert unknown.model_name == ""


def test_checked_run_has_agreement_ratio_and_baseline() -> None:
    state = replay.last("checked")

    assert state.run is not None
    assert state.run.over
    assert state.run.report is not None
    assert state.run.report.ratio is not None
    assert run_state.baseline_ms(state) == state.run.report.ratio.eager_ms


def test_baseline_is_known_for_the_same_input_only() -> None:
    state = replay.last("checked")
    assert state.run is not None
    again = replace(state, run=run_state.RunView(state.run.request, Latencies()))
    other = {"source_sentence": "quite another", "sentences": ["one"]}
    changed = replace(state, run=run_state.RunView(state.run.request, Latencies(), answer_fields=other))

    assert run_state.baseline_ms(again) == run_state.baseline_ms(state)
    assert run_state.baseline_ms(changed) is None


def test_dead_engine_ends_the_run_with_one_failure() -> None:
    state = replay.last("died")

    assert state.run is not None
    assert state.run.over
    assert state.run.failure is not None
    assert state.run.failure.sort == "died"
    assert state.engine == "ready"
    assert all(stage.seconds is not None for stage in state.run.stages)


@pytest.mark.parametrize(
    "last",
    [Finished(), Failed(failure=errors.failure_of(errors.Stopped())), Samples(latency_ms=(5.0,), memory_bytes=1)],
)
def test_the_chart_knows_when_the_run_is_over(last: AnyEvent) -> None:
    state = told(replay.last("repeating"), last)

    assert state.run is not None
    assert state.run.latencies.over == state.run.over == (not isinstance(last, Samples))


def test_engine_that_cannot_start_is_stopped_until_tried_again() -> None:
    failure = errors.failure_of(errors.EngineDied("The engine ended with status 1."))
    state = run_state.apply(State(), Failed(failure=failure), 0.0)

    assert state.engine == "stopped"
    assert state.engine_failure == failure
    assert run_state.trying_again(state).engine == "starting"


def test_a_model_that_is_not_found_leaves_the_former_one() -> None:
    opened = replay.last("opened")
    asked = run_state.describing(opened, Describe(id="describe-9", ref="/nowhere"))
    failure = errors.failure_of(errors.ModelNotFound("There is no folder /nowhere."))
    state = run_state.apply(asked, Failed(id="describe-9", failure=failure), 1.0)

    assert state.model == opened.model
    assert state.model_failure == failure
    assert state.describing is None


@pytest.mark.parametrize("kind", FAILURES)
def test_each_failure_ends_a_run(kind: type[errors.FastpathError]) -> None:
    state = replay.last("repeating")
    assert state.run is not None
    failure = errors.failure_of(kind("What happened."))
    state = run_state.apply(state, Failed(id=state.run.request.id, failure=failure), 70.0)

    assert state.run is not None
    assert state.run.failure == failure
    assert state.engine == "ready"


def test_stopping_is_shown_until_the_end() -> None:
    state = run_state.stopping(replay.last("repeating"))

    assert state.engine == "stopping"
    assert state.run is not None
    assert run_state.apply(state, Finished(id=state.run.request.id), 80.0).engine == "ready"


def test_kept_baselines_are_few() -> None:
    state = replay.last("checked")
    assert state.run is not None
    report = state.run.report
    for number in range(run_state.BASELINES_KEPT + 20):
        fields = {"source_sentence": str(number), "sentences": ["a"]}
        request = msgspec.structs.replace(state.run.request, fields=fields)
        state = run_state.apply(run_state.began(state, request), Finished(id=request.id, report=report), 1.0)
        assert state.run is not None

    assert len(state.eager_ms) == run_state.BASELINES_KEPT
