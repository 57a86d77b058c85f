"""Every figure of every cell, as HTML tables."""

from collections.abc import Callable, Iterator, Sequence

from engine.report import figures
from engine.report.markup import Html, el, joined
from engine.wire.comparison import CellResult

Numbered = tuple[int, CellResult]
_Column = tuple[str, Callable[[CellResult], str]]

_TOO_FEW = "too few calls"

_CELL: tuple[_Column, ...] = (
    ("Threads", lambda cell: str(cell.threads or "")),
    ("Batch", lambda cell: str(cell.batch)),
    ("Limited", lambda cell: figures.cap_title(cell.isa_cap)),
)
_SETTINGS = {head for head, _ in _CELL}
_SPEED: tuple[_Column, ...] = (
    ("Speedup", lambda cell: "1x" if cell.verdict == "baseline" else figures.ratio(cell.speedup)),
    ("95 % interval", lambda cell: figures.interval(cell.speedup_ci)),
    ("Verdict", lambda cell: "different answers" if cell.verdict == "different answer" else cell.verdict),
    ("Median (p50)", lambda cell: figures.ms(cell.p50_ms)),
    ("p90", lambda cell: figures.ms(cell.p90_ms) or _TOO_FEW),
    ("p99", lambda cell: figures.ms(cell.p99_ms) or _TOO_FEW),
    ("Spread", lambda cell: figures.ms(cell.spread_ms)),
    ("Calls", lambda cell: f"{cell.n:,}"),
    ("Far out", lambda cell: str(cell.outliers)),
    ("Inputs a second", lambda cell: figures.number(cell.throughput) if cell.throughput else ""),
    ("End to end", lambda cell: figures.ms(cell.end_to_end_p50_ms)),
)
_COST: tuple[_Column, ...] = (
    ("Load and prepare", lambda cell: figures.seconds(cell.prepare_s)),
    ("First call", lambda cell: figures.ms(cell.first_ms)),
    ("Preparing pays", lambda cell: "" if cell.verdict == "baseline" else figures.pays(cell)),
    ("Peak memory", lambda cell: f"{cell.peak_rss_mb:,.0f} MB" if cell.peak_rss_mb else ""),
    ("Answers", lambda cell: figures.agreement(cell) or "not checked"),
    ("Largest difference", lambda cell: _difference(cell)),
    ("Worst cosine", lambda cell: _cosine(cell)),
)
_RAN: tuple[_Column, ...] = (
    ("Precision", lambda cell: cell.precision_executed),
    ("Instructions", lambda cell: figures.instruction_sets(cell.isa_executed) or "not told"),
    ("Limit kept", lambda cell: {True: "yes", False: "no", None: "not told"}[cell.cap_held] if cell.isa_cap else ""),
    ("Joined operations", lambda cell: ", ".join(f"{kind} ({count})" for kind, count in cell.fused.items())),
)
_SHORT = {"Verdict", "Answers", "Limited", "Precision", "Limit kept"}
_LONG = {"Instructions", "Joined operations"}
"""Columns that are read, not compared down the column."""


def speeds(cells: Sequence[Numbered], winner: int | None) -> Html:
    return _table(cells, winner, (*_CELL, *_SPEED))


def costs(cells: Sequence[Numbered], winner: int | None) -> Html:
    return _table(cells, winner, (*_CELL, *_COST))


def evidence(cells: Sequence[Numbered], winner: int | None) -> Html:
    return _table(cells, winner, (*_CELL, *_RAN))


def doubts(cells: Sequence[CellResult]) -> Html:
    """What is to be known of single cells that have figures."""
    body = [
        el(
            "tr",
            el("th", figures.name(cell), scope="row"),
            el("td", figures.settings(cell), class_="short"),
            el("td", told),
        )
        for cell in cells
        if (told := " ".join((cell.reason, *cell.doubts)).strip())
    ]
    return _scrolled(el("table", el("tbody", *body))) if body else Html()


def without_figures(cells: Sequence[CellResult]) -> Html:
    """Cells that were not measured, with what became of them. Equal ones of several settings share a row."""
    rows: dict[tuple[str, str, str], list[str]] = {}
    for cell in cells:
        key = (figures.name(cell), cell.status, cell.reason or _WHY.get(cell.status, ""))
        rows.setdefault(key, []).append(figures.settings(cell))
    body = [
        el(
            "tr",
            el("th", name, scope="row"),
            el("td", status, class_="short"),
            el("td", reason),
            el("td", _settings(settings), class_="short"),
        )
        for (name, status, reason), settings in rows.items()
    ]
    heads = joined(el("th", head, scope="col") for head in ("Cell", "What became of it", "Why", "Settings"))
    return _scrolled(el("table", el("thead", el("tr", heads)), el("tbody", *body), class_="reasons"))


def _settings(several: list[str]) -> str:
    """A few; many are counted."""
    return "; ".join(several) if len(several) <= _MOST_SETTINGS else f"{len(several)} settings"


_MOST_SETTINGS = 4
_WHY = {"stopped": "The comparison was stopped before its turn.", "skipped": "There was no time for it."}


def _table(cells: Sequence[Numbered], winner: int | None, columns: Sequence[_Column]) -> Html:
    """Columns in which no cell says anything are left out; settings that all share are told once, above."""
    told = [(head, [column(cell) for _, cell in cells]) for head, column in columns]
    told = [(head, values) for head, values in told if any(values)]
    shared = [(head, values[0]) for head, values in told if head in _SETTINGS and len(set(values)) == 1]
    told = [(head, values) for head, values in told if (head, values[0]) not in shared]
    above = "; ".join(f"{head.lower()} {value}" for head, value in shared)
    heads = [el("th", head, scope="col", class_=_kind(head)) for head, _ in told]
    body = [
        el("tr", _name(cell, number == winner), *_values(told, index)) for index, (number, cell) in enumerate(cells)
    ]
    table = el("table", el("thead", el("tr", el("th", "Cell", scope="col"), *heads)), el("tbody", *body))
    return joined((el("p", f"All with {above}.", class_="quiet") if above else Html(), _scrolled(table)))


def _values(told: Sequence[tuple[str, list[str]]], index: int) -> Iterator[Html]:
    for head, values in told:
        quiet = values[index] in (_TOO_FEW, "not told", "not checked")
        yield el("td", values[index], class_=f"{_kind(head)} quiet".strip() if quiet else _kind(head))


def _kind(head: str) -> str:
    return "short" if head in _SHORT else "long" if head in _LONG else "number"


def _name(cell: CellResult, is_winner: bool) -> Html:
    mark = el("span", " use this", class_="winner") if is_winner else ""
    return el("th", figures.name(cell), mark, scope="row")


def _scrolled(table: Html) -> Html:
    return el("div", table, class_="scrolled", tabindex="0", role="region", aria_label="Table")


def _difference(cell: CellResult) -> str:
    found = cell.agreement
    return "" if found is None or found.verdict == "reference" else f"{found.max_abs_diff:.2g}"


def _cosine(cell: CellResult) -> str:
    found = cell.agreement
    return "" if found is None or found.verdict == "reference" else f"{found.cosine_worst:.5f}"
