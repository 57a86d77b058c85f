"""What is compared: the model and task of the Run page, and the inputs."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QComboBox, QFileDialog

from engine.wire.values import TaskCard
from gui import theme
from gui.pages.compare_page import texts
from gui.run_state import State
from gui.settings import CompareChoice
from gui.widgets import mnemonics, text
from gui.widgets.card import Card

SAMPLE, EXAMPLE, FORM, FILE, OTHER = "sample", "example", "form", "file", "other"
TITLES = {
    SAMPLE: "Example and sample texts",
    EXAMPLE: "The task's example",
    FORM: "The input on the Run page",
    OTHER: "A file of yours…",
}
PLAIN = {
    SAMPLE: "The example is timed; answers are held against plain PyTorch's on texts of many kinds.",
    EXAMPLE: "One input, timed and checked.",
    FORM: "One input, timed and checked.",
    FILE: "The first is timed; answers are held against plain PyTorch's on all.",
}


class SubjectCard(Card):
    """Signals: changed, by the person; change_asked, for another model or task."""

    changed = Signal()
    change_asked = Signal()

    def __init__(self, choice: CompareChoice, form: Callable[[], dict[str, Any]]) -> None:
        """``form``: the fields on the Run page, as they are now."""
        super().__init__("Compare")
        self._form = form
        self._task: TaskCard | None = None
        self._problem = ""
        self._wanted, self._file = choice.inputs or SAMPLE, choice.file
        self.change = text.button(
            "Cha&nge…", self.change_asked.emit, role="plain", explains="Goes to the Run page, to pick model and task."
        )
        self.change.setAccessibleName("Change model or task")
        self.head.addWidget(self.change)
        self._model = text.ElidedLabel(where=Qt.TextElideMode.ElideMiddle)
        self._model.setFont(theme.scaled(1, bold=True))
        self._task_title = text.label("", "quiet", wrap=True)
        self.inputs = QComboBox()
        self.inputs.setAccessibleName("Inputs")
        text.narrow(self.inputs)
        text.explain(self.inputs, "What every combination computes: texts of yours, or what comes with Fastpath.")
        self.inputs.activated.connect(self._picked)
        caption = text.label("Inputs", "caption")
        caption.setBuddy(self.inputs)
        mnemonics.wants(caption)
        self._plain = text.label("", "caption", wrap=True)
        self.body.setSpacing(4)
        for widget in (self._model, self._task_title, caption, self.inputs, self._plain):
            self.add(widget)

    def show_state(self, state: State, task: TaskCard | None) -> None:
        self._model.show_text(state.model.name if state.model is not None else "No model yet")
        text.set_text(self._task_title, task.title if task is not None else "")
        if task != self._task:
            self._task = task
            self._list()

    def task(self) -> TaskCard | None:
        return self._task

    def read(self) -> tuple[dict[str, Any], ...]:
        """The inputs, read now; none stand for the engine's sample. Raises texts.Unreadable."""
        kind = self.kind()
        if self._task is None or kind == SAMPLE:
            return ()
        if kind == FILE:
            return texts.of_file(self._file, self._task)
        if kind == FORM:
            return (self._form(),)
        return (dict(self._task.example),)

    def kind(self) -> str:
        return str(self.inputs.currentData() or EXAMPLE)

    def remembered(self) -> tuple[str, str]:
        """The choice and the person's own file."""
        return self._wanted, self._file

    def problem(self) -> str:
        """Why the inputs could not be used when they were read last, or ""."""
        return self._problem

    def show_problem(self, words: str) -> None:
        """Why the inputs cannot be used; "" where they can."""
        self._problem = words
        text.set_role(self._plain, "error" if words else "caption")
        text.set_text(self._plain, words or PLAIN.get(self.kind(), ""))

    def choose_file(self, file: str) -> None:
        self._file, self._wanted = file, FILE
        self._list()

    def _list(self) -> None:
        self.inputs.clear()
        for kind in (SAMPLE, EXAMPLE, FORM):
            self.inputs.addItem(TITLES[kind], kind)
        if self._file:
            self.inputs.addItem(Path(self._file).name, FILE)
        self.inputs.addItem(TITLES[OTHER], OTHER)
        self.inputs.setCurrentIndex(max(0, self.inputs.findData(self._wanted)))
        self.inputs.setToolTip(text.plain_tip(self._file) if self.kind() == FILE else "")
        self.show_problem("")

    def _picked(self, place: int) -> None:
        kind = self.inputs.itemData(place)
        if kind == OTHER:
            folder = str(Path(self._file).parent) if self._file else ""
            kinds = "Text (*.txt *.jsonl);;All files (*)"
            file, _ = QFileDialog.getOpenFileName(self, "Texts to compare on", folder, kinds)
            if file:
                self._file, self._wanted = file, FILE
        else:
            self._wanted = kind
        self._list()
        self.changed.emit()
