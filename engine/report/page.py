"""A comparison as one HTML file: nothing from elsewhere, no script; light or dark as the reader's system is."""

from collections.abc import Iterator
from importlib import resources

from engine.report import race, spreads, tables, words
from engine.report.markup import Html, el, joined
from engine.wire.comparison import CellResult, Comparison

Numbered = tuple[int, CellResult]

_POLICY = "default-src 'none'; style-src 'unsafe-inline'"
"""A reader's browser is to fetch and run nothing, whatever a text in here may say."""


def text(comparison: Comparison) -> str:
    """The whole file."""
    measured = [(number, cell) for number, cell in enumerate(comparison.cells) if words.has_figures(cell)]
    body = el("main", *_parts(comparison, measured))
    head = el(
        "head",
        el("meta", charset="utf-8"),
        el("meta", http_equiv="Content-Security-Policy", content=_POLICY),
        el("meta", name="viewport", content="width=device-width, initial-scale=1"),
        el("meta", name="color-scheme", content="light dark"),
        el("title", f"{words.subject(comparison)}: comparison"),
        el("style", Html(_style())),
    )
    return f"<!DOCTYPE html>\n{el('html', head, el('body', body), lang='en')}\n"


def _style() -> str:
    return resources.files(__package__ or "engine.report").joinpath("page.css").read_text("utf-8")


def _parts(comparison: Comparison, measured: list[Numbered]) -> Iterator[Html]:
    yield _header(comparison)
    if measured:
        yield _section("The race", race.titled(list(_races(measured, comparison.winner))))
        yield _section("Speed", tables.speeds(measured, comparison.winner))
        yield _section("What it costs, and the answers", tables.costs(measured, comparison.winner))
        yield _section("What ran", tables.evidence(measured, comparison.winner))
        if sampled := [cell for _, cell in measured if cell.samples_ms]:
            yield _section("How the calls spread", spreads.chart(sampled))
    else:
        yield el("p", "No cell was measured.", class_="quiet")
    if doubts := tables.doubts([cell for _, cell in measured]):
        yield _section("Doubts about single cells", doubts)
    if others := [cell for cell in comparison.cells if not words.has_figures(cell)]:
        yield _section("Cells without figures", tables.without_figures(others))
    yield _section("Conditions", _list(words.conditions(comparison)))
    yield _section("What the words mean", _list(iter(words.GLOSSARY.items())))


def _header(comparison: Comparison) -> Html:
    shape, word, sentence = words.MACHINE[comparison.machine]
    doubts = [el("li", doubt) for doubt in comparison.doubts]
    return el(
        "header",
        el("p", words.subject(comparison), class_="subject"),
        el("h1", words.headline(comparison)),
        el("p", str(comparison.environment.get("cpu") or ""), class_="quiet"),
        el(
            "p",
            el("span", f"{shape} {word}.", class_=f"machine {comparison.machine}"),
            f" {sentence}" if not doubts or comparison.machine != "quiet" else "",
        ),
        el("ul", *doubts, class_="doubts") if doubts else Html(),
    )


def _races(measured: list[Numbered], winner: int | None) -> Iterator[tuple[str, Html]]:
    """One for each batch size: each has a baseline of its own."""
    for batch in dict.fromkeys(cell.batch for _, cell in measured):
        cells = [(number, cell) for number, cell in measured if cell.batch == batch]
        yield f"Batch size {batch}", race.chart(cells, winner)


def _section(title: str, *content: Html) -> Html:
    return el("section", el("h2", title), *content)


def _list(pairs: Iterator[tuple[str, str]]) -> Html:
    rows = joined(el("div", el("dt", name), el("dd", value)) for name, value in pairs)
    return el("dl", rows)
