"""The form of the chosen task, made of its fields."""

from collections.abc import Mapping, Sequence
from typing import Any

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QPushButton, QVBoxLayout, QWidget

from engine.wire.values import Failure, TaskCard
from gui.inputs import INPUTS, Input
from gui.widgets import mnemonics, text
from gui.widgets.card import Card
from gui.widgets.failure_panel import FailurePanel, Remedy
from gui.widgets.icons import IconButton

MASKS = ("[MASK]", "<mask>")
NOT_KEPT = "So long an input is not remembered for the next start."


class FormPanel(Card):
    """Signals: changed, when the person changed a field (or took the example, or cleared the form)."""

    changed = Signal()

    def __init__(self) -> None:
        super().__init__("Input")
        self._task: TaskCard | None = None
        self._inputs: dict[str, Input] = {}
        self._quiet = False
        self.example = IconButton("example", "&Example", explains="Fills the form with an example that works.")
        self.example.clicked.connect(lambda: self._task and self.fill(self._task.example))
        self.clear = IconButton("clear", "C&lear", explains="Empties the form. Ctrl+Z in a field brings it back.")
        self.clear.clicked.connect(lambda: self.fill({}))
        self.head.addWidget(self.example)
        self.head.addWidget(self.clear)
        self._form = QWidget()
        self._rows = QVBoxLayout(self._form)
        self._rows.setContentsMargins(0, 0, 0, 0)
        self._rows.setSpacing(2)
        self._note = text.label("", "warn", wrap=True)
        self._note.hide()
        self._failure = FailurePanel()
        self.add(self._form, 1)
        self.add(self._note)
        self.add(self._failure)

    def task(self) -> TaskCard | None:
        return self._task

    def set_task(self, task: TaskCard, remembered: Mapping[str, Any] | None) -> None:
        """Builds the form of ``task``: with what was remembered, else with text typed before where it
        fits, else with the example.
        """
        former, typed = self._task, self.fields()
        moves = former is not None and typed != former.example and former.id != task.id
        fields = dict(remembered) if remembered else {**task.example, **(moved(former, typed, task) if moves else {})}
        if self._task is None or self._task.fields != task.fields or self._task.id != task.id:
            self._task = task
            self._build()
        self._task = task
        self.fill(fields, by_person=False)

    def _build(self) -> None:
        assert self._task is not None
        while (item := self._rows.takeAt(0)) is not None:
            widget = item.widget()
            if widget is not None:
                widget.hide()
                widget.deleteLater()
        self._inputs = {}
        for field in self._task.fields:
            made = INPUTS[field.kind](field)
            caption = text.label(field.title, "quiet")
            caption.setBuddy(made.widget())
            mnemonics.wants(caption)
            self._rows.addWidget(caption)
            self._rows.addWidget(made.widget(), made.stretch())
            caption.show()  # now, not with the layout's next turn: only what is shown gets a letter
            made.changed.connect(self._field_changed)
            self._inputs[field.id] = made
        if not any(made.stretch() for made in self._inputs.values()):
            self._rows.addStretch(1)

    def _field_changed(self) -> None:
        if not self._quiet:
            self._show_notes()
            self.changed.emit()

    def _show_notes(self, more: str = "") -> None:
        notes = [note for note in (*(made.note() for made in self._inputs.values()), more) if note]
        text.set_text(self._note, " ".join(notes))
        self._note.setVisible(bool(notes))

    def show_kept(self, kept: bool) -> None:
        """Whether the input is remembered for the next start."""
        self._show_notes("" if kept else NOT_KEPT)

    def fill(self, fields: Mapping[str, Any], *, by_person: bool = True) -> None:
        """Puts values into all fields, as one change, and tells of it where the person asked for it."""
        before = self.fields()
        self._quiet = True
        try:
            for name, made in self._inputs.items():
                made.set_value(fields.get(name, ""))
        finally:
            self._quiet = False
        self._show_notes()
        if by_person and self.fields() != before:
            self.changed.emit()

    def fields(self) -> dict[str, Any]:
        """As the engine wants them."""
        return {name: made.value() for name, made in self._inputs.items()}

    def inputs(self) -> Mapping[str, Input]:
        return self._inputs

    def show_failure(self, failure: Failure | None, remedies: Sequence[Remedy] = ()) -> None:
        self._failure.show_failure(failure, remedies)

    def remedies(self) -> tuple[QPushButton, ...]:
        """The buttons of the failure that is shown."""
        return self._failure.remedies

    def failure(self) -> Failure | None:
        return self._failure.failure()


def moved(former: TaskCard | None, typed: Mapping[str, Any], task: TaskCard) -> dict[str, Any]:
    """What of the former form fits into the new one: fields of the same name and kind that hold something."""
    kinds = {field.id: field.kind for field in former.fields} if former else {}
    fitting = {
        field.id: typed[field.id] for field in task.fields if kinds.get(field.id) == field.kind and typed[field.id]
    }
    if task.output == "mask":
        return {name: value for name, value in fitting.items() if any(mask in value for mask in MASKS)}
    return fitting
