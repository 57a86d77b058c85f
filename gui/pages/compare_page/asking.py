"""The requests of the page, built once of what its widgets say."""

import dataclasses
from typing import Any

from engine.wire.messages import Compare
from engine.wire.values import TaskCard
from gui.pages.compare_page.fastest_card import BUDGET_S, FastestCard
from gui.pages.compare_page.limits_card import LimitsCard
from gui.pages.compare_page.mode_grid import ModeGrid
from gui.pages.compare_page.subject_card import SubjectCard
from gui.run_state import State, new_id
from gui.settings import CompareChoice

Inputs = tuple[dict[str, Any], ...]


@dataclasses.dataclass(frozen=True, slots=True)
class Subject:
    """What is compared. ``calibration``: the person's own file of texts, as the Run page has it, or ""."""

    state: State
    task: TaskCard
    inputs: Inputs
    calibration: str = ""


def everything(subject: Subject, grid: ModeGrid, limits: LimitsCard, floor: str) -> Compare:
    """All that is chosen."""
    return _compare(
        subject,
        id=new_id("compare"),
        modes=grid.modes(),
        precisions=grid.precisions(),
        threads=limits.thread_counts(),
        isa_caps=limits.isa_caps(),
        batches=limits.batch_sizes(),
        budget_s=limits.budget_s(),
        floor=floor,
    )


def fastest(subject: Subject, fastest_card: FastestCard) -> Compare:
    """All there is, whatever else is chosen on the page: one call at a time."""
    return _compare(subject, id=new_id("compare"), budget_s=BUDGET_S, search=True, floor=fastest_card.floor())


def ladder(subject: Subject, mode: str, precision: str, caps: tuple[str, ...]) -> Compare:
    """One mode at one precision, under each of ``caps``."""
    named: dict[str, Any] = {"modes": (mode,), "precisions": (precision,), "isa_caps": caps}
    return _compare(subject, id=new_id("ladder"), **named)


def choice(subject: SubjectCard, grid: ModeGrid, limits: LimitsCard, fastest_card: FastestCard) -> CompareChoice:
    """What is to be remembered."""
    kind, file = subject.remembered()
    return CompareChoice(
        left_out=grid.left_out(),
        threads=limits.threads.text(),
        batches=limits.batches.text(),
        isa_caps=limits.isa_caps(),
        inputs=kind,
        file=file,
        budget_s=limits.budget_s(),
        floor=fastest_card.floor(),
    )


def _compare(subject: Subject, **what: Any) -> Compare:
    state = subject.state
    assert state.model is not None
    return Compare(
        folder=state.model.folder,
        task=subject.task.id,
        inputs=subject.inputs,
        model_name=state.model.name,
        ref=state.model.ref,
        commit=state.model.commit,
        tokenizer=state.tokenizer_folder,
        calibration=subject.calibration,
        **what,
    )
