"""A runtime of its own that a mode needs: installing, mending and removing it, in place, with the size said before."""

from typing import Literal

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QProgressBar, QPushButton, QVBoxLayout, QWidget

from engine.wire.messages import Installing, InstallRuntime, RemoveRuntime, Stop
from engine.wire.values import RuntimeCard
from gui.run_state import RuntimesView, new_id
from gui.widgets import figures, mnemonics, text
from gui.widgets.failure_panel import FailurePanel, Remedy
from gui.widgets.flow import Flow

STEPS = 1_000
Question = Literal["", "install", "remove"]


class RuntimeBox(QWidget):
    """No height where there is nothing to do or to tell. Signals: asked(request)."""

    asked = Signal(object)

    def __init__(self, runtime: str, *, manages: bool = False) -> None:
        """``manages``: it is also mended and removed here, not only made to be there."""
        super().__init__()
        self._runtime = runtime
        self._manages = manages
        self._view = RuntimesView()
        self._question: Question = ""
        self._words = text.label("", "caption", wrap=True)
        self.bar = QProgressBar()
        self.bar.setRange(0, STEPS)
        self.bar.setTextVisible(False)
        self.bar.setAccessibleName("Installation")
        self.install = self._button("Install…", lambda: self._ask("install"))
        self.remove = self._button("Remove…", lambda: self._ask("remove"))
        self.yes = self._button("Install", self._confirm)
        self.no = self._button("Not now", lambda: self._ask(""))
        self.stop = self._button("Stop installing", self._stop)
        text.explain(self.no, "Changes nothing. Esc.")
        text.explain(self.stop, "Stops it and tidies up. Esc.")
        self._buttons = Flow()
        for place, button in enumerate((self.install, self.remove, self.yes, self.no, self.stop)):
            self._buttons.insert(place, button)
        self._failure = FailurePanel()
        rows = QVBoxLayout(self)
        rows.setContentsMargins(0, 2, 0, 2)
        rows.setSpacing(4)
        for widget in (self._words, self.bar, self._buttons, self._failure):
            rows.addWidget(widget)
        self.hide()

    @staticmethod
    def _button(title: str, action: object) -> QPushButton:
        made = text.button(title, action)  # type: ignore[arg-type]
        mnemonics.wants(made)
        return made

    def show_runtimes(self, view: RuntimesView) -> None:
        """Cheap where nothing changed."""
        if view == self._view:
            return
        self._view = view
        if view.asked is not None:
            self._question = ""
        self._show()

    def card(self) -> RuntimeCard | None:
        return next((card for card in self._view.cards or () if card.id == self._runtime), None)

    def words(self) -> str:
        return self._words.text()

    def _show(self) -> None:
        card, view = self.card(), self._view
        busy = view.busy_with == self._runtime
        failure = view.failure if view.failed == self._runtime else None
        self._failure.show_failure(failure, (self._again(),) if failure is not None else ())
        states = ("not installed", "damaged", *(("installed",) if self._manages else ()))
        wanted = card is not None and card.state in states
        self.setVisible(wanted or busy or failure is not None)
        self._show_progress(busy)
        if card is not None:
            self._show_buttons(card, busy)
            text.set_text(self._words, self._said(card, busy))
        self._words.setVisible(bool(self._words.text()))
        mnemonics.give(self.window())
        self._buttons.arrange()

    def _again(self) -> Remedy:
        return Remedy("Try again", "Begins the installation anew.", self._confirm_install)

    def _show_progress(self, busy: bool) -> None:
        progress = self._view.progress
        self.bar.setVisible(busy)
        share = progress.done_bytes / progress.total_bytes if progress and progress.total_bytes else 0.0
        self.bar.setValue(round(share * STEPS))
        self.bar.setAccessibleDescription(progress_in_words(progress) if progress else "")

    def _show_buttons(self, card: RuntimeCard, busy: bool) -> None:
        free, asks = not busy and not self._view.busy_with, bool(self._question)
        installs = card.state in ("not installed", "damaged")
        mnemonics.retitle(self.install, "Repair…" if card.state == "damaged" else "Install…")
        mnemonics.retitle(self.yes, "Remove" if self._question == "remove" else self.install_title(card))
        self.install.setVisible(free and installs and not asks)
        self.remove.setVisible(free and self._manages and card.state in ("installed", "damaged") and not asks)
        self.yes.setVisible(free and asks)
        self.no.setVisible(free and asks)
        self.stop.setVisible(busy and isinstance(self._view.asked, InstallRuntime))
        self.stop.setEnabled(not self._view.stopping)
        for button in (self.install, self.remove, self.yes, self.stop):
            button.setAccessibleName(f"{str(button.property('titleForMnemonic')).rstrip('…')} {card.title}")
        for button, what in (
            (self.install, _size(card)),
            (self.yes, self._said(card, busy)),
            (self.remove, card.plain),
        ):
            text.explain(button, what)

    @staticmethod
    def install_title(card: RuntimeCard) -> str:
        return "Repair" if card.state == "damaged" else "Install"

    def _said(self, card: RuntimeCard, busy: bool) -> str:
        if busy:
            progress = self._view.progress
            if isinstance(self._view.asked, RemoveRuntime):
                return "Removing"
            if self._view.stopping:
                return "Stopping"
            return progress_in_words(progress) if progress is not None else "Beginning"
        if self._question == "remove":
            freed = f" {figures.size(card.used_bytes)} is freed." if card.used_bytes else ""
            return f"Remove {card.title}?{freed} It can be installed again."
        if self._question == "install":
            return f"{self.install_title(card)} {card.title}? {_size(card)}".strip()
        return _size(card) if card.state in ("not installed", "damaged") else ""

    def _ask(self, question: Question) -> None:
        former, self._question = self._question, question
        self._show()
        (self.no if question else (self.remove if former == "remove" else self.install)).setFocus()

    def _confirm(self) -> None:
        if self._question == "remove":
            self._question = ""
            self.asked.emit(RemoveRuntime(id=new_id("remove"), runtime=self._runtime))
        else:
            self._confirm_install()

    def _confirm_install(self) -> None:
        if not self._view.busy_with:
            self._question = ""
            self.asked.emit(InstallRuntime(id=new_id("install"), runtime=self._runtime))
            if self.stop.isVisible():
                self.stop.setFocus()

    def _stop(self) -> None:
        if self._view.asked is not None:
            self.asked.emit(Stop(id=self._view.asked.id))

    def event(self, event: QEvent) -> bool:
        """Esc takes a question back, and goes no further: the page has an Esc of its own."""
        mine = event.type() in (QEvent.Type.ShortcutOverride, QEvent.Type.KeyPress) and isinstance(event, QKeyEvent)
        if mine and self._question and event.key() == Qt.Key.Key_Escape:  # type: ignore[attr-defined]
            if event.type() == QEvent.Type.KeyPress:
                self._ask("")
            event.accept()
            return True
        return super().event(event)


def progress_in_words(progress: Installing) -> str:
    """What is done now, and how much of all."""
    if not progress.total_bytes:
        return progress.step
    return f"{progress.step}, {figures.size(progress.done_bytes)} of {figures.size(progress.total_bytes)}"


def _size(card: RuntimeCard) -> str:
    """What installing takes, in a sentence."""
    parts = [f"downloads up to {figures.size(card.download_bytes)}"] if card.download_bytes else []
    parts += [f"takes up to {figures.size(card.disk_bytes)} of the disk"] if card.disk_bytes else []
    return f"It {' and '.join(parts)}." if parts else ""
