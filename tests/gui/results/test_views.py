"""A view for each kind of output: what it shows, copies and says; and what it does with another shape."""

import time
from typing import Any

import pytest
from PySide6.QtWidgets import QLabel, QPlainTextEdit, QTreeWidget, QWidget
from pytestqt.qtbot import QtBot

from engine.wire.values import Result
from gui.results import VIEWS, View, view_for
from tests.gui import replay

SENTENCE = "Maria lives in Berlin 🏙."
ENTITIES = [
    {"entity_group": "PER", "score": 0.998, "word": "Maria", "start": 0, "end": 5},
    {"entity_group": "LOC", "score": 0.97, "word": "Berlin", "start": 15, "end": 21},
]
CASES: list[tuple[str, Any, dict[str, Any], str, str]] = [
    ("scores", [0.1, 0.9], {"source_sentence": "s", "sentences": ["low", "high"]}, "0.9000\thigh\n0.1000\tlow", "high"),
    ("labels", [{"label": "A", "score": 0.2}, {"label": "B", "score": 0.8}], {}, "0.8000\tB\n0.2000\tA", "B"),
    ("entities", ENTITIES, {"inputs": SENTENCE}, "0.9980\tPER\tMaria\n0.9700\tLOC\tBerlin", "2 entities"),
    ("answer", {"answer": "Berlin", "score": 0.9, "start": 15, "end": 21}, {"context": SENTENCE}, "Berlin", "Berlin"),
    (
        "mask",
        [{"score": 0.7, "token": 1, "token_str": " Paris", "sequence": "in Paris"}],
        {},
        "0.7000\tParis\tin Paris",
        "Paris",
    ),
    ("vectors", [3.0, 4.0], {}, "3\t4", "1 vector of 2 numbers"),
    ("vectors", [[1.0, 0.0], [0.0, 2.0]], {}, "1\t0\n0\t2", "2 vectors of 2 numbers"),
    ("of a kind to come", {"a": [1]}, {}, '{\n  "a": [\n    1\n  ]\n}', "result"),
]


def words(widget: QWidget) -> str:
    """Everything that the view shows."""
    found: list[str] = [label.text() for label in widget.findChildren(QLabel)]
    edits = [*widget.findChildren(QPlainTextEdit), *([widget] if isinstance(widget, QPlainTextEdit) else [])]
    trees = [*widget.findChildren(QTreeWidget), *([widget] if isinstance(widget, QTreeWidget) else [])]
    found += [edit.toPlainText() for edit in edits]
    for tree in trees:
        for place in range(tree.topLevelItemCount()):
            item = tree.topLevelItem(place)
            found += [item.text(column) for column in range(3)] if item is not None else []
    return "\n".join(found)


def shown(qtbot: QtBot, kind: str, value: Any, fields: dict[str, Any]) -> View:
    view = view_for(kind)
    qtbot.addWidget(view.widget())
    view.show_result(Result(kind=kind, value=value), fields)
    return view


@pytest.mark.parametrize(("kind", "value", "fields", "copied", "said"), CASES)
def test_shows_copies_and_says(
    qtbot: QtBot, kind: str, value: Any, fields: dict[str, Any], copied: str, said: str
) -> None:
    view = shown(qtbot, kind, value, fields)

    assert view.as_text() == copied
    assert said in view.summary()
    assert view.widget().findChildren(QWidget)
    for word in copied.replace("\t", "\n").split("\n")[1:2]:
        assert word in words(view.widget())


def test_there_is_a_view_for_each_task() -> None:
    catalogue = replay.last("opened").catalogue
    assert catalogue is not None

    assert {task.output for task in catalogue.tasks} <= set(VIEWS)


def test_entities_stand_in_their_text(qtbot: QtBot) -> None:
    view = shown(qtbot, "entities", ENTITIES, {"inputs": SENTENCE})

    assert "Maria PER  lives in Berlin LOC  🏙." in words(view.widget()).replace("\u00a0", " ")


def test_an_empty_answer_says_so(qtbot: QtBot) -> None:
    view = shown(qtbot, "answer", {"answer": "", "score": 0.4, "start": 0, "end": 0}, {"context": SENTENCE})

    assert "No answer in this context" in words(view.widget())


def test_several_masks_are_told_apart(qtbot: QtBot) -> None:
    one = {"score": 0.7, "token": 1, "token_str": "the", "sequence": "s"}
    two = {"score": 0.6, "token": 2, "token_str": "cat", "sequence": "s"}
    view = shown(qtbot, "mask", [[one], [two]], {})

    assert "Mask 2: cat" in words(view.widget())
    assert view.summary() == "Most likely: the, cat."


def test_vectors_in_a_file_say_where(qtbot: QtBot) -> None:
    view = view_for("vectors")
    qtbot.addWidget(view.widget())
    view.show_result(Result(kind="vectors", value=None, shape=(512, 384), array_file="/data/vectors.npz"), {})

    assert "512 vectors of 384 numbers" in words(view.widget())
    assert "/data/vectors.npz" in words(view.widget())


@pytest.mark.parametrize("kind", sorted(VIEWS))
@pytest.mark.parametrize("value", [{"other": 1}, "text", [{"other": 1}]])
def test_another_shape_raises_and_is_never_shown_as_something_else(qtbot: QtBot, kind: str, value: Any) -> None:
    view = view_for(kind)
    qtbot.addWidget(view.widget())

    with pytest.raises((ValueError, TypeError)):
        view.show_result(Result(kind=kind, value=value), {})


@pytest.mark.usefixtures("resting_collector")
def test_a_result_of_a_megabyte_is_shown_at_once(qtbot: QtBot) -> None:
    sentences = [f"sentence number {number} of a long list" for number in range(30_000)]
    began = time.thread_time()
    view = shown(qtbot, "scores", [number / 30_000 for number in range(30_000)], {"sentences": sentences})
    spent_ms = (time.thread_time() - began) * 1e3

    assert spent_ms <= 100
    assert view.as_text().count("\n") == 29_999
