"""Every picture that README and docs show is there, and small."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PAGES = (ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md")))
MOST_BYTES = 150_000


def pictures() -> list[tuple[str, Path, str]]:
    found = []
    for page in PAGES:
        for words, target in re.findall(r"!\[([^\]]*)\]\(([^)]+)\)", page.read_text("utf-8")):
            found.append((page.name, page.parent / target, words))
    return found


@pytest.mark.parametrize(("page", "file", "words"), pictures(), ids=lambda value: getattr(value, "name", None))
def test_a_shown_picture_is_there_small_and_described(page: str, file: Path, words: str) -> None:
    assert file.is_file(), f"{page} shows {file.name}, which is not there: python3 tasks.py screenshots"
    assert file.stat().st_size <= MOST_BYTES
    assert len(words) > 10


def test_no_picture_is_kept_that_nobody_shows() -> None:
    shown = {file.resolve() for _, file, _ in pictures()}
    kept = {file.resolve() for file in (ROOT / "resources" / "screenshots").glob("*.png")}

    assert kept - shown == set()
