"""The cells of a comparison as they stand, told at every change."""

from collections.abc import Callable, Iterator, Sequence

import msgspec

from engine.wire.comparison import CellResult
from engine.wire.messages import CellTold, Event


class Table:
    """Numbers are places in ``cells``, which only grow."""

    def __init__(self, cells: Sequence[CellResult], tell: Callable[[Event], None]) -> None:
        self._cells: list[CellResult] = []
        self._tell = tell
        for cell in cells:
            self.add(cell)

    def __getitem__(self, number: int) -> CellResult:
        return self._cells[number]

    def __iter__(self) -> Iterator[CellResult]:
        return iter(tuple(self._cells))

    def add(self, cell: CellResult) -> int:
        self._cells.append(cell)
        self._told(len(self._cells) - 1)
        return len(self._cells) - 1

    def change(self, number: int, **changes: object) -> None:
        self.put(number, msgspec.structs.replace(self._cells[number], **changes))

    def put(self, number: int, cell: CellResult) -> None:
        self._cells[number] = cell
        self._told(number)

    def fail(self, number: int, status: str, reason: str) -> None:
        """It measured something and is over: what it took is told, not what it would be worth."""
        verdict = "baseline" if self._cells[number].verdict == "baseline" else ""
        worth: dict[str, object] = {"speedup": None, "speedup_ci": None, "break_even_calls": None, "verdict": verdict}
        self.change(number, status=status, reason=reason, stage="", **worth)

    def waiting(self) -> list[int]:
        """Those that nothing has been told of yet."""
        return [number for number, cell in enumerate(self._cells) if cell.status == "waiting"]

    def end(self, status: str, reason: str = "") -> None:
        """Those that still wait do so no longer."""
        for number in self.waiting():
            self.change(number, status=status, reason=reason, stage="")

    def _told(self, number: int) -> None:
        self._tell(CellTold(number=number, cell=msgspec.structs.replace(self._cells[number], samples_ms=())))
