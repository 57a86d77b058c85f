"""The answer of the last run, or why there is none."""

from collections.abc import Sequence
from pathlib import Path

import msgspec
from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import (
    QApplication,
    QFileDialog,
    QHBoxLayout,
    QMenu,
    QPushButton,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from engine.wire.messages import Answer
from engine.wire.values import Failure, NoticeText, Result
from gui import theme
from gui.pages.run_page.what_ran import WhatRan
from gui.results import View, view_for
from gui.run_state import RunView
from gui.widgets import text
from gui.widgets.card import Card
from gui.widgets.failure_panel import FailurePanel, Remedy
from gui.widgets.icons import IconButton
from gui.widgets.mark import Mark
from gui.widgets.notice_lines import NoticeLines

OF_THE_INPUT = frozenset({"BadInput"})
"""Failures that the form shows, because they are mended there."""
NOT_SAVED = "NotSaved"
EMPTY = "The answer will be here. Press Run."
ANOTHER = "A run of another model or task goes on. Once it has ended or was stopped, press Run."


class FormerLine(QWidget):
    """A sentence with the mark of doubt; no height while there is none."""

    def __init__(self) -> None:
        super().__init__()
        self._words = text.label("", "warn", wrap=True)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(theme.GAP_PX)
        row.addWidget(Mark("triangle", "warn"), 0, Qt.AlignmentFlag.AlignTop)
        row.addWidget(self._words, 1)
        self.hide()

    def show_words(self, words: str) -> None:
        text.set_text(self._words, words)
        self.setVisible(bool(words))

    def words(self) -> str:
        return self._words.text()


class ResultPanel(Card):
    """Ctrl+C copies the result, or what ran, while the focus is in it.

    Signals: widened(on), when it wants the room of the input too.
    """

    widened = Signal(bool)

    def __init__(self) -> None:
        super().__init__("Result")
        self._view: View | None = None
        self._kind = ""
        self._told: Failure | None = None
        self._answer: Answer | None = None
        self.copy = IconButton(
            "copy",
            "&Copy",
            explains="Copies the result as text, or as JSON. In the result Ctrl+C and Ctrl+Shift+C do so too.",
        )
        self.copy.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        copying = QMenu(self.copy)
        copying.addAction("As &text\tCtrl+C", self.copy_text)
        copying.addAction("As &JSON\tCtrl+Shift+C", self.copy_json)
        self.copy.setMenu(copying)
        self.save = IconButton("save", "Sa&ve", explains="Saves the result as a text or JSON file.")
        self.save.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        menu = QMenu(self.save)
        menu.addAction("As &text…", lambda: self._save_as("txt"))
        menu.addAction("As &JSON…", lambda: self._save_as("json"))
        self.save.setMenu(menu)
        self.head.addWidget(self.copy)
        self.head.addWidget(self.save)
        self.what_ran = WhatRan()
        self.what_ran.turned.connect(self._turn)
        self.head.addWidget(self.what_ran.back)
        self._empty = text.label(EMPTY, "quiet", wrap=True)
        self._empty.setAlignment(Qt.AlignmentFlag.AlignTop)
        self.former = FormerLine()
        self._place = QVBoxLayout()
        self._failure = FailurePanel()
        self._notices = NoticeLines()
        self.add(self._failure)
        self.add(self.former)
        self.add(self._empty, 1)
        self.body.addLayout(self._place, 1)
        self.add(self.what_ran.panel, 1)
        self.body.addStretch(0)
        self.add(self.what_ran)
        self.add(self._notices)
        copies = ((QKeySequence.StandardKey.Copy, self.copy_text), ("Ctrl+Shift+C", self.copy_json))
        for keys, copy in copies:
            shortcut = QShortcut(QKeySequence(keys), self)
            shortcut.setContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
            shortcut.activated.connect(copy)
        self._show_answer(None)

    def show_run(self, run: RunView | None, remedies: Sequence[Remedy] = (), *, another: bool = False) -> None:
        """The run of what is chosen, if there was one. ``remedies``: what mends its failure. ``another``: one goes on
        that is of something else.
        """
        failure = run.failure if run is not None else None
        here = failure is not None and failure.code not in OF_THE_INPUT
        if failure is not self._told:  # a failure of saving stays until another run's news
            self._told = failure
            self._failure.show_failure(failure if here else None, remedies)
        self._show_answer(run)
        self._empty.setVisible(self._answer is None and not here)
        running = run is not None and not run.over
        text.set_text(self._empty, ANOTHER if another else "Running…" if running else EMPTY)
        notices = list(run.notices) if run is not None else []
        if run is not None and run.report is not None:
            notices += [NoticeText(text=doubt) for doubt in run.report.doubts]
        self._notices.show_notices(notices)

    def _turn(self, on: bool) -> None:
        """The answer's place shows the answer or what ran."""
        self.title.setText("What ran" if on else "Result")
        for button in (self.copy, self.save):
            button.setVisible(not on)
        if self._view is not None:
            self._view.widget().setVisible(not on)
        self.widened.emit(on)

    def show_former(self, words: str) -> None:
        """``words``: why the answer is not that of the present input or choice; "" where it is."""
        self.former.show_words(words)

    def _show_answer(self, run: RunView | None) -> None:
        answer = run.answer if run is not None else None
        if answer is self._answer and (answer is not None or self._view is None):
            return
        self._answer = answer
        self.copy.setEnabled(answer is not None)
        self.save.setEnabled(answer is not None)
        if answer is None or run is None:
            self._put(None, "")
            return
        self._put_result(answer.result, run)

    def _put_result(self, result: Result, run: RunView) -> None:
        kind = result.kind
        if self._view is None or kind != self._kind:
            self._put(view_for(kind), kind)
        assert self._view is not None
        try:
            self._view.show_result(result, run.answer_fields)
        except (ValueError, TypeError, KeyError):
            # Another shape than the kind promises: shown as it is rather than not at all.
            self._put(view_for(""), "")
            self._view.show_result(result, run.answer_fields)

    def _put(self, view: View | None, kind: str) -> None:
        if self._view is not None:
            old = self._view.widget()
            self._place.removeWidget(old)
            old.hide()
            old.deleteLater()
        self._view, self._kind = view, kind
        if view is not None:
            self._place.addWidget(view.widget(), 1)
            view.widget().setVisible(not self.what_ran.on)

    def view(self) -> QWidget | None:
        return self._view.widget() if self._view is not None else None

    def summary(self) -> str:
        """The result in a sentence, for a screen reader."""
        return self._view.summary() if self._view is not None and self._answer is not None else ""

    def remedies(self) -> tuple[QPushButton, ...]:
        """The buttons of the failure that is shown."""
        return self._failure.remedies

    def failure(self) -> Failure | None:
        return self._failure.failure()

    def notices(self) -> tuple[str, ...]:
        return self._notices.texts()

    def copy_text(self) -> None:
        if self.what_ran.on:
            self.what_ran.panel.copy_text()
        elif self._view is not None and self._answer is not None:
            QApplication.clipboard().setText(self._view.as_text())

    def copy_json(self) -> None:
        if self._view is not None and self._answer is not None:
            QApplication.clipboard().setText(self.content("json"))

    def content(self, ending: str) -> str:
        """The result as it is saved under ``ending`` ("txt" or "json")."""
        assert self._view is not None
        assert self._answer is not None
        if ending == "json":
            return msgspec.json.format(msgspec.json.encode(self._answer.result.value)).decode() + "\n"
        return self._view.as_text() + "\n"

    def _save_as(self, ending: str) -> None:
        kinds = {"txt": "Text (*.txt)", "json": "JSON (*.json)"}
        content = self.content(ending)
        name, _ = QFileDialog.getSaveFileName(self, "Save the result", f"result.{ending}", kinds[ending])
        if not name:
            return
        try:
            Path(name).write_text(content, "utf-8")
            if (failure := self.failure()) is not None and failure.code == NOT_SAVED:
                self._failure.show_failure(None)
        except OSError as error:
            self._failure.show_failure(
                Failure(
                    code=NOT_SAVED,
                    sort="user",
                    what_happened=f"The result could not be saved ({error.strerror}).",
                    what_to_do="Pick another folder.",
                    details=str(error),
                )
            )
