"""What the window knows of a comparison: its cells as they change, what came of it, and what was written of it."""

import dataclasses
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Literal

import msgspec

from engine.wire.comparison import CellResult, Comparison
from engine.wire.messages import (
    AnyEvent,
    CellTold,
    Compare,
    Compared,
    Failed,
    Finished,
    Notice,
    Reported,
    SaveReport,
    Script,
    WriteScript,
)
from engine.wire.values import Failure

if TYPE_CHECKING:
    from gui.run_state.views import State

Machine = Literal["quiet", "drifting", "loaded"]


@dataclasses.dataclass(frozen=True, slots=True)
class CompareView:
    """One comparison as far as it is known. ``cells`` by their number; ``request`` is None for one that was kept.

    ``model_name``: of the model that is compared, empty where it is not known. ``began_s``: of the window's clock.
    """

    request: Compare | None
    task: str = ""
    model_name: str = ""
    cells: Mapping[int, CellResult] = dataclasses.field(default_factory=dict)
    comparison: Comparison | None = None
    notices: tuple[str, ...] = ()
    failure: Failure | None = None
    began_s: float | None = None
    stopping: bool = False
    over: bool = False

    @property
    def is_search(self) -> bool:
        if self.request is not None:
            return self.request.search
        return bool(self.comparison is not None and self.comparison.asked.get("search"))

    @property
    def folder(self) -> str:
        """Of the model that is compared; empty where it is not known."""
        if self.request is not None:
            return self.request.folder
        return str(self.comparison.model.get("folder", "")) if self.comparison is not None else ""

    @property
    def inputs(self) -> int | None:
        """How many inputs are compared on; None as long as only the engine knows, which takes its own sample."""
        if self.comparison is not None:
            return max(1, int(self.comparison.inputs.get("count", 1)))
        return (len(self.request.inputs) or None) if self.request is not None else None

    def inputs_in_a_call(self, cell: CellResult) -> int:
        """A call holds no more than there are."""
        return min(cell.batch, self.inputs or cell.batch)

    @property
    def winner(self) -> int | None:
        return self.comparison.winner if self.comparison is not None else None

    @property
    def machine(self) -> Machine:
        return self.comparison.machine if self.comparison is not None else "quiet"

    @property
    def doubts(self) -> tuple[str, ...]:
        return self.comparison.doubts if self.comparison is not None else self.notices

    def baseline_of(self, cell: CellResult) -> CellResult | None:
        """Plain PyTorch of the same batch size."""
        return next((one for one in self.cells.values() if one.verdict == "baseline" and one.batch == cell.batch), None)


@dataclasses.dataclass(frozen=True, slots=True)
class WrittenView:
    """A report or a script that was asked for, as far as it is known."""

    request: SaveReport | WriteScript
    outcome: Reported | Script | None = None
    failure: Failure | None = None
    over: bool = False


def is_ladder(request: Compare) -> bool:
    """One mode at one precision under several caps, all else the same: what more instructions are worth."""
    same = (request.modes, request.precisions, request.threads, request.batches)
    return len(request.isa_caps) > 1 and all(len(one) == 1 for one in same)


def of_kept(comparison: Comparison) -> CompareView:
    """A finished comparison, as history has it."""
    name = str(comparison.model.get("name", ""))
    cells = dict(enumerate(comparison.cells))
    return CompareView(None, comparison.task, name, cells, comparison, over=True)


def began(state: "State", request: Compare) -> "State":
    name = state.model.name if state.model is not None and state.model.folder == request.folder else ""
    view = CompareView(request, request.task, name or request.model_name)
    return replace(state, ladder=view) if is_ladder(request) else replace(state, comparing=view)


def stopping(state: "State", view: CompareView) -> "State":
    return _with(state, replace(view, stopping=True))


def apply(state: "State", view: CompareView, event: AnyEvent, now_s: float) -> "State":
    """After an event of ``view``, which came at ``now_s``."""
    if view.began_s is None:
        view = replace(view, began_s=now_s)
    match event:
        case CellTold():
            view = replace(view, cells={**view.cells, event.number: event.cell})
        case Notice():
            view = replace(view, notices=tuple(dict.fromkeys((*view.notices, event.text))))
        case Compared():
            view = replace(view, comparison=event.comparison, cells=dict(enumerate(event.comparison.cells)))
        case Finished():
            view = replace(view, over=True)
        case Failed():
            failure = None if event.failure.code == "Stopped" else event.failure
            view = replace(view, over=True, failure=failure, cells=_cut(view.cells, stopped=failure is None))
    return _with(state, view)


def _cut(cells: Mapping[int, CellResult], *, stopped: bool) -> dict[int, CellResult]:
    """Nothing goes on any more in a comparison that broke off; what has figures keeps them."""
    status: Literal["stopped", "failed"] = "stopped" if stopped else "failed"
    return {number: _ended(cell, status) for number, cell in cells.items()}


def _ended(cell: CellResult, status: Literal["stopped", "failed"]) -> CellResult:
    if cell.status != "waiting":
        return cell
    return msgspec.structs.replace(cell, status=status, stage="")


def _with(state: "State", view: CompareView) -> "State":
    if view.request is not None and is_ladder(view.request):
        return replace(state, ladder=view)
    return replace(state, comparing=view)


# --- what is written of it ---


def writing(state: "State", request: SaveReport | WriteScript) -> "State":
    """The desk was asked for a report or a script."""
    return replace(state, written=WrittenView(request))


def apply_written(state: "State", view: WrittenView, event: AnyEvent) -> "State":
    match event:
        case Reported() | Script():
            view = replace(view, outcome=event)
        case Finished():
            view = replace(view, over=True)
        case Failed():
            view = replace(view, failure=event.failure, over=True)
    return replace(state, written=view)
