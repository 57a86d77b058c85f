"""Text from models and engines is never read as markup."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QLabel
from pytestqt.qtbot import QtBot

from engine.wire.values import Failure, NoticeText
from gui.widgets import text
from gui.widgets.failure_panel import FailurePanel
from gui.widgets.marked_text import MarkedText, Span
from gui.widgets.notice_lines import NoticeLines

MARKUP = "<b>bold</b><img src='x'>"


def test_labels_are_plain(qtbot: QtBot) -> None:
    panel, lines = FailurePanel(), NoticeLines()
    for widget in (panel, lines):
        qtbot.addWidget(widget)
    panel.show_failure(Failure(code="X", sort="user", what_happened=MARKUP, what_to_do=MARKUP, details=MARKUP))
    lines.show_notices([NoticeText(text=MARKUP, details=MARKUP)])
    labels = [*panel.findChildren(QLabel), *lines.findChildren(QLabel)]

    assert labels
    assert all(label.textFormat() == Qt.TextFormat.PlainText for label in labels)


def test_tool_tips_escape_markup() -> None:
    assert text.plain_tip(MARKUP).startswith("<qt>&lt;b&gt;")
    assert text.plain_tip("plain & simple") == "plain & simple"


def test_a_long_line_ends_in_an_ellipsis_and_is_whole_in_its_tip(qtbot: QtBot) -> None:
    label = text.ElidedLabel()
    qtbot.addWidget(label)
    label.resize(80, 20)
    label.show()
    label.show_text("a text that is much longer than eighty pixels are wide")

    assert label.text().endswith("…")
    assert label.toolTip() == label.whole()


def test_a_line_that_is_cut_is_cut_anew_in_another_font(qtbot: QtBot) -> None:
    label = text.ElidedLabel()
    qtbot.addWidget(label)
    font = label.font()
    font.setPointSizeF(40)
    label.setFont(font)
    label.resize(200, 20)
    label.show()
    label.show_text("org/some-model")
    assert label.text() != label.whole()
    font.setPointSizeF(6)
    label.setFont(font)

    assert label.text() == label.whole()
    assert label.toolTip() == ""


def test_failure_can_be_unfolded_and_copied(qtbot: QtBot) -> None:
    panel = FailurePanel()
    qtbot.addWidget(panel)
    panel.show_failure(
        Failure(code="X", sort="defect", what_happened="It broke.", what_to_do="Report it.", details="at 1")
    )
    panel.show()
    assert panel._details.isHidden()
    qtbot.mouseClick(panel._toggle, Qt.MouseButton.LeftButton)
    assert panel._details.isVisible()

    qtbot.mouseClick(panel._copy, Qt.MouseButton.LeftButton)
    assert QApplication.clipboard().text() == "It broke.\nReport it.\nat 1"


def test_marks_stand_right_after_emoji_and_in_any_script(qtbot: QtBot) -> None:
    whole = "👩‍🔬 日本 مرحبا Maria lives in Berlin"
    start = whole.index("Maria")
    shown = MarkedText("text")
    qtbot.addWidget(shown)
    shown.show_text(whole, [Span(start, start + 5, "PER"), Span(start + 2, start + 4, "over"), Span(900, 901, "out")])

    assert shown.toPlainText() == whole.replace("Maria", "Maria PER ")
    cursor = shown.document().find("Maria")
    assert cursor.charFormat().background().color() != shown.document().find("lives").charFormat().background().color()


def test_a_megabyte_is_shown_around_its_marks(qtbot: QtBot) -> None:
    whole = "x " * 500_000 + "Maria " + "y " * 1_000
    shown = MarkedText("text")
    qtbot.addWidget(shown)
    shown.show_text(whole, [Span(1_000_000, 1_000_005, "PER")])

    assert "Maria" in shown.toPlainText()
    assert shown.toPlainText().startswith("…")
    assert len(shown.toPlainText()) < 50_000
