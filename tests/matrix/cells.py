"""One cell of the matrix: a family in a mode at a precision, run through the real engine and judged."""

import dataclasses
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

from engine.all_modes import MODES
from engine.cpu import read as cpu
from engine.mode import BF16_FEATURES
from engine.wire.errors import ModeUnavailable, NotForThisModel
from engine.wire.messages import Failed
from engine.wire.values import Agreement, RunReport
from tests.talk import Talk

DIFFERENT = "different answers"
CELL_S = 240
"""A cell that takes longer hangs."""

HAS_ALL = all(
    any(feature.usable and feature.id in one_of for feature in cpu.facts().features)
    for one_of in (BF16_FEATURES, ("avx512_vnni", "avx_vnni"))
)
"""Whether this CPU has instructions for bf16 and for int8."""


@dataclasses.dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a cell. ``why``: the reason, where it does not work. The figures are the worst of all inputs."""

    kind: Literal["works", "falls back", "not applicable"]
    why: str = ""
    verdict: str = ""
    cosine_worst: float = 1.0
    max_abs_diff: float = 0.0
    sample: Agreement | None = None
    """On real texts, of the last input's run."""


def pairs() -> list[tuple[str, str]]:
    """Every mode with each precision that its card has."""
    return [
        (mode_id, precision.id)
        for mode_id, mode in MODES.items()
        for precision in mode.card.precisions
        if precision.available
    ]


def try_cell(
    talk: Talk, folder: Path, task: str, mode_id: str, precision: str, inputs: Sequence[dict[str, Any]]
) -> Outcome:
    """Runs each of ``inputs``; fails where an answer changed without a word, or a run ended oddly."""
    reports = []
    for fields in inputs:
        ended = _ended(talk, folder, task, mode_id, precision, fields)
        if isinstance(ended, Failed):
            failure = ended.failure
            assert failure.code in (ModeUnavailable.__name__, NotForThisModel.__name__), failure
            return Outcome("not applicable", failure.what_happened)
        if why := _fell_back(ended, mode_id, precision):
            return Outcome("falls back", why)
        reports.append(ended)
    return _judged(reports)


def _ended(
    talk: Talk, folder: Path, task: str, mode_id: str, precision: str, fields: dict[str, Any]
) -> RunReport | Failed:
    more = {"precision": precision, "runtime": MODES[mode_id].card.runtime, "calls": 1, "check": "always"}
    last = talk.end(talk.send(folder, task, mode_id, fields, **more), CELL_S)
    if isinstance(last, Failed):
        return last
    assert last.report is not None
    return last.report


def _fell_back(report: RunReport, mode_id: str, precision: str) -> str:
    """Why something else ran than was asked; empty where nothing did. Something else without a word is a fault."""
    if (report.mode_executed, report.precision_executed) == (mode_id, precision):
        return ""
    told = [notice for notice in report.notices if notice.revision is None]
    executed = f"{report.mode_executed} at {report.precision_executed}"
    assert told, f"{mode_id} at {precision} was asked, {executed} ran, and nothing was said"
    return (told[-1].details or told[-1].text).splitlines()[0]


def _judged(reports: Sequence[RunReport]) -> Outcome:
    found = [agreement for report in reports for agreement in (report.agreement, report.sample_agreement) if agreement]
    assert len(found) >= len(reports), "an answer was not compared"
    worst = min(found, key=lambda agreement: (agreement.verdict != DIFFERENT, agreement.cosine_worst))
    return Outcome(
        "works",
        verdict=worst.verdict,
        cosine_worst=min(agreement.cosine_worst for agreement in found),
        max_abs_diff=max(agreement.max_abs_diff for agreement in found),
        sample=reports[-1].sample_agreement,
    )
