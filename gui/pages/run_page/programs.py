"""What the person asks beside a run: a program saved, the example of a compiler, the code that was generated."""

import time
from collections.abc import Callable

from PySide6.QtWidgets import QFileDialog, QWidget

from engine.wire.messages import AnyRequest, Export, Run, ShowCompiler, Stop
from gui.pages.run_page.compiler_dialog import CompilerDialog
from gui.pages.run_page.offers import Offers
from gui.run_state import State, new_id
from gui.widgets.code_dialog import CodeDialog

KINDS = "Program (*.pt);;All files (*)"


class Programs:
    """Each method emits one request, or none where there is nothing to ask."""

    def __init__(
        self, emit: Callable[[AnyRequest], object], request: Callable[[], Run | None], offers: Offers, page: QWidget
    ) -> None:
        """``request``: the run that the page's widgets ask for now."""
        self._emit = emit
        self._request = request
        self._offers = offers
        self._page = page
        self._state = State()
        self.compiler: CompilerDialog | None = None
        offers.export_asked.connect(self.save)
        offers.compiler_asked.connect(self.show_compiler)
        offers.stop_asked.connect(self.stop)

    def show_state(self, state: State, obstacle: str) -> None:
        """``obstacle``: why the chosen mode cannot run now, or ""."""
        self._state = state
        if state.running:
            obstacle = "A model runs. Stop it first: Esc."
        self._offers.show_deeds(state.export, time.monotonic(), obstacle)
        if self.compiler is not None:
            self.compiler.show_deed(state.compiler)

    def save(self) -> None:
        """Asks for the file, then for what the mode makes of the model."""
        run, model = self._request(), self._state.model
        if run is None or model is None or self._busy():
            return
        target, _ = QFileDialog.getSaveFileName(self._page, "Save as program", f"{model.name}.pt", KINDS)
        if target and not self._busy():
            self._emit(_export(run, target))

    def show_compiler(self) -> None:
        """Opens the view, which has the example run anew."""
        if self.compiler is not None or self._busy():
            return
        self.compiler = CompilerDialog(self._page)
        self.compiler.asked.connect(self._ask_compiler)
        self.compiler.stop_asked.connect(self.stop)
        self.compiler.finished.connect(lambda _how: self._forget())
        self.compiler.open()
        self._ask_compiler()

    def _ask_compiler(self) -> None:
        run = self._request()
        if not self._busy():
            self._emit(ShowCompiler(id=new_id("compiler"), threads=run.threads if run is not None else 0))

    def _forget(self) -> None:
        if self.compiler is not None:
            self.compiler.deleteLater()
            self.compiler = None

    def _busy(self) -> bool:
        return self._state.running or self._state.deed is not None

    def view_code(self, file: str) -> None:
        """The code that a mode generated for the model."""
        dialog = CodeDialog("The generated code", file, self._page)
        dialog.finished.connect(lambda _how: dialog.deleteLater())
        dialog.open()

    def stop(self) -> None:
        deed = self._state.deed
        if deed is not None and not deed.stopping:
            self._emit(Stop(id=deed.request.id))


def _export(run: Run, target: str) -> Export:
    return Export(
        id=new_id("export"),
        folder=run.folder,
        task=run.task,
        mode=run.mode,
        fields=run.fields,
        target=target,
        precision=run.precision,
        runtime=run.runtime,
        tokenizer=run.tokenizer,
        options=run.options,
        threads=run.threads,
        allow_pickle=run.allow_pickle,
    )
