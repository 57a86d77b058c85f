"""The CPU page and the chips that lead to it, on recorded CPUs."""

import dataclasses
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest
from PySide6.QtCore import QModelIndex, Qt
from PySide6.QtGui import QAccessible
from PySide6.QtWidgets import QApplication, QLabel
from pytestqt.qtbot import QtBot

from engine.wire.values import Cpu, Feature
from gui.pages.cpu_page import CpuPage, facts
from gui.pages.cpu_page.feature_list import FEATURE, USED, WHY
from gui.run_state import State
from gui.theme import Wardrobe
from gui.widgets.cpu_chips import CpuChips
from gui.widgets.feature_use import use_of
from tests.engine.cpu import machines
from tests.gui import replay

DENIED = "intel_xeon_sapphire_rapids_amx_denied"
HYBRID = "intel_core_ultra_7_265k"


@pytest.fixture
def cpu_named(tmp_path: Path) -> Callable[[str], Cpu]:
    return lambda name: machines.load(name).cpu(tmp_path)


@pytest.fixture
def open_page(qtbot: QtBot) -> Callable[..., CpuPage]:
    def make(cpu: Cpu | None, state: State | None = None) -> CpuPage:
        page = CpuPage()
        qtbot.addWidget(page)
        page.resize(1000, 600)
        shown = state or replay.last("opened")
        if cpu is not None and shown.catalogue is not None:
            shown = dataclasses.replace(shown, catalogue=msgspec.structs.replace(shown.catalogue, cpu=cpu))
        page.show_state(shown if cpu is not None else State())
        with qtbot.waitActive(page):
            page.show()
            page.activateWindow()
        QApplication.processEvents()  # new parts are shown by their layout's next turn
        return page

    return make


def rows(page: CpuPage) -> dict[str, list[str]]:
    """Each feature's cells by its name."""
    model = page.features.model()
    found = {}
    for group in range(model.rowCount()):
        parent = model.index(group, 0, QModelIndex())
        for row in range(model.rowCount(parent)):
            cells = [str(model.index(row, column, parent).data()) for column in range(model.columnCount(parent))]
            found[cells[FEATURE]] = cells
    return found


@pytest.mark.parametrize("name", machines.NAMES)
def test_every_feature_is_a_row_that_says_what_the_engine_said(
    name: str, cpu_named: Callable[[str], Cpu], open_page: Callable[..., CpuPage]
) -> None:
    cpu = cpu_named(name)
    found = rows(open_page(cpu))

    assert list(found) == [feature.title for feature in cpu.features]
    for feature in cpu.features:
        silicon, allowed, used, why = found[feature.title][1:]
        assert (silicon, allowed) == (facts.YES_OR_NO[feature.present], facts.YES_OR_NO[feature.usable])
        assert used == ("?" if feature.usable else "no")
        assert why == feature.reason


def test_a_refused_feature_says_that_it_is_there_and_why_it_is_not_allowed(
    cpu_named: Callable[[str], Cpu], open_page: Callable[..., CpuPage]
) -> None:
    cells = rows(open_page(cpu_named(DENIED)))["AMX tiles"]

    assert cells[1:4] == ["yes", "no", "no"]
    assert "the system refuses" in cells[WHY]


def test_header_tells_cores_caches_memory_and_limits(
    cpu_named: Callable[[str], Cpu], open_page: Callable[..., CpuPage]
) -> None:
    cpu = msgspec.structs.replace(
        cpu_named(DENIED),
        cores_physical=4,
        cores_logical=8,
        cores_allowed=2,
        caches={"L1d": 196_608, "L2": 8_388_608},
        memory_total_mb=8_590,
        limit_cpus=2.5,
        limit_memory_mb=8_590,
    )
    page = open_page(cpu)
    words = "\n".join(label.text() for label in page.findChildren(QLabel) if label.isVisible())

    assert "4 physical, 8 logical; this program may use 2" in words
    assert "2.5 CPUs and 8.59 GB of memory" in words
    assert "L1d 192 KiB, L2 8 MiB" in words
    assert cpu.brand in words


def test_header_tells_kinds_of_cores(cpu_named: Callable[[str], Cpu]) -> None:
    cpu = cpu_named(HYBRID)
    assert cpu.core_kinds is not None

    words = f"{cpu.core_kinds.performance} for performance, {cpu.core_kinds.efficiency} for efficiency"
    assert words in facts.cores(cpu)


def test_ctrl_c_copies_the_whole_page(
    qtbot: QtBot, cpu_named: Callable[[str], Cpu], open_page: Callable[..., CpuPage]
) -> None:
    cpu = cpu_named(DENIED)
    page = open_page(cpu)
    page.features.setFocus()
    QApplication.clipboard().setText("")
    qtbot.keyClick(page.features, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    lines = QApplication.clipboard().text().splitlines()

    assert lines[0] == cpu.brand
    assert sum(line.count("\t") == 5 for line in lines) == len(cpu.features) + 1
    assert any(line.startswith("AMX INT8\tyes\tno\tno\t") for line in lines)


def test_arrow_keys_walk_all_rows_and_scroll(
    qtbot: QtBot, cpu_named: Callable[[str], Cpu], open_page: Callable[..., CpuPage]
) -> None:
    cpu = cpu_named(DENIED)
    page = open_page(cpu)
    page.features.setFocus()
    seen = set()
    for _ in range(len(cpu.features) + 5):
        qtbot.keyClick(page.features, Qt.Key.Key_Down)
        seen.add(page.features.line())

    assert {feature.id for feature in cpu.features} <= seen
    assert page.features.verticalScrollBar().value() > 0


def test_each_row_tells_a_screen_reader_everything(
    cpu_named: Callable[[str], Cpu], open_page: Callable[..., CpuPage]
) -> None:
    page = open_page(cpu_named(DENIED))
    page.show_line("amx_int8")
    said = str(page.features.currentIndex().siblingAtColumn(0).data(Qt.ItemDataRole.AccessibleTextRole))

    assert said.startswith("AMX INT8. Multiplies 8-bit matrices")
    assert "In the silicon: yes. Allowed by the system: no. Used by the last run: no. The CPU has it" in said
    tree = QAccessible.queryAccessibleInterface(page.features)
    names = {tree.child(place).text(QAccessible.Text.Name) for place in range(tree.childCount()) if tree.child(place)}
    assert said in names


def test_before_the_engine_speaks_it_says_what_will_be_here(open_page: Callable[..., CpuPage]) -> None:
    page = open_page(None)
    words = [label.text() for label in page.findChildren(QLabel) if label.isVisible()]

    assert any("as soon as the engine has started" in word for word in words)
    assert not page.copy.isEnabled()


def test_both_themes_paint_text_in_their_own_colours(
    wardrobe: Wardrobe, cpu_named: Callable[[str], Cpu], open_page: Callable[..., CpuPage]
) -> None:
    page = open_page(cpu_named(DENIED))
    light = page.grab().toImage()
    wardrobe.choose("dark")
    QApplication.processEvents()
    dark = page.grab().toImage()
    corner = (light.width() - 30, light.height() - 14)

    assert light.pixelColor(*corner).lightness() > 240
    assert dark.pixelColor(*corner).lightness() < 40


def feature(present: bool, usable: bool) -> Feature:
    return Feature(
        id="avx2",
        title="AVX2",
        group="vectors",
        explains="",
        present=present,
        usable=usable,
        reason="" if usable else "x",
    )


@pytest.mark.parametrize(
    ("present", "usable", "ran", "used", "expected"),
    [
        (True, True, True, {"avx2"}, "used"),
        (True, True, True, set(), "not seen"),
        (True, True, True, None, "not told"),
        (True, True, False, None, "usable"),
        (True, False, True, {"avx2"}, "refused"),
        (False, False, True, None, "missing"),
    ],
)
def test_how_a_feature_stands(present: bool, usable: bool, ran: bool, used: set[str] | None, expected: str) -> None:
    assert use_of(feature(present, usable), ran, used) == expected


def test_chips_of_each_kind_of_cpu(qtbot: QtBot, cpu_named: Callable[[str], Cpu]) -> None:
    chips = CpuChips()
    qtbot.addWidget(chips)
    chips.show_cpu(cpu_named(DENIED), False, None)
    assert [(chip.text(), chip.use) for chip in chips.chips()] == [
        ("AVX2", "usable"),
        ("AVX-512", "usable"),
        ("VNNI", "usable"),
        ("BF16", "usable"),
        ("AMX", "refused"),
    ]

    chips.show_cpu(cpu_named(DENIED), True, None)
    assert {chip.text(): chip.use for chip in chips.chips()}["VNNI"] == "not told"
    assert "does not tell" in chips.chips()[0].accessibleName()

    chips.show_cpu(cpu_named("apple_m4_max"), True, {"sme2"})
    assert [(chip.text(), chip.use) for chip in chips.chips()] == [
        ("BF16", "not seen"),
        ("SVE", "missing"),
        ("Dot product", "not seen"),
        ("I8MM", "not seen"),
        ("SME", "used"),
    ]


def test_a_chip_leads_to_the_line_of_its_best_feature(qtbot: QtBot, cpu_named: Callable[[str], Cpu]) -> None:
    chips = CpuChips()
    qtbot.addWidget(chips)
    chips.show_cpu(cpu_named(HYBRID), False, None)
    vnni = next(chip for chip in chips.chips() if chip.text() == "VNNI")
    with qtbot.waitSignal(chips.line_asked, timeout=1_000) as asked:
        qtbot.mouseClick(vnni, Qt.MouseButton.LeftButton)

    assert asked.args == ["avx_vnni"]


def test_marks_of_the_chips_differ_by_shape(qtbot: QtBot, cpu_named: Callable[[str], Cpu]) -> None:
    chips = CpuChips()
    qtbot.addWidget(chips)
    pictures = set()
    for ran, used in ((False, None), (True, None), (True, {"avx2"})):
        chips.show_cpu(cpu_named(DENIED), ran, used)
        for chip in chips.chips():
            image = chip.icon().pixmap(12, 12).toImage()
            shape = tuple(image.pixelColor(x, y).alpha() // 64 for x in range(12) for y in range(12))
            pictures.add((chip.use, shape))

    assert len({use for use, _ in pictures}) >= 4
    # A ring is "usable" and, after a run that tells, "not seen": words and tips part these two.
    shapes = {shape for use, shape in pictures if use != "not seen"}
    assert len(shapes) == len({use for use, _ in pictures if use != "not seen"})


def test_the_last_column_before_the_reason_is_a_question_until_there_is_evidence(
    cpu_named: Callable[[str], Cpu], open_page: Callable[..., CpuPage]
) -> None:
    cells = rows(open_page(cpu_named(DENIED), replay.last("checked")))

    assert cells["AVX2"][USED] == "?"
