"""Texts for calibrating: a person's file in any state is read or refused in words, the bundled ones are fit."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from engine.models import calibration
from engine.models.calibration import Texts
from engine.models.look import look
from engine.wire.errors import BadInput

LINES = [f"This is text number {number} of a file." for number in range(12)]


def written(folder: Path, content: bytes) -> str:
    file = folder / "my texts.txt"
    file.write_bytes(content)
    return str(file)


def refused(file: str) -> BadInput:
    with pytest.raises(BadInput) as caught:
        calibration.own(file)
    assert caught.value.what_happened.endswith(".")
    assert "one a line" in caught.value.what_to_do
    assert caught.value.about == "calibration"
    return caught.value


def test_one_text_a_line_in_any_way_of_ending_lines(tmp_path: Path) -> None:
    for end in ("\n", "\r\n", "\n\n  \n"):
        assert calibration.own(written(tmp_path, end.join(LINES).encode())) == tuple(LINES)
    assert calibration.own(written(tmp_path, b"\xef\xbb\xbf" + "\n".join(LINES).encode())) == tuple(LINES)


@pytest.mark.parametrize(
    "content",
    [b"", b"\n \n\t\n", b"the same\n" * 500, "\n".join(LINES[:7]).encode(), b"one line of ten megabytes " * 400_000],
    ids=["empty", "blank", "all alike", "seven", "one long line"],
)
def test_too_few_different_texts_are_refused(tmp_path: Path, content: bytes) -> None:
    assert "my texts.txt" in refused(written(tmp_path, content)).what_happened


@pytest.mark.parametrize(
    "content", [b"\xff\xfe" + "\n".join(LINES).encode("utf-16-le"), os.urandom(5000)], ids=["utf-16", "noise"]
)
def test_what_is_not_utf_8_is_told(tmp_path: Path, content: bytes) -> None:
    assert "UTF-8" in refused(written(tmp_path, content)).what_happened


def test_a_missing_file_a_folder_and_a_pipe_are_told(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    for place in (tmp_path / "missing.txt", tmp_path):
        assert "cannot be read" in refused(str(place)).what_happened
    if hasattr(os, "mkfifo"):
        os.mkfifo(pipe)
        assert "cannot be read" in refused(str(pipe)).what_happened


def test_of_ten_megabytes_the_beginning_is_read(tmp_path: Path) -> None:
    """Cut between letters of several bytes too."""
    text = "".join(f"{number} ключ 鍵 {'é' * 20_000}\n" for number in range(250))
    found = calibration.own(written(tmp_path, text.encode()))

    assert len(text.encode()) > 2 * calibration.MOST_BYTES
    assert 8 < len(found) < 250
    assert all(line.endswith("é" * 100) for line in found)


def test_three_hundred_texts_are_enough(tmp_path: Path) -> None:
    texts = [f"Text {number}." for number in range(1000)]

    assert calibration.own(written(tmp_path, "\n".join(texts).encode())) == tuple(texts[:300])


def test_bundled_texts_are_many_unlike_and_kept_apart() -> None:
    ours, others = (calibration.bundled(part) for part in ("calibrate", "check"))

    assert len(set(ours)) == len(ours) >= 96
    assert len(set(others)) == len(others) == 16
    assert not set(ours) & set(others)
    words = [len(text.split()) for text in ours]
    assert min(words) <= 3
    assert max(words) >= 70


def test_texts_alike_as_tokens_are_refused(tiny: Callable[[str, str], Path]) -> None:
    facts = look(tiny("bert", "TokenClassification"))
    alike = Texts(facts, "", tuple("the cat sat" + " " * number for number in range(1, 30)))
    with pytest.raises(BadInput, match="alike"):
        alike.batches()

    (batch, *rest) = Texts(facts, "", tuple(LINES)).batches()
    assert len(rest) == 11
    assert batch["input_ids"].shape == batch["attention_mask"].shape
    assert len(batch["input_ids"]) == 1


def test_digest_tells_texts_apart(tiny: Callable[[str, str], Path]) -> None:
    facts = look(tiny("bert", "TokenClassification"))

    assert Texts(facts, "", tuple(LINES)).digest == Texts(facts, "", tuple(LINES)).digest
    assert Texts(facts, "", tuple(LINES)).digest != Texts(facts, "", tuple(LINES[1:])).digest
