"""The race as SVG: a bar a cell from the fastest down, speedup over the baseline with its interval at the end."""

from collections.abc import Iterator, Sequence

from engine.report import figures
from engine.report.markup import Html, el, joined
from engine.report.scale import Scale, fitted
from engine.wire.comparison import CellResult

WIDTH = 1080
_LEFT, _PLOT, _GAP = 290.0, 338.0, 16.0
_ROW, _BAR, _AXIS = 33.0, 14.0, 22.0
_PIECE_ROWS = 8
"""A drawing cannot break over two printed pages, so a long one comes in pieces."""

_SPEEDUP_END, _INTERVAL, _MEDIAN_END, _WORDS = 58.0, 68.0, 236.0, 250.0
"""Columns right of the bars, from their end."""

Numbered = tuple[int, CellResult]


def chart(cells: Sequence[Numbered], winner: int | None) -> Html:
    """Of the measured cells of one batch size; the baseline first."""
    rows = sorted(cells, key=_place)
    values = [value for _, cell in rows for value in _values(cell)]
    scale = fitted([1.0, *values], _LEFT, _PLOT)
    pieces = [rows[start : start + _PIECE_ROWS] for start in range(0, len(rows), _PIECE_ROWS)]
    shared = {figures.settings(cell, batch=False) for _, cell in rows}
    drawn = [
        _piece(piece, scale, winner, with_axis=piece is pieces[-1], with_settings=len(shared) > 1) for piece in pieces
    ]
    return el("figure", *drawn, el("figcaption", _caption(scale, rows, shared)), class_="race")


def _place(numbered: Numbered) -> tuple[int, float]:
    _, cell = numbered
    if cell.verdict == "baseline":
        return 0, 0.0
    return (1, -cell.speedup) if cell.speedup is not None else (2, cell.p50_ms or 0.0)


def _values(cell: CellResult) -> tuple[float, ...]:
    return () if cell.speedup is None else (cell.speedup, *(cell.speedup_ci or ()))


def _caption(scale: Scale, rows: Sequence[Numbered], shared: set[str]) -> str:
    told = (
        f"Speedup over the baseline, {figures.name(rows[0][1])}; its median latency is 1x. The line at a bar's end is "
        "the 95 % interval."
    )
    if len(shared) == 1 and (settings := next(iter(shared))):
        told += f" Each with {settings}."
    if scale.is_log:
        told += " The scale is logarithmic: bars start at 1x and go right for faster, left for slower."
    return told


def _piece(rows: Sequence[Numbered], scale: Scale, winner: int | None, *, with_axis: bool, with_settings: bool) -> Html:
    bottom = _ROW * len(rows)
    height = bottom + (_AXIS if with_axis else 0)
    parts: list[Html] = [
        el("line", x1=scale.at(tick), x2=scale.at(tick), y1=0.0, y2=bottom, class_="grid") for tick in scale.ticks()
    ]
    for index, (number, cell) in enumerate(rows):
        top = _ROW * index
        parts += _name(cell, top + _ROW / 2, is_winner=number == winner, with_settings=with_settings)
        parts += _bar(cell, top + _ROW / 2, scale)
        parts += _columns(cell, top + _ROW / 2 + 4, is_winner=number == winner)
    parts.append(el("line", x1=scale.at(1), x2=scale.at(1), y1=0.0, y2=bottom, class_="at-one"))
    if with_axis:
        parts += [
            el("text", _tick(tick), x=scale.at(tick), y=bottom + 15, class_="tick middle") for tick in scale.ticks()
        ]
    told = ". ".join(f"{figures.name(cell)}: {_spoken(cell)}" for _, cell in rows)
    return el("svg", el("title", told), *parts, viewBox=f"0 0 {WIDTH} {height:.0f}", role="img", class_="drawing")


def _tick(value: float) -> str:
    return f"{value:,.10g}x"


def _name(cell: CellResult, middle: float, *, is_winner: bool, with_settings: bool) -> Iterator[Html]:
    name = el("tspan", figures.shortened(figures.name(cell)), class_="winner" if is_winner else "")
    settings = figures.settings(cell, batch=False) if with_settings else ""
    yield el("text", name, x=_LEFT - 12, y=middle - (1 if settings else -4), class_="name end")
    if settings:
        yield el("text", settings, x=_LEFT - 12, y=middle + 12, class_="caption end")


def _bar(cell: CellResult, middle: float, scale: Scale) -> Iterator[Html]:
    value = 1.0 if cell.verdict == "baseline" else cell.speedup
    if value is None:
        return
    start, end = sorted((scale.at(1) if scale.is_log else scale.left, scale.at(value)))
    kind = "bar faster" if cell.verdict == "faster" else "bar base" if cell.verdict == "baseline" else "bar other"
    yield el("rect", x=start, y=middle - _BAR / 2, width=max(end - start, 1.5), height=_BAR, rx=2.0, class_=kind)
    if cell.speedup_ci and cell.verdict != "baseline":
        low, high = (scale.at(one) for one in cell.speedup_ci)
        yield el("path", d=_whisker(low, high, middle), class_="whisker halo")
        yield el("path", d=_whisker(low, high, middle), class_="whisker")


def _whisker(low: float, high: float, y: float) -> str:
    return f"M{low:.1f} {y:.1f}H{high:.1f}M{low:.1f} {y - 4:.1f}v8M{high:.1f} {y - 4:.1f}v8"


def _columns(cell: CellResult, y: float, *, is_winner: bool) -> Iterator[Html]:
    at = _LEFT + _PLOT + _GAP
    if cell.verdict == "baseline":
        yield el("text", "1x", x=at + _SPEEDUP_END, y=y, class_="figure end")
    elif cell.speedup is not None:
        yield el("text", figures.ratio(cell.speedup), x=at + _SPEEDUP_END, y=y, class_="figure end")
        yield el("text", figures.interval(cell.speedup_ci), x=at + _INTERVAL, y=y, class_="caption")
    yield el("text", figures.ms(cell.p50_ms), x=at + _MEDIAN_END, y=y, class_="figure plain end")
    yield el("text", *_words(cell, is_winner), x=at + _WORDS, y=y, class_="caption")


def _words(cell: CellResult, is_winner: bool) -> Iterator[Html]:
    """What colour says, in words."""
    told = _verdict(cell)
    if is_winner:
        yield el("tspan", "\N{BLACK RIGHT-POINTING SMALL TRIANGLE} use this", class_="winner")
    else:
        yield el("tspan", told, class_="warned" if cell.verdict in ("different answer", "not checked") else "")
    if cell.speedup is not None and cell.agreement is not None and cell.verdict != "baseline":
        yield el("tspan", f", {cell.agreement.verdict}")


def _verdict(cell: CellResult) -> str:
    return {"different answer": "different answers"}.get(cell.verdict, cell.verdict)


def _spoken(cell: CellResult) -> str:
    parts = [_verdict(cell), figures.ratio(cell.speedup), figures.ms(cell.p50_ms), figures.agreement(cell)]
    return ", ".join(part for part in parts if part)


def titled(charts: Sequence[tuple[str, Html]]) -> Html:
    """Several charts below each other, each with its heading where there are more than one."""
    if len(charts) == 1:
        return charts[0][1]
    return joined(joined((el("h3", title), chart)) for title, chart in charts)
