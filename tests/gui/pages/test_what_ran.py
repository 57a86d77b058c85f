"""The evidence of a run as a person meets it: a line under the answer, the whole in its place, chips and CPU page."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import msgspec
import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QLabel, QPlainTextEdit, QWidget
from pytestqt.qtbot import QtBot

from engine.wire.messages import Finished, Run
from engine.wire.values import Evidence, Feature
from gui import run_state
from gui.main_window import MainWindow
from gui.pages.cpu_page import CpuPage
from gui.pages.run_page import RunPage, evidence_words
from gui.pages.run_page.agreement_words import agreement_in_words, on_real_texts
from gui.run_state import State
from gui.settings import Settings
from gui.widgets.code_dialog import CodeDialog
from gui.widgets.icons import application_icon
from tests.gui import accelerated, clipped, replay

Open = Callable[..., RunPage]
INT8 = Settings(mode="onnx-runtime", precision="int8-dynamic")


def seen(widget: QWidget) -> str:
    return "\n".join(label.text() for label in widget.findChildren(QLabel) if label.isVisible())


def asked(page: RunPage) -> list[object]:
    found: list[object] = []
    page.asked.connect(found.append)
    return found


# --- asking ---


def test_a_run_asks_what_ran_and_repeat_does_not(qtbot: QtBot, open_page: Open) -> None:
    page = open_page()
    found = asked(page)
    qtbot.mouseClick(page.bar.button, Qt.MouseButton.LeftButton)
    qtbot.mouseClick(page.speed.repeat, Qt.MouseButton.LeftButton)

    assert [(run.calls, run.explain) for run in found if isinstance(run, Run)] == [(None, True), (0, False)]


def test_a_check_of_what_repeated_asks_too(qtbot: QtBot, open_page: Open) -> None:
    state = accelerated.reported(accelerated.checked(), ratio=None)
    assert state.run is not None
    repeated = replace(state.run, request=msgspec.structs.replace(state.run.request, calls=0, explain=False))
    page = open_page(replace(state, run=repeated))
    found = asked(page)
    qtbot.mouseClick(page.speed.check, Qt.MouseButton.LeftButton)

    (run,) = found
    assert isinstance(run, Run)
    assert (run.calls, run.explain, run.ratio) == (None, True, True)


# --- in words ---


@pytest.mark.parametrize(
    ("fused", "words"),
    [
        ({}, "Products ran in"),
        ({"linear + gelu": 6}, "6 × linear + gelu ran as one step each; products"),
        ({"linear + gelu": 6, "linear + add": 14}, "6 × linear + gelu and 14 × linear + add ran as one step each;"),
        ({"a + b": 6, "c + d": 6, "e + f": 6}, "3 kinds of steps were joined, 6 of each;"),
        ({"a + b": 6, "c + d": 6, "e + f": 7}, "19 steps of 3 kinds were joined;"),
    ],
)
def test_one_sentence_says_what_was_joined(fused: dict[str, int], words: str) -> None:
    evidence = msgspec.structs.replace(accelerated.EVIDENCE, fused=fused)

    assert evidence_words.sentence(evidence, None).startswith(words)


def test_what_was_joined_most_often_comes_first_and_the_rest_is_counted(open_page: Open) -> None:
    many = {f"kind {number}": number for number in range(1, 12)}
    page = open_page(accelerated.explained(msgspec.structs.replace(accelerated.EVIDENCE, fused=many)), INT8)
    page.result.what_ran.button.click()
    words = seen(page.result.what_ran.panel).split("\n")

    assert words.index("11 ×") < words.index("10 ×") < words.index("5 ×")
    assert "4 kinds more, 10 ×" in words


def test_the_sentence_names_precision_instructions_and_share_of_the_best() -> None:
    catalogue = accelerated.explained().catalogue
    assert catalogue is not None
    words = evidence_words.sentence(accelerated.EVIDENCE, catalogue.cpu)

    assert words.endswith("products ran in 8-bit integers (int8) with AVX-512 VNNI, at 62 % of this CPU's best.")


def test_several_precisions_of_the_products_are_all_named() -> None:
    mixed = msgspec.structs.replace(accelerated.EVIDENCE, precision_executed={"linear": "int8, fp32"})

    assert "8-bit integers (int8) and full precision (fp32)" in evidence_words.sentence(mixed, None)


def test_a_runtime_that_tells_nothing_is_not_made_to_say_more() -> None:
    silent = Evidence(source="nothing", not_provable=("Which precision ran.",))

    assert evidence_words.sentence(silent, None) == "The runtime does not tell what it ran."
    assert evidence_words.shares(silent) == ()


def test_shares_come_with_their_precision_and_the_largest_first() -> None:
    found = evidence_words.shares(accelerated.EVIDENCE)

    assert [share.share for share in found] == sorted((one.share or 0 for one in found), reverse=True)
    assert found[0] == ("Products (linear)", 0.618, "int8")


# --- on the page ---


def test_the_line_stands_under_the_answer_and_the_button_swaps_both(qtbot: QtBot, open_page: Open) -> None:
    page = open_page(accelerated.explained(), INT8)
    line, view = page.result.what_ran, page.result.view()
    assert view is not None
    assert view.isVisible()
    assert "8-bit integers (int8)" in line.words()
    place = page.speed._figure.mapTo(page, page.speed._figure.rect().topLeft())

    line.button.setFocus()
    qtbot.keyClick(line.button, Qt.Key.Key_Space)
    QApplication.processEvents()
    assert not view.isVisible()
    for words in ("linear + gelu", "100 in plain PyTorch, 47 here", "133 of 215 GFLOP/s", "MKL, which computed it"):
        assert words in seen(line.panel)
    assert line.panel.bars.topLevelItem(0).text(2) == "62 %  int8"  # type: ignore[union-attr]
    assert page.speed._figure.mapTo(page, page.speed._figure.rect().topLeft()) == place
    assert page.window().focusWidget() is line.back

    qtbot.keyClick(line.back, Qt.Key.Key_Space)
    QApplication.processEvents()
    assert view.isVisible()
    assert page.form.isVisible()
    assert page.window().focusWidget() is line.button


def test_copying_while_it_is_shown_copies_what_ran(qtbot: QtBot, open_page: Open) -> None:
    page = open_page(accelerated.explained(), INT8)
    page.result.what_ran.button.click()
    with qtbot.waitActive(page):
        page.activateWindow()
    page.result.what_ran.panel.bars.setFocus()
    qtbot.keyClick(page.result.what_ran.panel.bars, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    copied = QApplication.clipboard().text()

    assert "Operators: 100 in plain PyTorch, 47 here" in copied
    assert "Joined: linear + gelu, 6 ×" in copied
    assert "Not provable: Which instructions the attention ran with" in copied
    assert "brg_matmul:avx512_core_vnni" in copied


def test_details_hold_the_runtimes_own_words(qtbot: QtBot, open_page: Open) -> None:
    page = open_page(accelerated.explained(), INT8)
    page.result.what_ran.button.click()
    panel = page.result.what_ran.panel
    field = panel.findChild(QPlainTextEdit)
    assert field is not None
    assert not field.isVisible()
    panel.toggle.click()

    assert field.isVisible()
    assert "avx512_core_vnni" in field.toPlainText()


def test_the_generated_code_can_be_read_and_copied(qtbot: QtBot, open_page: Open, tmp_path: Path) -> None:
    file = tmp_path / "output.cpp"
    file.write_text("void kernel() {}\n")
    evidence = msgspec.structs.replace(accelerated.EVIDENCE, code_file=str(file))
    page = open_page(accelerated.explained(evidence), INT8)
    page.result.what_ran.button.click()
    page.result.what_ran.panel.code.click()
    dialog = page.findChild(CodeDialog)
    assert dialog is not None
    assert "void kernel() {}" in dialog.field.toPlainText()
    dialog.copy.click()
    dialog.accept()

    assert QApplication.clipboard().text() == "void kernel() {}\n"


def test_code_that_is_gone_is_told_in_its_place(qtbot: QtBot, tmp_path: Path) -> None:
    dialog = CodeDialog("Code", str(tmp_path / "gone.cpp"))
    qtbot.addWidget(dialog)
    dialog.show()

    assert not dialog.copy.isEnabled()
    assert any("can no longer be read" in label.accessibleName() for label in dialog.findChildren(QLabel))


def test_without_code_or_details_there_are_no_buttons_for_them(open_page: Open) -> None:
    evidence = msgspec.structs.replace(accelerated.EVIDENCE, code_file="", details="")
    page = open_page(accelerated.explained(evidence), INT8)
    page.result.what_ran.button.click()

    assert not page.result.what_ran.panel.code.isVisible()
    assert not page.result.what_ran.panel.toggle.isVisible()
    assert page.result.what_ran.panel.copy.isVisible()


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"explain": False}, "was not asked for"),
        ({"explain": True}, "could not be read back"),
        ({"calls": 0}, "Repeat does not look"),
    ],
)
def test_without_evidence_the_line_says_why(open_page: Open, change: dict[str, object], words: str) -> None:
    state = accelerated.untold()
    assert state.run is not None
    page = open_page(
        replace(state, run=replace(state.run, request=msgspec.structs.replace(state.run.request, **change)))
    )

    assert words in page.result.what_ran.words()
    assert not page.result.what_ran.button.isVisible()


def test_a_new_run_brings_the_answers_place_back(open_page: Open) -> None:
    state = accelerated.explained()
    page = open_page(state, INT8)
    page.result.what_ran.button.click()
    assert state.run is not None
    page.show_state(run_state.began(state, msgspec.structs.replace(state.run.request, id="next", precision="fp32")))

    assert not page.result.what_ran.panel.isVisible()
    assert page.form.isVisible()
    assert page.result.title.text() == "Result"


def test_another_precision_than_asked_for_is_a_doubt(open_page: Open) -> None:
    state = accelerated.reported(accelerated.explained(), precision_executed="fp32")
    page = open_page(state, INT8)
    page.result.what_ran.button.click()

    assert "int8-dynamic was asked for, fp32 ran" in seen(page.result.what_ran.panel)


@pytest.mark.parametrize("on", [False, True])
def test_the_speed_stays_in_view_in_a_small_window(qtbot: QtBot, on: bool) -> None:
    window = MainWindow(INT8, application_icon())
    qtbot.addWidget(window)
    window.resize(900, 600)
    window.show()
    window.show_state(accelerated.explained())
    clipped.settle()
    if on:
        window.run_page.result.what_ran.button.click()
    clipped.settle()
    speed = window.run_page.speed

    for widget in (speed._figure, speed._numbers, speed._sample, speed.chart, speed.chips):
        assert widget.visibleRegion().boundingRect() == widget.rect(), widget
    assert clipped.clipped(window) == []


# --- what the CPU did ---


def features(state: State) -> dict[str, Feature]:
    assert state.catalogue is not None
    return {feature.id: feature for feature in state.catalogue.cpu.features}


def uses(page: RunPage) -> dict[str, str]:
    return {chip.text(): chip.use for chip in page.speed.chips.chips()}


def test_chips_are_filled_by_the_evidence_alone(open_page: Open) -> None:
    vnni = msgspec.structs.replace(accelerated.EVIDENCE, isa_executed=("avx512_vnni",))
    page = open_page(accelerated.explained(vnni), INT8)
    found = uses(page)

    assert found["VNNI"] == "used"
    assert found["AVX-512"] == "used"  # what VNNI is an extension of
    assert found["AVX2"] == "not seen"
    assert found["AMX"] == "missing"


def test_chips_ask_where_the_runtime_does_not_tell(open_page: Open) -> None:
    silent = msgspec.structs.replace(accelerated.EVIDENCE, isa_executed=())
    page = open_page(accelerated.explained(silent), INT8)

    assert set(uses(page).values()) <= {"not told", "missing", "refused"}
    assert uses(page)["VNNI"] == "not told"


def test_repeat_keeps_what_the_run_before_told_and_another_input_does_not(open_page: Open) -> None:
    told = accelerated.checked()
    assert told.run is not None
    assert told.run.report is not None
    request = told.run.request
    report = msgspec.structs.replace(told.run.report, evidence=accelerated.EVIDENCE)
    state = run_state.began(told, msgspec.structs.replace(request, id="a", calls=None, explain=True))
    state = run_state.apply(state, Finished(id="a", report=report), 1.0)
    again = msgspec.structs.replace(request, id="b", calls=0, explain=False)
    other = msgspec.structs.replace(again, fields={"source_sentence": "other", "sentences": ["x"]})

    assert uses(open_page(run_state.began(state, again)))["VNNI"] == "used"
    assert uses(open_page(run_state.began(state, other)))["VNNI"] == "usable"


def test_the_cpu_page_says_which_features_were_used(qtbot: QtBot) -> None:
    page = CpuPage()
    qtbot.addWidget(page)
    page.show()
    state = accelerated.explained()
    page.show_state(state)
    page.copy_text()
    rows = {
        line.split("\t")[0]: line.split("\t") for line in QApplication.clipboard().text().splitlines() if "\t" in line
    }
    titles = {name: feature.title for name, feature in features(state).items()}

    assert rows[titles["avx512_vnni"]][3] == "yes"
    assert rows[titles["avx512_bf16"]][3] == "not seen"
    page.show_state(accelerated.checked())
    page.copy_text()
    assert f"{titles['avx512_vnni']}\tyes\tyes\t?" in QApplication.clipboard().text()


# --- on real texts ---


def test_agreement_on_real_texts_stands_beside_the_check(open_page: Open) -> None:
    page = open_page(accelerated.explained(), INT8)

    assert "on 16 real texts: same answers (worst cosine 0.998)" in page.speed.announcement()
    assert "faster than eager" in page.speed.announcement()


def test_different_answers_on_real_texts_take_the_speedup_away(open_page: Open) -> None:
    state = accelerated.explained(sample_agreement=accelerated.DIFFERING)
    page = open_page(state, INT8)
    assert state.run is not None

    assert "faster" not in page.speed.announcement()
    assert "against" not in page.speed.announcement()
    assert "different answers for 37.5 % of them (worst cosine 0.812)" in page.speed.announcement()
    assert agreement_in_words(state.run.report)[1] == "warn"
    assert on_real_texts(state.run.report)[1] == "warn"


def test_a_cosine_below_the_bar_never_reads_as_the_bar() -> None:
    below = msgspec.structs.replace(accelerated.SAMPLE, cosine_worst=0.98999)
    state = accelerated.explained(sample_agreement=below)
    assert state.run is not None

    assert "0.989" in on_real_texts(state.run.report)[0]


def test_full_precision_says_nothing_of_real_texts(open_page: Open) -> None:
    page = open_page(replay.last("checked"))

    assert not page.speed._sample.isVisible()


# --- a real conversation ---


def test_what_a_real_engine_told_is_shown(open_page: Open) -> None:
    state = replay.last("explained")
    assert state.run is not None
    assert state.run.report is not None
    evidence = state.run.report.evidence
    assert evidence is not None
    page = open_page(state, INT8)
    page.result.what_ran.button.click()
    words = seen(page.result.what_ran.panel)

    assert evidence.gflops is not None
    assert evidence.peak_gflops is not None
    share = round(100 * evidence.gflops / evidence.peak_gflops)
    assert f"products ran in 8-bit integers (int8), at {share} % of this CPU's best." in words
    assert all(kind in words for kind in evidence.fused)
    assert all(sentence in words for sentence in evidence.not_provable)
    assert page.result.what_ran.panel.bars.topLevelItemCount() == len(evidence.precision_executed)
    assert "on 16 real texts: same answers (worst cosine 0.997)" in page.speed.announcement()
    assert set(uses(page).values()) <= {"not told", "missing", "refused"}
