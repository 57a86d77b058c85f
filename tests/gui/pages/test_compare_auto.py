"""What was found fastest, as the Run page takes it."""

import dataclasses

from msgspec.structs import replace

from engine.wire.values import Option
from gui.run_state import State
from gui.settings import Settings
from tests.gui import compared
from tests.gui.pages.compare_desk import Open


def test_auto_runs_what_was_found_fastest(open_compare: Open) -> None:
    window = open_compare(compared.picked(), Settings(mode="auto"))
    run = window.run_page
    assert "ONNX Runtime, int8-dynamic: 3.40×, found on 2026-09-" in run.modes.auto.words()
    assert run.modes.auto.radio.isChecked()
    request = run.request()
    assert request is not None
    assert (request.mode, request.precision, request.threads) == ("onnx-runtime", "int8-dynamic", 1)
    assert run.modes.remembered() == "auto"


def test_another_choice_leaves_auto_and_auto_can_be_chosen_again(open_compare: Open) -> None:
    window = open_compare(compared.picked())
    modes = window.run_page.modes
    assert not modes.auto.radio.isChecked()
    modes.auto.radio.click()
    assert modes.remembered() == "auto"
    assert window.settings().mode == "auto"
    modes._rows["torchscript"].radio.click()
    assert modes.remembered() == "torchscript"
    assert modes.auto_threads() == 0


def test_with_nothing_found_auto_leads_to_the_compare_page(open_compare: Open) -> None:
    window = open_compare(None, Settings(mode="auto"))
    window.show_page("run")
    modes = window.run_page.modes
    assert not modes.auto.radio.isEnabled()
    mode = modes.mode()
    assert mode is not None
    assert mode.id == "eager"
    modes.auto.search.click()
    assert window._pages.currentWidget() is window.compare_page


def test_with_nothing_found_a_click_chooses_another_mode(open_compare: Open) -> None:
    window = open_compare(compared.picked(), Settings(mode="auto"))
    window.show_page("run")
    window.show_state(compared.opened())  # another model, say: nothing was found for it
    modes = window.run_page.modes
    assert not modes.auto.radio.isChecked()
    assert modes.remembered() == "auto"

    modes._rows["torchscript"].radio.click()
    request = window.run_page.request()
    assert request is not None
    assert request.mode == modes.remembered() == window.settings().mode == "torchscript"


def test_auto_shows_its_threads_and_another_count_leaves_it(open_compare: Open) -> None:
    window = open_compare(compared.picked(), Settings(mode="auto", threads=2))
    run = window.run_page
    assert run.speed.thread_count() == 1
    assert window.settings().threads == 2  # the person's own stays

    run.speed.threads.setCurrentIndex(run.speed.threads.findData(2))
    run.speed.threads.activated.emit(2)
    request = run.request()
    assert request is not None
    assert (request.mode, request.precision, request.threads) == ("onnx-runtime", "int8-dynamic", 2)
    assert run.modes.remembered() == window.settings().mode == "onnx-runtime"


def test_another_mode_than_auto_has_the_threads_of_the_person(open_compare: Open) -> None:
    run = open_compare(compared.picked(), Settings(mode="auto", threads=2)).run_page
    run.modes._rows["torchscript"].radio.click()
    request = run.request()
    assert request is not None
    assert (request.mode, request.threads) == ("torchscript", 2)


def with_option(state: State) -> State:
    option = Option(id="level", title="Level", plain="How much.", choices=("all", "none"))
    assert state.catalogue is not None
    modes = tuple(
        replace(mode, options=(option,)) if mode.id == "onnx-runtime" else mode for mode in state.catalogue.modes
    )
    return dataclasses.replace(state, catalogue=replace(state.catalogue, modes=modes))


def test_what_was_found_runs_with_the_options_it_was_found_with(open_compare: Open) -> None:
    kept = Settings(mode="auto", options={"onnx-runtime": {"level": "none"}})
    window = open_compare(with_option(compared.picked()), kept)
    modes = window.run_page.modes
    request = window.run_page.request()
    assert request is not None
    assert request.options == {}

    modes._rows["onnx-runtime"].radio.click()
    request = window.run_page.request()
    assert request is not None
    assert request.options == window.settings().options["onnx-runtime"] == {"level": "none"}

    window.show_state(with_option(compared.done()))
    window.compare_page.race.outcome.use.click()
    request = window.run_page.request()
    assert request is not None
    assert (request.mode, request.options) == ("onnx-runtime", {})
