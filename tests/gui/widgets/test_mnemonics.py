"""Letters for Alt."""

import pytest

from gui.widgets.mnemonics import letter_of, with_letter


@pytest.mark.parametrize(
    ("title", "taken", "text"),
    [
        ("Source sentence", "", "&Source sentence"),
        ("Source sentence", "s", "S&ource sentence"),
        ("Use it at fp32", "u", "Use &it at fp32"),
        ("R && D", "", "&R &&&& D"),
        ("日本語", "", "日本語 (&0)"),
        ("aa", "a0", "aa (&1)"),
    ],
)
def test_a_title_gets_its_first_free_letter(title: str, taken: str, text: str) -> None:
    found, letter = with_letter(title, set(taken))

    assert found == text
    assert letter == letter_of(found)
    assert letter not in taken


def test_where_nothing_is_free_it_stays_as_it_is() -> None:
    assert with_letter("a", set("a0123456789")) == ("a", "")
