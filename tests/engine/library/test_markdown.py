"""A card becomes plain text, tables and safe links, whatever is in it, in bounded time."""

import pytest

from engine.library import cards, markdown
from engine.models.hub.halt import Halt
from engine.wire import errors
from engine.wire.hub import Block, Span
from engine.wire.messages import ReadCard
from tests.hub_server import Hub, Repo

CARD = """---
license: mit
---
# BERT *base*

A **strong** [model](https://arxiv.org/abs/1810.04805) with `code`, see [this](javascript:alert(1)).
<div align="center">centred <b>text</b><script>alert(1)</script></div>

![A picture](https://example.org/a.png) and <img src="x" alt="another" onerror="x">

- one
  - two
1. three

| a | b |
|---|---|
| 1 | **2** |

```python
print("x")
```
***
<!-- a comment -->
<a href="javascript:x">inside</a> [data](data:text/html,x) [file](file:///etc/passwd) <https://hf.co>
"""


def said(blocks: tuple[Block, ...]) -> str:
    return "\n".join("".join(span.text for span in block.spans) for block in blocks)


def test_a_card_in_parts() -> None:
    blocks, cut = markdown.blocks(CARD)
    kinds = [(block.kind, block.level) for block in blocks]
    spans = [span for block in blocks for span in block.spans]
    table = next(block for block in blocks if block.kind == "table")

    assert not cut
    assert kinds[0] == ("heading", 1)
    assert [level for kind, level in kinds if kind == "item"] == [0, 1, 0]
    assert table.rows == (("a", "b"), ("1", "2"))
    assert next(block for block in blocks if block.kind == "code").spans == (Span(text='print("x")', code=True),)
    assert Span(text="strong", strong=True) in spans
    assert Span(text="code", code=True) in spans
    assert {span.link for span in spans} == {"", "https://arxiv.org/abs/1810.04805", "https://hf.co"}
    text = said(blocks)
    for wanted in ("BERT base", "A picture", "another", "centred text", "inside", "this", "data"):
        assert wanted in text
    for unwanted in ("license", "alert", "<", "comment", "onerror", "a.png", "passwd"):
        assert unwanted not in text


@pytest.mark.parametrize(
    "text",
    [
        "x" * 5_000_000,
        "[" * 200_000,
        "> " * 100_000,
        "\n".join(" " * number + "- a" for number in range(700)),
        "|a" * 5000 + "|\n" + "|-" * 5000 + "|\n" + "|b\n" * 5000,
        "*a _b " * 50_000,
        "<a " * 60_000 + "<!--" * 10_000,
        "<div" * 50_000 + ">",
        "<script>" * 30_000,
        "a\n\n" * 100_000,
        "`" * 100_000 + "a" + "``" * 50_000,
        "[a](<" * 50_000,
        "\0\u202e\ud800" * 1000,
        "<div>\n" + '<img alt="" \n' * 24_000,
        "<div>\n" + "<!--" * 75_000,
        "aa---\n" * 50_000,
        "<div>\n" + "<style>" * 40_000,
    ],
    ids=range(17),
)
@pytest.mark.timeout(60)  # without the bounds some take minutes
def test_a_card_made_to_be_slow_is_bounded(text: str) -> None:
    blocks, _ = markdown.blocks(text)

    assert len(blocks) <= 1500
    said(blocks).encode()


def test_what_stands_between_two_rules_stays() -> None:
    found, _ = markdown.blocks("# A\n\nintro\n\n---\n\nLIMITS\n\n---\nend")
    front, _ = markdown.blocks("---\nlicense: mit\n---\n# A")

    assert said(found).split() == ["A", "intro", "LIMITS", "end"]
    assert said(front) == "A"


def test_from_this_computer_else_from_the_hub(hub: Hub, repo: Repo) -> None:
    repo.files["README.md"] = b"# From the Hub"
    found = cards.read(ReadCard(id="c", ref="org/name"), Halt())
    asked = len(hub.seen)
    starter = cards.read(ReadCard(id="c", ref="starter"), Halt())
    hub.repos["org/large"] = Repo({"README.md": b"word " * 1_100_000})
    large = cards.read(ReadCard(id="c", ref="org/large"), Halt())
    hub.repos["org/none"] = Repo({})

    assert said(found.blocks) == "From the Hub"
    assert len(hub.seen) > asked
    assert not [one for one in hub.seen[:asked] if "starter" in one.path]
    assert not starter.cut
    assert large.cut
    assert cards.read(ReadCard(id="c", ref="org/none"), Halt()).blocks == ()
    with pytest.raises(errors.ModelNotFound):
        cards.read(ReadCard(id="c", ref="org/missing"), Halt())
