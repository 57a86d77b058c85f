"""What is kept in memory within a bound."""

from engine.store.kept import Kept


def test_the_longest_unused_go_first_and_each_is_ended_once() -> None:
    ended: list[str] = []
    kept: Kept[str, str] = Kept(100, ended.append)
    for name in ("a", "b", "c"):
        kept.keep(name, name.upper(), 30)
    assert kept.find("a") == "A"

    kept.keep("d", "D", 40)

    assert ended == ["B"]
    assert kept.held() == ["c", "a", "d"]
    assert kept.size_bytes() == 100
    assert kept.find("b") is None


def test_what_alone_is_over_the_limit_is_kept_while_it_is_in_use() -> None:
    ended: list[str] = []
    kept: Kept[str, str] = Kept(100, ended.append)
    kept.keep("small", "small", 10)
    kept.keep("large", "large", 1_000)

    assert kept.held() == ["large"]
    assert ended == ["small"]


def test_one_that_is_kept_anew_or_dropped_is_ended() -> None:
    ended: list[str] = []
    kept: Kept[str, str] = Kept(100, ended.append)
    kept.keep("a", "old", 60)
    kept.keep("a", "new", 60)
    kept.drop("never kept")

    assert ended == ["old"]
    assert (kept.find("a"), kept.size_bytes()) == ("new", 60)

    kept.drop("a")

    assert ended == ["old", "new"]
    assert kept.held() == []
