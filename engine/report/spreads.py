"""How the calls of each cell spread, as SVG: the middle half as a box, the median in it, what is far out as rings."""

import dataclasses
from collections.abc import Iterator, Sequence

from engine.measure.percentiles import percentile
from engine.report import figures
from engine.report.markup import Html, el
from engine.report.scale import Scale, fitted
from engine.wire.comparison import CellResult

WIDTH = 1080
_LEFT, _PLOT, _GAP = 290.0, 560.0, 12.0
_ROW, _BOX, _AXIS = 24.0, 12.0, 22.0
_PIECE_ROWS = 10
_FAR_OUT = 3.0
"""Spreads beyond the quartiles, as ``CellResult.outliers`` counts them."""

_MOST_RINGS = 40


@dataclasses.dataclass(frozen=True, slots=True)
class _Spread:
    """Of one cell's calls, in ms. ``far``: those far above the box, the largest last."""

    cell: CellResult
    low: float
    quarter: float
    median: float
    three_quarters: float
    high: float
    far: tuple[float, ...]


def chart(cells: Sequence[CellResult]) -> Html:
    """Of cells with samples, the fastest first. The scale holds all but what is far out beyond the slowest box."""
    spreads = sorted((_spread(cell) for cell in cells), key=lambda spread: spread.median)
    scale = fitted([value for one in spreads for value in (one.low, one.high)], _LEFT, _PLOT)
    pieces = [spreads[start : start + _PIECE_ROWS] for start in range(0, len(spreads), _PIECE_ROWS)]
    drawn = [_piece(piece, scale, with_axis=piece is pieces[-1]) for piece in pieces]
    caption = (
        "Milliseconds a call. The box holds the middle half of the calls, the tick in it is the median, the line "
        "reaches to the fastest and the slowest that are not far out; rings are calls beyond the box by more than "
        "three times its length, counted in all figures."
    )
    if scale.is_log:
        caption += " The scale is logarithmic."
    return el("figure", *drawn, el("figcaption", caption))


def _spread(cell: CellResult) -> _Spread:
    ordered = sorted(cell.samples_ms)
    quarter, median, three_quarters = (percentile(ordered, share) for share in (0.25, 0.5, 0.75))
    limit = three_quarters + _FAR_OUT * (three_quarters - quarter)
    near = [value for value in ordered if value <= limit]
    return _Spread(cell, near[0], quarter, median, three_quarters, near[-1], tuple(ordered[len(near) :]))


def _piece(spreads: Sequence[_Spread], scale: Scale, *, with_axis: bool) -> Html:
    bottom = _ROW * len(spreads)
    parts = [
        el("line", x1=scale.at(tick), x2=scale.at(tick), y1=0.0, y2=bottom, class_="grid") for tick in scale.ticks()
    ]
    for index, spread in enumerate(spreads):
        parts += _row(spread, _ROW * (index + 0.5), scale)
    if with_axis:
        parts += [
            el("text", f"{tick:,.10g} ms", x=scale.at(tick), y=bottom + 15, class_="tick middle")
            for tick in scale.ticks()
        ]
    told = ". ".join(
        f"{figures.name(one.cell)}: half of the calls took {figures.number(one.quarter)} to "
        f"{figures.ms(one.three_quarters)}"
        for one in spreads
    )
    height = bottom + (_AXIS if with_axis else 0)
    return el("svg", el("title", told), *parts, viewBox=f"0 0 {WIDTH} {height:.0f}", role="img", class_="drawing")


def _row(spread: _Spread, middle: float, scale: Scale) -> Iterator[Html]:
    kind = "base" if spread.cell.verdict == "baseline" else "faster" if spread.cell.verdict == "faster" else "other"
    name = figures.shortened(f"{figures.name(spread.cell)}{_batch(spread.cell)}")
    yield el("text", name, x=_LEFT - 12, y=middle + 4, class_="name end")
    low, quarter, median, three_quarters, high = (
        scale.at(value) for value in (spread.low, spread.quarter, spread.median, spread.three_quarters, spread.high)
    )
    yield el("line", x1=low, x2=high, y1=middle, y2=middle, class_="reach")
    width = max(three_quarters - quarter, 1.5)
    yield el("rect", x=quarter, y=middle - _BOX / 2, width=width, height=_BOX, class_=f"box {kind}")
    yield el("line", x1=median, x2=median, y1=middle - 8, y2=middle + 8, class_="median")
    inside = [value for value in spread.far if value <= scale.high]
    for value in inside[:: -(-len(inside) // _MOST_RINGS) or 1]:
        yield el("circle", cx=scale.at(value), cy=middle, r=2.5, class_="ring")
    yield el("text", _beyond(spread, len(inside)), x=_LEFT + _PLOT + _GAP, y=middle + 4, class_="caption")


def _batch(cell: CellResult) -> str:
    return f", batch {cell.batch}" if cell.batch > 1 else ""


def _beyond(spread: _Spread, inside: int) -> str:
    """What the scale does not hold, in words."""
    count = f"{spread.cell.n:,} calls"
    beyond = len(spread.far) - inside
    return f"{count}, {beyond} beyond: to {figures.ms(spread.far[-1])}" if beyond else count
