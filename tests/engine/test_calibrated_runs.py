"""Runs at calibrated precisions through the real engine: a person's texts, good and bad, and what the report says."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from engine.wire.messages import Finished, Stage
from tests.engine.telling import failure
from tests.talk import Talk, only, talking

Tiny = Callable[[str, str], Path]

FIELDS = {"inputs": "My name is Anna and I live in Paris."}
LINES = [f"The {word} is on the table, and nobody saw it." for word in ("cat", "dog", "bread", "book", "tree")] + [
    f"Where did you see the {word} last?" for word in ("river", "train", "street", "house", "fish")
]


@pytest.fixture(scope="module")
def talk() -> Iterator[Talk]:
    with talking() as talk:
        yield talk


@pytest.mark.slow
def test_own_texts_calibrate_a_run(talk: Talk, tiny: Tiny, tmp_path: Path) -> None:
    file = tmp_path / "texts.txt"
    file.write_text("\n".join(LINES), "utf-8")
    events = talk.run(
        tiny("bert", "SequenceClassification"),
        "text-classification",
        "onnx-runtime",
        FIELDS,
        precision="int8-static",
        calibration=str(file),
        calls=3,
        check="always",
        explain=True,
    )
    report = only(events, Finished).report

    assert report is not None
    assert report.precision_executed == "int8-static", report.notices
    assert report.sample_agreement is not None
    assert report.sample_agreement.n == 16
    assert report.evidence is not None
    assert report.evidence.precision_executed["linear"].startswith("int8")


@pytest.mark.parametrize("kind", ["missing", "not UTF-8", "empty", "all alike", "seven", "ten megabytes", "a folder"])
def test_texts_that_cannot_serve_fail_the_run_in_words(talk: Talk, tiny: Tiny, tmp_path: Path, kind: str) -> None:
    file = tmp_path / "texts.txt"
    contents = {
        "not UTF-8": "\n".join(LINES).encode("utf-16"),
        "empty": b"",
        "all alike": b"The cat sat on the mat.\n" * 50,
        "seven": "\n".join(LINES[:7]).encode(),
        "ten megabytes": b"word " * 2_000_000,
    }
    if kind == "a folder":
        file.mkdir()
    elif kind in contents:
        file.write_bytes(contents[kind])
    name = talk.send(
        tiny("bert", "SequenceClassification"),
        "text-classification",
        "onnx-runtime",
        FIELDS,
        precision="int8-static",
        calibration=str(file),
    )
    found = failure(talk, name)

    assert "texts.txt" in found.what_happened
    assert not any(isinstance(event, Stage) and event.stage in ("load", "prepare") for event in talk.of(name))
