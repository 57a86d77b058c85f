"""What is the same is called the same; ``tasks.py bench same`` has a hundred tries and a busy machine."""

from pathlib import Path

from tests.bench import comparing

ALIKE, RACES = 4, 3
"""One process that lies oddly in memory spoils three of a race's six pairs, and so does another program that begins or
ends in it. A measure that is wrong spoils every race.
"""


def test_plain_pytorch_beside_itself_is_no_difference(compare_home: Path) -> None:
    shares: list[int] = []
    while len(shares) < RACES and max(shares, default=0) < 5:
        found = comparing.pairs(ALIKE)
        assert len(found) == 6
        shares.append(sum(verdict == "no difference" for verdict, _ in found))

    assert max(shares) >= 5, shares
