"""The first start: three pages that can be left at any moment, once; and what is said of the CPU."""

from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from engine import folders
from engine.wire.errors import EngineDied, failure_of
from engine.wire.messages import AnyRequest, Run
from engine.wire.values import Cpu, Feature
from gui import settings
from gui.main_window import MainWindow
from gui.pages.welcome_page.cpu_words import sentence
from gui.pages.welcome_page.page import FAILED
from gui.run_state import State
from gui.settings import Settings
from gui.widgets.icons import application_icon
from gui.widgets.mnemonics import letter_of
from tests.engine.cpu import machines
from tests.gui import replay


def cpu(*usable: str, refused: str = "") -> Cpu:
    names = (*usable, *((refused,) if refused else ()))
    features = tuple(
        Feature(id=name, title=name, group="vectors", explains="", present=True, usable=name != refused)
        for name in names
    )
    return Cpu(
        brand="A CPU", architecture="x86_64", sockets=1, cores_physical=2, cores_logical=4, cores_allowed=4, caches={},
        memory_total_mb=8_000, features=features,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("found", "said"),
    [
        (cpu("avx2", "avx512_f", "avx512_vnni", "amx_tile", "amx_int8", "amx_bf16"), "AMX"),
        (
            cpu("avx2", "avx512_f", "avx512_vnni", refused="amx_int8"),
            "AVX-512 and VNNI, so int8 should be about 3 times",
        ),
        (cpu("avx2", "avx512_f", "avx512_vnni"), "AVX-512 and VNNI, so int8 should be about 3 times"),
        (cpu("avx2", "avx_vnni"), "AVX2 and VNNI"),
        (cpu("avx2", "avx512_f"), "AVX-512 but nothing of its own for int8"),
        (cpu("avx2"), "AVX2 but nothing of its own for int8"),
        (cpu("neon", "dotprod", "i8mm"), "i8mm"),
        (cpu("neon", "dotprod"), "adds up products of bytes"),
        (cpu("neon"), "none of the newer instructions"),
        (cpu(), "none of the newer instructions"),
    ],
)
def test_the_sentence_names_the_best_that_may_be_used_and_promises_nothing(found: Cpu, said: str) -> None:
    assert said in sentence(found)
    assert sentence(found).endswith("Fastpath measures.")


def test_real_machines_are_told_by_what_the_system_allows(tmp_path: Path) -> None:
    refused = machines.load("intel_xeon_sapphire_rapids_amx_denied").cpu(tmp_path)
    assert "AVX-512 and VNNI" in sentence(refused)
    (tmp_path / "arm").mkdir()
    assert "i8mm" in sentence(machines.load("aws_graviton3").cpu(tmp_path / "arm"))


@pytest.fixture
def first(qtbot: QtBot) -> MainWindow:
    window = MainWindow(settings.load().settings, application_icon())
    qtbot.addWidget(window)
    with qtbot.waitActive(window):
        window.show()
        window.activateWindow()
    return window


def test_it_is_shown_where_there_were_no_settings_and_never_again(qtbot: QtBot, first: MainWindow) -> None:
    kept: list[Settings] = []
    first.settings_changed.connect(kept.append)
    assert first.welcome.isVisible()
    qtbot.keyClick(first.focusWidget(), Qt.Key.Key_Escape)
    assert not first.welcome.isVisible()
    assert first.focusWidget() is not None
    assert kept[-1].welcomed
    settings.save(kept[-1])
    assert settings.load().settings.welcomed


@pytest.mark.parametrize("written", ['{"schema": 1}', '{"schema": 99}', "{", '{"schema": 1, "theme": "dark"}'])
def test_settings_of_any_age_are_no_first_start(written: str) -> None:
    folder = folders.part("window")
    (folder / "settings.json").write_text(written)
    found = settings.load().settings
    assert found.welcomed
    assert found.folders == ()


def test_three_pages_lead_to_a_run_of_the_example_once_the_engine_is_ready(qtbot: QtBot, first: MainWindow) -> None:
    asked: list[AnyRequest] = []
    first.asked.connect(asked.append)
    page = first.welcome
    assert "Looking at the processor" in page._texts[1].text()
    for place in (1, 2):
        qtbot.keyClick(page.next, Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
        assert page.step() == place
        titles = [button.text() for button in page.buttons() if button.isVisible()]
        assert len({letter_of(title) for title in titles}) == len(titles)
    page.back.click()
    assert page.step() == 1
    page.next.click()
    page.next.click()
    assert not page.isVisible()
    assert first._pages.currentWidget() is first.run_page
    assert [one for one in asked if isinstance(one, Run)] == []
    first.show_state(replay.last("opened"))
    QApplication.processEvents()
    runs = [one for one in asked if isinstance(one, Run)]
    assert len(runs) == 1
    assert "VNNI" in page._texts[1].text() or "processor" in page._texts[1].text()
    first.show_state(replay.last("opened"))
    assert len([one for one in asked if isinstance(one, Run)]) == 1


def test_an_engine_that_did_not_start_is_told_and_nothing_runs_later(first: MainWindow) -> None:
    asked: list[AnyRequest] = []
    first.asked.connect(asked.append)
    page = first.welcome
    page.show_step(2)
    page.next.click()
    first.show_state(replace(State(), engine_failure=failure_of(EngineDied("The engine ended."))))
    assert [words.text() for words in page._texts][1:] == [FAILED, FAILED]
    first.show_state(replay.last("opened"))
    assert FAILED not in [words.text() for words in page._texts]
    first.show_state(State())
    for leave in (lambda: first.show_page("cpu"), lambda: first._use_model("org/a", "")):
        first.show_welcome()
        page.show_step(2)
        page.next.click()
        leave()
    first.show_state(replay.last("opened"))
    assert [one for one in asked if isinstance(one, Run)] == []


def test_settings_show_it_again(qtbot: QtBot) -> None:
    window = MainWindow(Settings(page="settings"), application_icon())
    qtbot.addWidget(window)
    with qtbot.waitActive(window):
        window.show()
        window.activateWindow()
    assert not window.welcome.isVisible()
    window.settings_page.help.welcome.click()
    assert window.welcome.isVisible()
    qtbot.keyClick(window.welcome.next, Qt.Key.Key_6, Qt.KeyboardModifier.ControlModifier)
    assert not window.welcome.isVisible()
