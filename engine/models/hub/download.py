"""A model of the Hub, brought into the shared cache: listed, fetched, checked, and only then shown to others."""

import contextlib
from collections.abc import Callable
from pathlib import Path

from engine.models.hub import cache, choose, listing, place, space, surroundings, token
from engine.models.hub.address import MAIN, Address
from engine.models.hub.exchange import Exchange
from engine.models.hub.fetch import Fetch
from engine.models.hub.halt import Halt
from engine.models.hub.listing import Listed
from engine.models.hub.patience import Limits, Patience
from engine.models.hub.place import Place
from engine.models.hub.progress import Progress
from engine.wire.errors import Offline
from engine.wire.messages import Downloading, Notice

USUAL = Limits()

_ANOTHER = "Another program downloads the same file. Waits for it."

Tell = Callable[[Downloading | Notice], None]
Planned = Callable[[str, list[Listed]], None]


def download(
    address: Address,
    halt: Halt,
    tell: Tell,
    *,
    with_weights: bool = True,
    limits: Limits = USUAL,
    planned: Planned = lambda commit, chosen: None,
) -> Path:
    """The folder of the whole model (or of its tokenizer alone), at the commit that ``address`` is at now.

    A file that lies in the cache is hashed and not fetched. Without network, what is whole in the cache serves.
    ``planned`` is told the commit and the files once they are known, before any is fetched.
    Raises ModelNotFound, ModelGated, SignInNeeded, ModelBroken, UnsafeWeights, NotForThisModel, DiskFull, DataFolder,
    Offline, TimedOut, Stopped.
    """
    try:
        surroundings.require_network()
        return _Download(address, halt, tell, limits).run(with_weights, planned)
    except Offline:
        there = cache.snapshot(address)
        if there is not None and (cache.is_model if with_weights else cache.is_tokenizer)(there):
            return there
        raise


class _Download:
    def __init__(self, address: Address, halt: Halt, tell: Tell, limits: Limits) -> None:
        self._address = address
        self._model = address.repo if address.revision == MAIN else f"{address.repo} at {address.revision}"
        self._halt = halt
        self._tell = tell
        self._patience = Patience(limits, halt, lambda text: tell(Notice(text=text)))
        self._exchange = Exchange(surroundings.endpoint(), token.current(), address.repo, self._model, halt, limits)

    def run(self, with_weights: bool, planned: Planned) -> Path:
        with contextlib.closing(self._exchange):
            commit = listing.commit(self._exchange, self._address.revision, self._patience)
            listed = listing.files(self._exchange, commit, self._patience)
            chosen = choose.choose(self._model, listed, with_weights)
            planned(commit, chosen)
            home = Place(self._address.repo, commit)
            home.prepare()
            left = {file.etag: file.size_bytes - home.there_bytes(file) for file in chosen}
            space.require(home.home, self._model, sum(left.values()), max(file.size_bytes for file in chosen))
            self._receive(home, commit, chosen, left)
        # Only now does anything appear under a name: another program never sees half a model.
        with space.told_full(home.home):
            for number, file in enumerate(chosen):
                home.link(file, any(file.etag == later.etag for later in chosen[number + 1 :]))
            home.refer(self._address.revision)
        home.sweep(chosen)
        return home.snapshot

    def _receive(self, home: Place, commit: str, chosen: list[Listed], left: dict[str, int]) -> None:
        """``left``: bytes of each content, by etag, that are still to come."""
        progress = Progress(self._tell, sum(file.size_bytes for file in chosen))
        fetch = Fetch(self._exchange, commit, self._patience, progress, self._halt)
        for file in chosen:
            left.pop(file.etag, None)
            progress.begin(file.path)
            with home.lock(file, self._halt, lambda: self._tell(Notice(text=_ANOTHER))):
                there = home.content(file)
                if there is None or not place.is_right(there, file, self._halt, progress.found):
                    fetch.fetch(file, home.partial(file), sum(left.values()))
                    home.keep(file)
            progress.end(file.size_bytes)
