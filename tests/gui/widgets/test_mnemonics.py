"""Letters for Alt."""

import pytest

from gui.widgets.mnemonics import letter_of, shared_out, with_letter


@pytest.mark.parametrize(
    ("title", "fixed", "text"),
    [
        ("Source sentence", "", "&Source sentence"),
        ("Source sentence", "s", "S&ource sentence"),
        ("Use it at fp32", "u", "Use &it at fp32"),
        ("R && D", "", "&R &&&& D"),
        ("日本語", "", "日本語 (&0)"),
        ("aa", "a0", "aa (&1)"),
        ("a", "a0123456789", "a"),
    ],
)
def test_a_title_gets_its_first_free_letter(title: str, fixed: str, text: str) -> None:
    (letter,) = shared_out([title], set(fixed))

    assert with_letter(title, letter) == text
    assert letter == letter_of(text)
    assert letter not in set(fixed)


def test_a_title_with_a_second_choice_gives_way() -> None:
    assert shared_out(["Open", "No", "On"], set()) == ["p", "n", "o"]
    assert shared_out(["On", "No", "o"], set()) == ["o", "n", "0"]
    assert shared_out(["Source", "On", "Nod", "s"], {"u", "r", "c", "e"}) == ["o", "n", "d", "s"]


def test_each_letter_is_given_once() -> None:
    titles = ["Run", "Runtime", "Run it", "nur", "urn", "日本"]

    assert shared_out(titles, {"i"}) == ["r", "m", "t", "n", "u", "0"]
