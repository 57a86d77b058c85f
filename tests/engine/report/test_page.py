"""The HTML report, read as a browser's parser reads it."""

import html.parser
import re

import msgspec
import pytest

from engine.report import page, scale
from tests.engine.report import made

HOSTILE = "</style></script><script>alert(1)</script><img src=x onerror=alert(2)>\"'&\x00\x1b\ud800\u202e"
ALONE = ("meta", "line", "rect", "circle", "path", "br")


class Reader(html.parser.HTMLParser):
    """Elements, attributes and text; ``open`` must be empty at the end."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.texts: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs
        self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if "style" not in self.open:
            self.texts.append(data)

    @property
    def text(self) -> str:
        return " ".join(self.texts)


def test_the_page_says_what_was_found_and_under_which_conditions() -> None:
    read = Reader(page.text(made.usual()))

    assert not read.open
    for told in (
        "Use ONNX Runtime, int8-dynamic: 4.00x as fast as plain PyTorch on the same CPU, same answers.",
        *("Drifting machine", "The machine became 9 % slower.", "use this", "3.88 to 4.12", "5.00 ms"),
        *("It ended by SIGKILL.", "Not installed.", "different answers", "no difference", "up to AVX2"),
        *("A CPU", "torch 2.13.0+cpu", "a-model", "AVX-512 VNNI", "linear + gelu (6)", "after 120 calls"),
        *("too few calls", "Baseline", "Far out", "at least 100 calls and 2 s a cell"),
    ):
        assert any(told in text for text in (read.text, *read.texts)), told


def test_a_cell_with_other_answers_shows_no_speedup() -> None:
    different = made.cell("torchscript", "bf16", 4.0, speedup=None, speedup_ci=None, verdict="different answer")
    text = page.text(made.comparison(made.baseline(), different))

    assert "5.00x" not in text
    assert text.count('class="bar') == 1


def test_the_sentence_of_the_comparison_is_the_headline() -> None:
    assert "<h1>Take this one.</h1>" in page.text(msgspec.structs.replace(made.usual(), sentence="Take this one."))


def test_nothing_comes_from_elsewhere_and_nothing_runs() -> None:
    text = page.text(made.usual())
    read = Reader(text)

    assert "script" not in read.tags
    assert not {"img", "link", "iframe", "object"} & set(read.tags)
    assert not [name for name, _ in read.attributes if name in ("src", "href") or name.startswith("on")]
    assert not re.search(r"url\(|@import|https?:", text)
    assert "prefers-color-scheme: dark" in text
    assert any(str(value).startswith("default-src 'none'") for name, value in read.attributes if name == "content")


def test_every_text_is_escaped() -> None:
    usual = made.usual()
    hostile = msgspec.structs.replace(
        usual,
        sentence=HOSTILE,
        task=HOSTILE,
        doubts=(HOSTILE,),
        model={"name": HOSTILE, "family": HOSTILE, "commit": HOSTILE},
        environment={"cpu": HOSTILE, "versions": {HOSTILE: HOSTILE}, "settings": {HOSTILE: HOSTILE}},
        cells=tuple(
            msgspec.structs.replace(
                *(cell,),
                mode=HOSTILE,
                precision=HOSTILE,
                reason=HOSTILE,
                precision_executed=HOSTILE,
                isa_executed=(HOSTILE,),
                fused={HOSTILE: 1},
                doubts=(HOSTILE,),
            )
            for cell in usual.cells
        ),
    )
    text = page.text(hostile)
    read, plain = Reader(text), Reader(page.text(usual))

    assert set(read.tags) <= set(plain.tags)
    assert not read.open
    assert not [name for name, _ in read.attributes if name.startswith("on")]
    text.encode("utf-8")
    assert not re.search("[\x00\x1b]", text)


@pytest.mark.parametrize("count", [0, 1, 2, 60])
def test_any_number_of_cells_makes_a_whole_page(count: int) -> None:
    comparison = made.many(count) if count > 1 else made.comparison(*[made.baseline()] * count)
    read = Reader(page.text(comparison))

    assert not read.open
    assert sum(value == "bar base" for name, value in read.attributes if name == "class") == min(count, 1)
    assert sum(str(value).startswith("bar ") for name, value in read.attributes if name == "class") == count


def test_far_apart_speedups_are_on_a_logarithmic_scale_that_is_named() -> None:
    near, far = page.text(made.many(12, 4, 30)), page.text(made.many(60))

    assert "logarithmic" not in near
    assert "The scale is logarithmic: bars start at 1x" in far
    widths = [float(width) for width in re.findall(r'<rect x="[\d.]+" y="[\d.]+" width="([\d.]+)"', far)]
    assert min(widths) >= 1.5


def test_each_batch_size_has_a_race_of_its_own() -> None:
    cells = [made.baseline(), made.baseline(batch=8), made.cell("openvino", "fp32", 5.0, batch=8)]
    text = page.text(made.comparison(*cells))

    assert "Batch size 1" in text
    assert "Batch size 8" in text


@pytest.mark.parametrize("values", [[1.0], [0.5, 3.0], [1.0, 5000.0], [1e-4, 1e4], [17.0, 18.0]])
def test_a_scale_holds_its_values_and_has_a_handful_of_ticks(values: list[float]) -> None:
    found = scale.fitted(values, 100, 400)
    places = [found.at(value) for value in values]

    assert all(100 <= place <= 500 for place in places)
    assert places == sorted(places)
    assert 2 <= len(found.ticks()) <= 8
    assert found.is_log == (max(values) / min(values) > 50)
