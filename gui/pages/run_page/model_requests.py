"""What the person asks of the desk about a model: another one, its download, consent to its weights."""

from collections.abc import Callable

import msgspec
from PySide6.QtWidgets import QWidget

from engine.wire.messages import Allow, AnyRequest, Describe, InstallRuntime, Stop
from gui.pages.run_page.model_dialog import ModelDialog
from gui.run_state import State, downloads, new_id
from gui.settings import Settings


class ModelRequests:
    """Each method emits one request, or none where there is nothing to ask."""

    def __init__(
        self,
        emit: Callable[[AnyRequest], object],
        state: Callable[[], State],
        settings: Callable[[], Settings],
        page: QWidget,
        find: Callable[[], object],
    ) -> None:
        """``find``: shows where others are to be found."""
        self._emit = emit
        self._state = state
        self._settings = settings
        self._page = page
        self._find = find

    def change(self) -> None:
        """Opens the dialog, and looks into what was picked."""
        model, settings = self._state().model, self._settings()
        dialog = ModelDialog(settings.recent, model.ref if model is not None else "", settings.tokenizers, self._page)
        if dialog.exec() and dialog.ref():
            self.describe(dialog.ref(), dialog.tokenizer())
        elif dialog.finds:
            self._find()
        dialog.deleteLater()

    def describe(self, ref: str, tokenizer: str | None = None) -> None:
        """``tokenizer`` None takes the one that is remembered with the model."""
        if tokenizer is None:
            tokenizer = self._settings().tokenizers.get(ref, "")
        self._emit(Describe(id=new_id("describe"), ref=ref, tokenizer=tokenizer))

    def use_starter(self) -> None:
        self.describe("starter", "")

    def keep(self) -> None:
        """The model that was there before the failure."""
        state = self._state()
        if state.model is not None:
            self.describe(state.model.ref, state.tokenizer)

    def look_again(self) -> None:
        """For what was not found."""
        wanted = self._state().wanted
        if wanted is not None:
            self.describe(wanted.ref, wanted.tokenizer)

    def download(self) -> None:
        missing = self._state().missing
        if missing is not None:
            self._emit(msgspec.structs.replace(missing, id=new_id("download")))

    def stop_download(self) -> None:
        state = self._state()
        download = state.download
        if download is None:
            return
        for view in downloads.views_of(state, downloads.key_of(download.request)):
            if not view.stopping:
                self._emit(Stop(id=view.request.id))

    def stop_desk(self) -> None:
        """What goes on at the desk: a download, or an installation."""
        self.stop_download()
        view = self._state().runtimes
        if isinstance(view.asked, InstallRuntime) and not view.stopping:
            self._emit(Stop(id=view.asked.id))

    def allow(self) -> None:
        """Consents to the pickled weights of the present model, until it is revoked in Settings."""
        model = self._state().model
        if model is not None:
            self._emit(Allow(id=new_id("allow"), ref=model.ref, folder=model.folder))
