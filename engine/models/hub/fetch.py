"""One file, received whole and found right: resumed at the byte where it was cut, hashed as it arrives."""

import re
from pathlib import Path
from typing import TYPE_CHECKING

from engine.models.hub import space
from engine.models.hub.exchange import Exchange
from engine.models.hub.halt import Halt
from engine.models.hub.listing import Listed
from engine.models.hub.partial import Mismatch, Partial
from engine.models.hub.patience import KEPT, Cut, Patience
from engine.models.hub.progress import Progress
from engine.wire.errors import ModelBroken, Offline

if TYPE_CHECKING:
    import requests

_ROUNDS = 2
"""A file that is not what the Hub lists is fetched once more: what was there may have come from elsewhere."""

_RANGE = re.compile(r"bytes (\d+)-\d+/(\d+)")


class Fetch:
    """Fetches the files of one commit, one after the other. Thread: the download's."""

    def __init__(self, exchange: Exchange, commit: str, patience: Patience, progress: Progress, halt: Halt) -> None:
        self._exchange = exchange
        self._commit = commit
        self._patience = patience
        self._progress = progress
        self._halt = halt

    def fetch(self, file: Listed, path: Path, later_bytes: int) -> None:
        """Leaves the whole, right content in ``path``, going on from what lies there. ``later_bytes``: what is to come
        after it.

        Raises ModelBroken (twice something else than listed), DiskFull, DataFolder, Stopped and what the exchange
        names. Bytes that came stay for the next time, except wrong ones.
        """
        why = ""
        for _ in range(_ROUNDS):
            try:
                with Partial(file, path) as partial:
                    partial.take_up(self._halt, self._progress.found)
                    self._fill(partial, later_bytes)
                    partial.require_right()
                return
            except Mismatch as mismatch:
                why = str(mismatch)
                path.unlink(missing_ok=True)
        raise ModelBroken(
            f"The file {file.path} of {self._exchange.repo} came twice otherwise than the Hub lists it: {why}.",
            "Try again later; if it stays so, do not trust where it comes from.",
        )

    def _fill(self, partial: Partial, later_bytes: int) -> None:
        farthest = partial.position
        watch = space.Watch(partial.path.parent)
        while not partial.is_whole:
            try:
                with self._exchange.get(self._url(partial.file), _range(partial)) as response:
                    _require_continuation(response, partial)
                    for piece in self._exchange.pieces(response):
                        partial.add(piece)
                        self._progress.at(partial.position, len(piece))
                        watch.look(later_bytes + partial.file.size_bytes - partial.position)
                        if partial.position > farthest:
                            self._patience.gained(partial.position - farthest)
                            farthest = partial.position
                if not partial.is_whole:
                    raise Cut(Offline("The connection to the Hub was cut.", KEPT))
            except Cut as cut:
                self._patience.wait(cut)

    def _url(self, file: Listed) -> str:
        return self._exchange.file(self._commit, file.path)


def _range(partial: Partial) -> dict[str, str]:
    return {"Range": f"bytes={partial.position}-"} if partial.position else {}


def _require_continuation(response: "requests.Response", partial: Partial) -> None:
    """The answer must go on at the position, or start over. Raises Mismatch where it speaks of another size."""
    size_bytes = partial.file.size_bytes
    if response.status_code == 416:
        raise Mismatch(f"shorter than {size_bytes:,} bytes")
    if response.status_code == 206:
        said = _RANGE.fullmatch(response.headers.get("Content-Range", ""))
        if said is None or int(said[1]) != partial.position:
            raise Mismatch("another part than was asked for")
        whole_bytes = int(said[2])
    else:
        if partial.position:
            partial.restart()
        announced = response.headers.get("Content-Length", "")
        whole_bytes = int(announced) if announced.isdecimal() else size_bytes
    if whole_bytes != size_bytes:
        raise Mismatch(f"{whole_bytes:,} bytes and not {size_bytes:,}")
