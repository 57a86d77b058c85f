"""What is the same is called the same; ``tasks.py bench same`` has a hundred tries and a busy machine."""

from pathlib import Path

from tests.bench import comparing

ALIKE = 4


def test_plain_pytorch_beside_itself_is_no_difference(compare_home: Path) -> None:
    alike = _alike()

    assert alike >= 5 or _alike() >= 5  # one process with an odd placement spoils three pairs, about once in forty


def _alike() -> int:
    verdicts = [verdict for verdict, _ in comparing.pairs(ALIKE)]
    assert len(verdicts) == 6
    return verdicts.count("no difference")
