"""Stages of a run, or of what else takes long, as they begin and end."""

from dataclasses import replace
from typing import Literal

from engine.wire.messages import STAGES, Stage
from gui.run_state.views import StageView


def with_stage(stages: tuple[StageView, ...], event: Stage, now_s: float) -> tuple[StageView, ...]:
    """Stages in their order; one that comes again (a changed input is prepared anew) replaces its
    former time.
    """
    old = next((stage for stage in stages if stage.name == event.stage), None)
    began_s = old.began_s if old is not None and event.seconds is not None else now_s
    last_s = event.last_s if event.last_s is not None else (old.last_s if old is not None else None)
    view = StageView(event.stage, began_s, event.seconds, event.cached, last_s)
    others = tuple(stage for stage in stages if stage.name != event.stage)
    return tuple(sorted((*others, view), key=lambda stage: place(stage.name)))


def place(name: str) -> int:
    return STAGES.index(name) if name in STAGES else len(STAGES)


def cut(stages: tuple[StageView, ...], how: Literal["failed", "stopped"], now_s: float) -> tuple[StageView, ...]:
    """What had begun and never ended broke off now."""
    return tuple(
        stage if stage.seconds is not None else replace(stage, seconds=max(0.0, now_s - stage.began_s), cut=how)
        for stage in stages
    )
