"""Which of the CPU's features the last run showed evidence of."""

from engine.wire.values import Evidence
from gui.run_state.requests import how
from gui.run_state.views import RunView, State

STANDS_ON = (("avx512_", "avx512_f"), ("amx_", "amx_tile"))
"""Instructions whose names begin so are extensions of the other: who uses them uses that too."""


def evidence_of(state: State, run: RunView | None) -> Evidence | None:
    """What ``run`` told, or a former one of just the same: Repeat itself does not ask, so that it stops quickly."""
    if run is None:
        return None
    if run.report is not None and run.report.evidence is not None:
        return run.report.evidence
    wanted = how(run.request)
    same = (one for one in reversed(state.explained) if one.how == wanted and one.fields == run.answer_fields)
    return next((one.evidence for one in same), None)


def used(evidence: Evidence | None) -> frozenset[str] | None:
    """Ids of features, None where the runtime does not tell."""
    if evidence is None or not evidence.isa_executed:
        return None
    found = set(evidence.isa_executed)
    found |= {base for name in found for begin, base in STANDS_ON if name.startswith(begin)}
    return frozenset(found)
