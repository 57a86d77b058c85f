"""Each failure of errors.py is shown where it happened, in its two sentences, with the buttons that mend it."""

from collections.abc import Callable
from dataclasses import replace

import msgspec
import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QAbstractButton, QApplication, QLabel, QWidget
from pytestqt.qtbot import QtBot

from engine.wire import errors
from engine.wire.errors import (
    BadInput,
    EngineDied,
    FastpathError,
    NotDownloaded,
    NotEnoughMemory,
    NotForThisModel,
    Offline,
    Stopped,
    UnsafeWeights,
    failure_of,
)
from engine.wire.messages import Allow, Describe, Download, Downloading, Failed, Notice, Run, Stage, Stop
from gui import run_state
from gui.pages.run_page import RunPage
from gui.run_state import State
from gui.widgets.mnemonics import letter_of
from tests.gui import replay

Open = Callable[..., RunPage]
KINDS = [kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, FastpathError)]
NEEDS_NO_BUTTON = {"FastpathError", "UserFacing", "Defect", "DataFolder"}
"""Abstract ones; a report is copied with "Copy"; a data folder is set where the program is started."""


def words(widget: QWidget) -> str:
    return "\n".join(label.text() for label in widget.findChildren(QLabel) if label.isVisible())


def titles(panel: QWidget) -> list[str]:
    return [button.accessibleName() for button in panel.remedies()]  # type: ignore[attr-defined]


def failed_run(kind: type[FastpathError], **more: object) -> State:
    """A run that failed while it loaded."""
    state = next(one for one in replay.states("checked") if one.run is not None and not one.run.stages)
    assert state.run is not None
    run = msgspec.structs.replace(state.run.request, **more)
    state = run_state.apply(run_state.began(state, run), Stage(id=run.id, stage="load"), 10.0)
    return run_state.apply(state, Failed(id=run.id, failure=failure_of(kind("What happened.", "What to do."))), 11.5)


def missing(failure: FastpathError, tokenizer: str = "") -> State:
    """A model that was looked for and not found."""
    state = run_state.describing(replay.last("opened"), Describe(id="d", ref="org/name", tokenizer=tokenizer))
    return run_state.apply(state, Failed(id="d", failure=failure_of(failure)), 1.0)


def downloading(*events: Downloading | Notice | Failed) -> State:
    state = missing(NotDownloaded("org/name is not on this computer yet.", about="org/name"))
    assert state.missing is not None
    state = run_state.downloading(state, msgspec.structs.replace(state.missing, id="get"))
    for event in events:
        state = run_state.apply(state, msgspec.structs.replace(event, id="get"), 2.0)
    return state


def press(qtbot: QtBot, panel: QWidget, title: str) -> None:
    button = next(one for one in panel.remedies() if one.accessibleName() == title)  # type: ignore[attr-defined]
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)


def asked(page: RunPage) -> list[object]:
    found: list[object] = []
    page.asked.connect(found.append)
    return found


@pytest.mark.parametrize("kind", KINDS)
def test_a_failure_of_a_run_is_shown_where_it_is_mended(open_page: Open, kind: type[FastpathError]) -> None:
    page = open_page(failed_run(kind))
    here, elsewhere = (page.form, page.result) if kind is BadInput else (page.result, page.form)

    assert "What happened." in words(here)
    assert "What to do." in words(here)
    assert elsewhere.failure() is None
    assert page.model.failure() is None
    assert titles(here) or kind.__name__ in NEEDS_NO_BUTTON
    assert page.bar.button.isEnabled()


@pytest.mark.parametrize("kind", KINDS)
def test_a_failure_of_a_model_is_shown_at_the_model(open_page: Open, kind: type[FastpathError]) -> None:
    page = open_page(missing(kind("What happened.", "What to do.")))

    assert "What happened." in words(page.model)
    assert "What to do." in words(page.model)
    assert titles(page.model)[-1] == "Keep present model"
    assert ("Download" in titles(page.model)) == (kind is NotDownloaded)


@pytest.mark.parametrize("kind", KINDS)
def test_a_failure_of_a_download_can_be_tried_again_unless_it_stays(open_page: Open, kind: type[FastpathError]) -> None:
    page = open_page(downloading(Failed(failure=failure_of(kind("What happened.", "What to do.")))))
    stays = kind.__name__ in ("ModelNotFound", "UnsafeWeights", "NeedsRemoteCode", "NotForThisModel", "ModelBroken")
    again = {"Download", "Try again", "Go on downloading"} & set(titles(page.model))

    assert "What happened." in words(page.model)
    assert len(again) == (0 if stays else 1)


def test_the_stage_that_failed_is_marked(open_page: Open) -> None:
    for kind, how in ((EngineDied, "failed"), (Stopped, "stopped")):
        page = open_page(failed_run(kind))
        assert f"Load 1.5 s, {how}" in page.speed._stages.accessibleDescription()


def test_an_example_mends_an_empty_input(qtbot: QtBot, open_page: Open) -> None:
    page = open_page(failed_run(BadInput))
    page.form.fill({})
    press(qtbot, page.form, "Take the example")

    assert page.form.fields() == page.form.task().example  # type: ignore[union-attr]


def test_too_little_memory_can_be_ignored_by_a_press(qtbot: QtBot, open_page: Open) -> None:
    state = failed_run(NotEnoughMemory, calls=None, ratio=True)
    page = open_page(state)
    found = asked(page)
    press(qtbot, page.result, "Run all the same")

    (run,) = found
    assert isinstance(run, Run)
    assert run.ignore_memory
    assert run.ratio
    assert run.id != state.run.request.id  # type: ignore[union-attr]


def test_a_mode_that_does_not_serve_offers_the_first(qtbot: QtBot, open_page: Open) -> None:
    page = open_page(failed_run(NotForThisModel, mode="onnx-runtime"))
    found = asked(page)
    first = page.modes._modes[0]
    press(qtbot, page.result, f"Pick {first.title}")

    assert found == []  # choosing starts no work
    assert page.modes.mode() == first


def test_running_again_after_a_death_repeats_what_repeated(qtbot: QtBot, open_page: Open) -> None:
    page = open_page(failed_run(EngineDied, calls=0))
    found = asked(page)
    press(qtbot, page.result, "Run again")

    (run,) = found
    assert isinstance(run, Run)
    assert run.calls == 0


def test_a_missing_model_is_downloaded_on_a_press(qtbot: QtBot, open_page: Open) -> None:
    page = open_page(missing(NotDownloaded("org/name is not on this computer yet.", about="org/name")))
    found = asked(page)
    press(qtbot, page.model, "Download")

    assert [(one.ref, one.part) for one in found if isinstance(one, Download)] == [("org/name", "model")]


def test_of_a_missing_tokenizer_only_that_is_downloaded(qtbot: QtBot, open_page: Open) -> None:
    page = open_page(missing(NotDownloaded("org/other is not here.", about="org/other"), tokenizer="org/other"))
    found = asked(page)
    press(qtbot, page.model, "Download")

    assert [(one.ref, one.part) for one in found if isinstance(one, Download)] == [("org/other", "tokenizer")]


def test_a_download_tells_file_share_speed_and_time_left(qtbot: QtBot, open_page: Open) -> None:
    progress = Downloading(file="model.safetensors", done_bytes=30_000_000, total_bytes=91_000_000)
    told = msgspec.structs.replace(progress, bytes_per_s=4.5e6, left_s=13.4)
    page = open_page(downloading(told))
    found = asked(page)

    assert page.model.download.words() == "30.0 MB of 91.0 MB, 4.50 MB/s, 13 s left"
    assert page.model.download.bar.value() == 330
    assert "model.safetensors" in words(page.model)
    assert page.bar.button.isEnabled()  # the present model can be used meanwhile
    qtbot.mouseClick(page.model.download.stop, Qt.MouseButton.LeftButton)
    assert found == [Stop(id="get")]


def test_what_a_download_waits_for_is_told(open_page: Open) -> None:
    page = open_page(downloading(Notice(text="The Hub asks for fewer requests; trying again in 8 s.")))

    assert "fewer requests" in page.model.download.words()


def test_escape_stops_the_run_before_the_download(qtbot: QtBot, open_page: Open) -> None:
    downloads = downloading().downloads
    page = open_page(replace(replay.last("repeating"), downloads=downloads))
    found = asked(page)
    with qtbot.waitActive(page):  # a shortcut belongs to the active window
        page.activateWindow()
    qtbot.keyClick(page.bar.button, Qt.Key.Key_Escape)
    page.show_state(replace(replay.last("checked"), downloads=downloads))
    qtbot.keyClick(page.bar.button, Qt.Key.Key_Escape)

    assert found == [Stop(id="run-2"), Stop(id="get")]


def test_pickled_weights_ask_for_consent_in_place(qtbot: QtBot, open_page: Open) -> None:
    opened = replay.last("opened")
    assert opened.model is not None
    model = msgspec.structs.replace(opened.model, consent="These weights can carry code.")
    page = open_page(replace(opened, model=model))
    found = asked(page)
    assert "These weights can carry code." in words(page.model)
    assert not page.bar.button.isEnabled()
    assert "consent" in words(page.bar)
    qtbot.mouseClick(page.model.consent.allow, Qt.MouseButton.LeftButton)

    (allow,) = found
    assert isinstance(allow, Allow)
    assert (allow.ref, allow.folder) == (model.ref, model.folder)


def test_a_revoked_consent_can_be_given_at_the_failure(qtbot: QtBot, open_page: Open) -> None:
    state = failed_run(UnsafeWeights)
    assert state.model is not None
    consent = msgspec.structs.replace(state.model, consent="These weights can carry code.")
    page = open_page(replace(state, model=consent))
    found = asked(page)
    press(qtbot, page.result, "Allow for this model")

    assert isinstance(found[0], Allow)


def test_offline_leads_to_the_settings(qtbot: QtBot, open_page: Open) -> None:
    page = open_page(downloading(Failed(failure=failure_of(Offline("The network is off.")))))
    with qtbot.waitSignal(page.page_asked, timeout=1_000) as page_asked:
        press(qtbot, page.model, "Open Settings")

    assert page_asked.args == ["settings"]


def test_a_failure_stays_while_the_present_model_is_looked_into_again() -> None:
    state = missing(NotDownloaded("org/name is not on this computer yet.", about="org/name"))
    again = run_state.describing(state, Describe(id="again", ref="starter"), again=True)

    assert again.model_failure is state.model_failure
    assert again.missing == state.missing


def test_letters_are_given_once_in_each_state(open_page: Open) -> None:
    for state in (replay.last("died"), replay.last("bad_input"), missing(NotDownloaded("Not here.")), downloading()):
        page = open_page(state)
        QApplication.processEvents()
        shown = [label for label in page.findChildren(QLabel) if label.buddy() is not None and label.isVisible()]
        buttons = [button for button in page.findChildren(QAbstractButton) if button.isVisible()]
        letters = [letter for one in (*shown, *buttons) if (letter := letter_of(one.text()))]  # type: ignore[attr-defined]
        assert sorted(letters) == sorted(set(letters))
        fields = [label for label in shown if label.buddy() in [made.widget() for made in page.form.inputs().values()]]
        assert len(fields) == len(page.form.inputs())
        assert all(letter_of(label.text()) for label in fields)
        assert all(letter_of(button.text()) for button in page.model.remedies())


def test_tab_goes_through_the_page_as_it_is_read(open_page: Open) -> None:
    page = open_page(replay.last("checked"))
    state = replace(missing(NotDownloaded("Not here.")), run=failed_run(EngineDied).run)
    page.show_state(state)
    QApplication.processEvents()
    first: QWidget = page.model.change
    widget, met = first, [first]
    while (widget := widget.nextInFocusChain() or first) is not first:
        if page.isAncestorOf(widget) and widget.isVisible() and widget.focusPolicy() & Qt.FocusPolicy.TabFocus:
            met.append(widget)
    first_field = next(iter(page.form.inputs().values())).widget()
    wanted: list[QWidget] = [
        *(page.model.change, *page.model.remedies(), page.task.choice, page.modes.precision, page.bar.button),
        *(page.form.example, first_field, page.result.copy, *page.result.remedies(), page.speed.repeat),
    ]

    places = [met.index(one) for one in wanted]
    assert places == sorted(places)
