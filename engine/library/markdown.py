"""A model's card as text, tables and links: parsed as CommonMark, with nothing in it that could load, run or mislead.

HTML gives its text or nothing, a picture its alternative text, and of links only http and https ones stay.
"""

import html
import re
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING

from engine.wire.hub import Block, Span

if TYPE_CHECKING:
    from markdown_it.token import Token

READ_CHARACTERS = 300_000
"""So much of a card is read; a long real one has 50,000."""

_LONGEST_LINE, _LONGEST_PIECE = 20_000, 4_000
_MOST_BLOCKS, _MOST_ROWS, _MOST_COLUMNS = 1_500, 300, 40
_SECONDS = 1.5
"""After so long what is left is told as plain text: a card made to be slow costs no more than that."""

_FRONT_MATTER = re.compile(r"\A\ufeff?---[ \t]*\r?\n.*?\r?\n---[ \t]*(\r?\n|$)", re.DOTALL)
# What never ends goes to the end of the text, and repetitions have bounds: each of these takes a time that grows as the
# text does, for a search cannot be stopped and holds up the whole desk.
_UNSEEN = re.compile(r"<!--.*?(?:-->|\Z)|<(script|style|svg|template)\b.*?(?:</\1\s*>|\Z)", re.DOTALL | re.IGNORECASE)
_PICTURE = re.compile(
    r"<img\b[^<>]{0,500}?\balt\s{0,9}=\s{0,9}(?:\"([^\"<>]{0,500})\"|'([^'<>]{0,500})')[^<>]{0,2000}>", re.IGNORECASE
)
_TAG = re.compile(r"<[^<>]*>")
_BREAK = re.compile(r"<(?:br|/p|/tr|/li|/h[1-6]|/div)\b[^<>]*>", re.IGNORECASE)
_ADDRESS = re.compile(r"https?://[^\s<>\"\x00-\x20\x7f]{1,2000}", re.IGNORECASE)
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
"""Among them the signs that turn the direction of writing, with which a text can look like another."""


def blocks(text: str) -> tuple[tuple[Block, ...], bool]:
    """The parts of a card in their order, and whether it goes on after them. Takes a few seconds at worst."""
    cut = len(text) > READ_CHARACTERS
    text = _FRONT_MATTER.sub("", text[:READ_CHARACTERS], count=1)
    lines = text.splitlines()
    cut = cut or any(len(line) > _LONGEST_LINE for line in lines)
    told = "\n".join(_CONTROL.sub("", line[:_LONGEST_LINE]) for line in lines)
    found: list[Block] = []
    for block in _Reader().read(told):
        if len(found) >= _MOST_BLOCKS:
            return tuple(found), True
        found.append(block)
    return tuple(found), cut


class _Reader:
    """Walks the tokens of one card."""

    def __init__(self) -> None:
        from markdown_it import MarkdownIt

        self._parser: MarkdownIt = MarkdownIt("commonmark").enable(["table", "strikethrough"])
        # Any target: ``_safe`` judges, and the text of a link that leads nowhere good is still text.
        self._parser.validateLink = lambda url: True  # type: ignore[method-assign]
        self._parser.disable("inline")  # each piece by itself, with an eye on the clock
        self._until = time.monotonic() + _SECONDS
        self._depth = 0

    def read(self, text: str) -> Iterator[Block]:
        tokens = iter(self._parser.parse(text))
        kind, level = "paragraph", 0
        for token in tokens:
            if token.type in ("bullet_list_open", "ordered_list_open"):
                self._depth += 1
            elif token.type in ("bullet_list_close", "ordered_list_close"):
                self._depth -= 1
            elif token.type == "list_item_open":
                kind, level = "item", max(0, self._depth - 1)
            elif token.type == "heading_open":
                kind, level = "heading", int(token.tag[1:])
            elif token.type == "inline":
                yield from _block(kind, level, self._spans(token.content))
                kind, level = "paragraph", 0
            elif token.type in ("fence", "code_block"):
                yield Block(kind="code", spans=(Span(text=token.content.rstrip("\n"), code=True),))
            elif token.type == "hr":
                yield Block(kind="rule")
            elif token.type == "html_block":
                for line in _text_of_html(token.content).split("\n"):
                    yield from _block("paragraph", 0, (Span(text=line.strip()),))
            elif token.type == "table_open":
                yield self._table(tokens)

    def _table(self, tokens: "Iterator[Token]") -> Block:
        rows: list[tuple[str, ...]] = []
        row: list[str] = []
        for token in tokens:
            if token.type == "table_close":
                break
            if token.type == "tr_open":
                row = []
            elif token.type == "inline" and len(rows) < _MOST_ROWS and len(row) < _MOST_COLUMNS:
                row.append("".join(span.text for span in self._spans(token.content)).strip())
            elif token.type == "tr_close" and len(rows) < _MOST_ROWS:
                rows.append(tuple(row))
        return Block(kind="table", rows=tuple(rows))

    def _spans(self, content: str) -> tuple[Span, ...]:
        """A piece of text with what is strong, code or a link in it."""
        if len(content) > _LONGEST_PIECE or time.monotonic() > self._until:
            return (Span(text=_text_of_html(content)),)
        self._parser.enable("inline")
        children = self._parser.parseInline(_UNSEEN.sub("", content))[0].children or []
        self._parser.disable("inline")
        return tuple(_joined(_spans_of(children)))


def _spans_of(tokens: "list[Token]") -> Iterator[Span]:
    strong, links = 0, [""]
    for token in tokens:
        if token.type == "strong_open":
            strong += 1
        elif token.type == "strong_close":
            strong -= 1
        elif token.type == "link_open":
            links.append(_safe(str(token.attrGet("href") or "")))
        elif token.type == "link_close":
            links.pop()
        else:
            text = _text_of(token)
            if text:
                yield Span(text=text, strong=strong > 0, code=token.type == "code_inline", link=links[-1])


def _text_of(token: "Token") -> str:
    if token.type in ("softbreak", "hardbreak"):
        return " " if token.type == "softbreak" else "\n"
    if token.type == "html_inline":
        picture = _PICTURE.search(token.content)
        return html.unescape(picture[1] or picture[2] or "") if picture else "\n" if _BREAK.match(token.content) else ""
    if token.type == "image":
        return token.content
    return token.content if token.type in ("text", "code_inline") else ""


def _joined(spans: Iterator[Span]) -> Iterator[Span]:
    """Neighbours of one kind as one."""
    last: Span | None = None
    for span in spans:
        if last is not None and (last.strong, last.code, last.link) == (span.strong, span.code, span.link):
            last = Span(text=last.text + span.text, strong=span.strong, code=span.code, link=span.link)
            continue
        if last is not None:
            yield last
        last = span
    if last is not None:
        yield last


def _block(kind: str, level: int, spans: tuple[Span, ...]) -> Iterator[Block]:
    if any(span.text.strip() for span in spans):
        yield Block(kind=kind, level=level, spans=spans)  # type: ignore[arg-type]


def _text_of_html(text: str) -> str:
    """What a browser would show of it, roughly."""
    text = _BREAK.sub("\n", _UNSEEN.sub("", text))
    text = _PICTURE.sub(lambda found: found[1] or found[2] or "", text)
    return _CONTROL.sub("", html.unescape(_TAG.sub("", text)))


def _safe(address: str) -> str:
    """The address where it leads to the web, else empty: the text stays, and is no link."""
    return address if _ADDRESS.fullmatch(address) else ""
