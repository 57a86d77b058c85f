"""The Run page in each of its states, from recorded conversations, without an engine."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import msgspec
import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QAccessible, QAccessibleAnnouncementEvent
from PySide6.QtWidgets import (
    QAbstractButton,
    QApplication,
    QComboBox,
    QFileDialog,
    QLabel,
    QLineEdit,
    QPlainTextEdit,
    QWidget,
)
from pytestqt.qtbot import QtBot

from engine.wire.errors import EngineDied, ModelNotFound, failure_of
from engine.wire.messages import Answer, Describe, Run, Stop, Update
from engine.wire.values import Agreement, Cell, ModeCard, PrecisionCard, Ratio, Result
from gui import run_state
from gui.pages.run_page import RunPage
from gui.pages.run_page.agreement_words import agreement_in_words
from gui.pages.run_page.model_dialog import ModelDialog
from gui.pages.run_page.verdicts import verdict
from gui.run_state import State
from gui.settings import Settings
from gui.theme import Wardrobe
from tests.gui import replay

Open = Callable[..., RunPage]
SHIFT = Qt.KeyboardModifier.ShiftModifier
FP32 = (PrecisionCard(id="fp32", title="Full precision (fp32)"),)
MODE = ModeCard(id="m", title="Mode", plain="What it does.", precisions=FP32)


def words(widget: QWidget) -> str:
    """All texts that can be seen."""
    labels = [label.text() for label in widget.findChildren(QLabel) if label.isVisible()]
    buttons = [button.text() for button in widget.findChildren(QAbstractButton) if button.isVisible()]
    return "\n".join(labels + buttons)


def asked(page: RunPage) -> list[object]:
    found: list[object] = []
    page.asked.connect(found.append)
    return found


def test_opens_ready_with_the_example_and_run_focused(open_page: Open) -> None:
    page = open_page()

    assert page.form.task() is not None
    assert page.form.fields() == page.form.task().example  # type: ignore[union-attr]
    assert page.window().focusWidget() is page.bar.button
    assert "Press Run" in words(page.result)


def test_run_is_one_frozen_request_of_what_the_page_shows(qtbot: QtBot, open_page: Open) -> None:
    page = open_page(settings=Settings(threads=2, mode="onnx-runtime"))
    found = asked(page)
    qtbot.mouseClick(page.bar.button, Qt.MouseButton.LeftButton)

    (run,) = found
    assert isinstance(run, Run)
    assert (run.mode, run.precision, run.threads, run.calls) == ("onnx-runtime", "fp32", 2, None)
    assert run.check == "if_known"
    assert run.fields == page.form.fields()
    with pytest.raises(AttributeError):
        run.mode = "eager"  # type: ignore[misc]


def test_choosing_starts_no_work(qtbot: QtBot, open_page: Open) -> None:
    page = open_page()
    found = asked(page)
    kept: list[Settings] = []
    page.settings_changed.connect(kept.append)
    for row in page.modes._rows.values():
        qtbot.mouseClick(row.radio, Qt.MouseButton.LeftButton)
    page.task.choice.setCurrentIndex(1)
    page.task.choice.activated.emit(1)

    assert found == []
    assert kept[-1].mode == [mode for mode, row in page.modes._rows.items() if row.radio.isEnabled()][-1]
    assert kept[-1].task == page.task.task_id()


def test_before_the_engine_speaks_it_says_that_it_starts(open_page: Open) -> None:
    page = open_page(State())

    assert "Starting the engine" in words(page.bar)
    assert not page.bar.button.isEnabled()


def test_an_engine_that_cannot_start_offers_another_try(qtbot: QtBot, open_page: Open) -> None:
    failure = failure_of(EngineDied("The engine ended with status 1.", details="Traceback"))
    page = open_page(State(engine_failure=failure))

    assert "The engine ended with status 1." in words(page)
    assert page._engine_failure.action is not None
    with qtbot.waitSignal(page.try_again_asked, timeout=1_000):
        qtbot.mouseClick(page._engine_failure.action, Qt.MouseButton.LeftButton)


def test_a_model_that_is_not_found_is_told_at_the_model(qtbot: QtBot, open_page: Open) -> None:
    failure = failure_of(ModelNotFound("There is no folder /nowhere."))
    page = open_page(replace(replay.last("opened"), model_failure=failure))
    found = asked(page)
    assert "There is no folder /nowhere." in words(page.model)
    assert page.result.failure() is None

    (keep,) = page.model.remedies()
    qtbot.mouseClick(keep, Qt.MouseButton.LeftButton)
    assert isinstance(found[0], Describe)
    assert found[0].ref == "starter"


def test_bad_input_is_told_at_the_form(open_page: Open) -> None:
    page = open_page(replay.last("bad_input"))

    assert "Source sentence is empty." in words(page.form)
    assert page.result.failure() is None


def test_a_died_engine_is_told_at_the_result(open_page: Open) -> None:
    page = open_page(replay.last("died"))

    assert "SIGKILL" in words(page.result)
    assert page.form.failure() is None
    assert page.bar.button.isEnabled()


def test_while_it_runs_the_main_action_is_stop(qtbot: QtBot, open_page: Open) -> None:
    page = open_page(replay.last("repeating"))
    found = asked(page)
    assert page.bar.button.accessibleName() == "Stop"
    assert page.speed.repeat.isChecked()
    qtbot.mouseClick(page.bar.button, Qt.MouseButton.LeftButton)

    assert found == [Stop(id="run-2")]


def test_a_changed_input_while_it_repeats_is_one_update(qtbot: QtBot, open_page: Open) -> None:
    page = open_page(replay.last("repeating"))
    found = asked(page)
    assert found == []
    page.form.fill({"source_sentence": "new", "sentences": ["a", "b"]})
    page.form.fill({"source_sentence": "newer", "sentences": ["a", "b"]})
    qtbot.waitUntil(lambda: len(found) == 2, timeout=1_000)

    assert all(isinstance(update, Update) for update in found)
    assert found[-1] == Update(id="run-2", fields={"source_sentence": "newer", "sentences": ["a", "b"]}, revision=2)


def test_a_changed_input_between_single_runs_sends_nothing(open_page: Open) -> None:
    page = open_page(replay.last("checked"))
    found = asked(page)
    page.form.fill({"source_sentence": "new", "sentences": ["a", "b"]})

    assert found == []


def test_a_checked_run_shows_ratio_and_agreement(open_page: Open) -> None:
    page = open_page(replay.last("checked"))
    report = replay.last("checked").run.report  # type: ignore[union-attr]
    assert report is not None
    assert report.ratio is not None

    assert "faster than eager, same answer" in page.speed.announcement()
    assert not page.speed.check.isVisible()
    assert all(notice in page.result.notices() for notice in report.doubts)


def test_an_unchecked_run_says_so_and_offers_the_check(qtbot: QtBot, open_page: Open) -> None:
    state = replay.last("checked")
    assert state.run is not None
    assert state.run.report is not None
    report = msgspec.structs.replace(state.run.report, agreement=None, ratio=None)
    page = open_page(replace(state, run=replace(state.run, report=report), eager_ms={}))
    found = asked(page)
    assert "not checked" in page.speed.announcement()
    assert "faster" not in words(page)
    qtbot.mouseClick(page.speed.check, Qt.MouseButton.LeftButton)

    (run,) = found
    assert isinstance(run, Run)
    assert (run.check, run.ratio, run.mode) == ("always", True, state.run.request.mode)
    assert run.fields == state.run.request.fields


def test_a_speedup_is_never_shown_where_the_answer_changed() -> None:
    report = replay.last("checked").run.report  # type: ignore[union-attr]
    assert report is not None
    other = Agreement(verdict="different answers", share=0.5, max_abs_diff=3, cosine_worst=0.2, n=10)
    found, role = agreement_in_words(
        msgspec.structs.replace(report, agreement=other, ratio=Ratio(value=9.0, eager_ms=9.0, mode_ms=1.0, n=5))
    )

    assert found == "different answers than eager on 50.0 % of 10 inputs, so no speedup is shown"
    assert role == "warn"


@pytest.mark.parametrize(
    ("mode", "cell", "kept", "word"),
    [
        (MODE, None, False, "ready"),
        (MODE, None, True, "prepared"),
        (MODE, Cell(mode="m", precision="fp32", verdict="fits", prepared="cached"), False, "prepared"),
        (MODE, Cell(mode="m", precision="fp32", verdict="slower", reason="why"), False, "slower here"),
        (MODE, Cell(mode="m", precision="fp32", verdict="no", reason="why"), False, "not for this model"),
        (msgspec.structs.replace(MODE, available=False, reason="why", remedy="apt"), None, False, "cannot run here"),
    ],
)
def test_each_mode_says_how_it_stands(mode: ModeCard, cell: Cell | None, kept: bool, word: str) -> None:
    found = verdict(mode, "fp32", cell, kept)

    assert found.word == word
    assert found.can == (word in ("ready", "prepared", "slower here"))
    assert found.why == ("why" if word in ("slower here", "cannot run here", "not for this model") else "")


def test_a_mode_that_cannot_run_says_why_and_how_to_get_it(qtbot: QtBot, open_page: Open) -> None:
    state = replay.last("opened")
    assert state.catalogue is not None
    lacking = msgspec.structs.replace(
        state.catalogue.modes[2], available=False, reason="Needs a C++ compiler", remedy="apt-get install g++"
    )
    modes = (*state.catalogue.modes[:2], lacking, *state.catalogue.modes[3:])
    page = open_page(replace(state, catalogue=msgspec.structs.replace(state.catalogue, modes=modes)))
    row = page.modes._rows[lacking.id]
    assert not row.radio.isEnabled()
    assert "Needs a C++ compiler. apt-get install g++" in words(row)

    qtbot.mouseClick(row._copy, Qt.MouseButton.LeftButton)
    assert QApplication.clipboard().text() == "apt-get install g++"


def test_text_typed_moves_over_to_a_task_where_it_fits(open_page: Open) -> None:
    state = replay.last("opened")
    assert state.model is not None
    tasks = ("feature-extraction", "text-classification", "fill-mask", "sentence-similarity")
    page = open_page(replace(state, model=msgspec.structs.replace(state.model, tasks=tasks)))
    page.form.fill({"inputs": "typed by hand"})

    def choose(task: str) -> dict[str, object]:
        page.task.choice.setCurrentIndex(page.task.choice.findData(task))
        page.task.choice.activated.emit(0)
        return page.form.fields()

    assert choose("text-classification") == {"inputs": "typed by hand"}
    assert choose("fill-mask") != {"inputs": "typed by hand"}  # it lacks a mask
    assert choose("feature-extraction") == {"inputs": "typed by hand"}


def test_remembered_inputs_come_back(open_page: Open) -> None:
    typed = {"source_sentence": "mine", "sentences": ["one", "two"]}
    page = open_page(settings=Settings(inputs={"sentence-similarity": typed}))

    assert page.form.fields() == typed


def test_results_of_another_task_are_not_shown(open_page: Open) -> None:
    page = open_page(replay.last("checked"))
    assert page.result.view() is not None
    page.task.choice.setCurrentIndex(1)
    page.task.choice.activated.emit(1)

    assert page.result.view() is None


def test_ctrl_c_in_the_result_copies_it(qtbot: QtBot, open_page: Open) -> None:
    page = open_page(replay.last("checked"))
    QApplication.clipboard().clear()
    view = page.result.view()
    assert view is not None
    with qtbot.waitActive(page):
        page.activateWindow()
    view.setFocus()
    qtbot.keyClick(view, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)

    assert "\t" in QApplication.clipboard().text()


def test_result_can_be_saved_as_text_and_json(open_page: Open) -> None:
    page = open_page(replay.last("checked"))

    assert page.result.content("txt").count("\n") == 4
    assert len(msgspec.json.decode(page.result.content("json"))) == 4


def test_model_dialog_offers_starter_recent_and_a_typed_folder(qtbot: QtBot) -> None:
    dialog = ModelDialog(("/models/a", "/models/b"), "/models/b")
    qtbot.addWidget(dialog)
    assert dialog.ref() == "/models/b"
    dialog._list.setCurrentRow(0)
    assert dialog.ref() == "starter"
    dialog._path.setText('  "/models/a folder"  ')
    assert dialog.ref() == "/models/a folder"


@pytest.mark.parametrize(("keys", "is_json"), [(Qt.KeyboardModifier.NoModifier, False), (SHIFT, True)])
def test_ctrl_c_copies_the_whole_answer_with_its_marked_context(
    qtbot: QtBot, open_page: Open, keys: Qt.KeyboardModifier, is_json: bool
) -> None:
    opened = replay.last("opened")
    assert opened.model is not None
    state = replace(opened, model=msgspec.structs.replace(opened.model, tasks=("question-answering",)))
    fields = {"question": "Who?", "context": "Ada wrote it."}
    run = Run(id="q", folder=opened.model.folder, task="question-answering", mode="eager", fields=fields)
    value = {"answer": "Ada", "score": 0.9, "start": 0, "end": 3}
    answer = Answer(id="q", result=Result(kind="answer", value=value))
    page = open_page(run_state.apply(run_state.began(state, run), answer, 0.0))
    view = page.result.view()
    assert view is not None
    context = view.findChild(QPlainTextEdit)
    assert context is not None
    with qtbot.waitActive(page):
        page.activateWindow()
    context.setFocus()
    qtbot.keyClick(context, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier | keys)
    copied = QApplication.clipboard().text()
    assert (msgspec.json.decode(copied) == value) if is_json else (copied == "Ada")

    context.selectAll()
    qtbot.keyClick(context, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    assert QApplication.clipboard().text().replace("\xa0", " ").strip() == "Ada wrote it."


def test_a_result_that_could_not_be_saved_is_told_until_the_next_run(
    open_page: Open, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    state = replay.last("checked")
    page = open_page(state)
    nowhere = str(tmp_path / "no" / "result.txt")
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_words: (nowhere, ""))
    page.result._save_as("txt")
    page.show_state(replace(state, memory_bytes=1))
    failure = page.result.failure()

    assert failure is not None
    assert "could not be saved" in failure.what_happened


def test_a_mode_that_cannot_run_as_chosen_offers_a_precision_that_can(qtbot: QtBot, open_page: Open) -> None:
    state = replay.last("opened")
    no = Cell(mode="onnx-runtime", precision="int8-dynamic", verdict="no", reason="It is not exact enough")
    both = (*FP32, PrecisionCard(id="int8-dynamic", title="Fewer bits (int8)"))
    assert state.catalogue is not None
    modes = tuple(msgspec.structs.replace(mode, precisions=both) for mode in state.catalogue.modes)
    catalogue = msgspec.structs.replace(state.catalogue, modes=modes)
    cells = {**state.cells, (no.mode, no.precision): no}
    settings = Settings(mode="onnx-runtime", precision="int8-dynamic")
    page = open_page(replace(state, catalogue=catalogue, cells=cells), settings)
    assert not page.bar.button.isEnabled()
    other = page.modes._rows["onnx-runtime"].other
    assert other.text().replace("&", "") == "Use it at fp32"
    qtbot.mouseClick(other, Qt.MouseButton.LeftButton)

    assert page.modes.precision_id() == "fp32"
    assert page.bar.button.isEnabled()


def test_the_dialog_remembers_the_tokenizer_of_each_model(qtbot: QtBot) -> None:
    dialog = ModelDialog(("/models/a", "org/b"), "/models/a", {"org/b": "org/other"})
    qtbot.addWidget(dialog)
    assert dialog.tokenizer() == ""
    dialog._list.setCurrentRow(2)
    assert (dialog.ref(), dialog.tokenizer()) == ("org/b", "org/other")
    dialog._path.setText("https://huggingface.co/org/c")
    dialog._other.clear()
    qtbot.keyClicks(dialog._other, " org/mine ")
    dialog._path.setText("https://huggingface.co/org/cd")

    assert (dialog.ref(), dialog.tokenizer()) == ("https://huggingface.co/org/cd", "org/mine")


def test_the_end_of_a_run_is_announced_once(open_page: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    said: list[str] = []
    monkeypatch.setattr(QAccessible, "isActive", lambda: True)
    monkeypatch.setattr(
        QAccessible,
        "updateAccessibility",
        lambda event: said.append(event.message()) if isinstance(event, QAccessibleAnnouncementEvent) else None,
    )
    page = open_page(State())
    for state in replay.states("checked"):
        page.show_state(state)
    page.show_state(replace(state, memory_bytes=1))
    assert len(said) == 1
    assert said[0].startswith("Best: ")
    assert "Median " in said[0]

    page = open_page(State())
    for state in replay.states("died"):
        page.show_state(state)
    assert len(said) == 2
    assert "SIGKILL" in said[1]


# --- accessibility ---


def named(widget: QWidget) -> str:
    interface = QAccessible.queryAccessibleInterface(widget)
    return interface.text(QAccessible.Text.Name) if interface is not None else ""


@pytest.mark.parametrize("name", ["opened", "repeating", "checked", "died", "bad_input"])
def test_every_control_has_a_name_and_an_explanation(open_page: Open, name: str) -> None:
    page = open_page(replay.last(name))
    kinds = (QAbstractButton, QComboBox, QLineEdit, QPlainTextEdit)
    controls = [widget for kind in kinds for widget in page.findChildren(kind) if widget.isVisible()]

    assert len(controls) > 10
    assert [widget for widget in controls if not named(widget)] == []
    focusable = [widget for widget in controls if widget.focusPolicy() & Qt.FocusPolicy.TabFocus]
    assert [named(widget) for widget in focusable if not widget.whatsThis()] == []


def test_choices_are_labelled(open_page: Open) -> None:
    page = open_page()
    for combo in (page.task.choice, page.modes.precision, page.speed.threads):
        interface = QAccessible.queryAccessibleInterface(combo)
        assert interface is not None
        labels = [other.text(QAccessible.Text.Name) for other, kind in interface.relations() if kind]
        assert any(label in ("Task", "Precision", "Threads") for label in labels), labels


def test_figure_and_chart_tell_their_value(open_page: Open) -> None:
    page = open_page(replay.last("checked"))

    assert page.speed._figure.accessibleDescription().startswith("median ")
    assert named(page.speed.chart) == "Latency of each call, last 30 seconds"


def test_mnemonics_are_each_given_once(open_page: Open) -> None:
    page = open_page(replay.last("checked"))
    texts = [label.text() for label in page.findChildren(QLabel) if label.buddy() is not None and label.isVisible()]
    texts += [button.text() for button in page.findChildren(QAbstractButton) if button.isVisible()]
    letters = [text[text.index("&") + 1].lower() for text in texts if "&" in text.replace("&&", "")]

    assert len(letters) >= 10
    assert sorted(letters) == sorted(set(letters))


def test_changing_the_theme_repaints_everything(open_page: Open, wardrobe: Wardrobe) -> None:
    page = open_page(replay.last("checked"))
    light = page.grab().toImage()
    wardrobe.choose("dark")
    QApplication.processEvents()
    dark = page.grab().toImage()
    wardrobe.choose("light")

    shares = [image.pixelColor(x, 5).lightnessF() for image in (light, dark) for x in (3,)]
    assert shares[0] > 0.9
    assert shares[1] < 0.2


@pytest.mark.parametrize("size", [(1116, 730), (836, 570), (696, 490)])
def test_nothing_is_cut_at_small_sizes(qtbot: QtBot, open_page: Open, size: tuple[int, int]) -> None:
    page = open_page(replay.last("checked"))
    page.resize(*size)
    QApplication.processEvents()
    heads = [page.model.change, page.form.example, page.form.clear, page.result.copy, page.speed.repeat]

    for widget in (*heads, page.speed.threads, page.task.choice, page.modes.precision):
        assert widget.width() >= widget.minimumSizeHint().width()
        card = widget.parentWidget()
        assert card is not None
        assert card.rect().contains(widget.geometry()), widget


def test_states_show_without_a_qt_warning(open_page: Open) -> None:
    for name in ("opened", "repeating", "changed", "checked", "died", "bad_input"):
        page = open_page(State())
        for state in replay.states(name):
            page.show_state(state)
        QApplication.processEvents()
        assert run_state.baseline_ms(state) is None or name in ("changed", "checked")
