"""pip as a child: what would be installed, how large it is, fetched, unpacked. Its failures become sentences."""

import json
import re
import urllib.parse
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path

import msgspec

from engine.runtimes.halting import ChildFailed, Halt
from engine.runtimes.packages import plain_name
from engine.wire.errors import DiskFull, FastpathError, ModeUnavailable, Offline

PIP = "26.1"
"""The first that Python brings may be older and tell no progress that a program can read."""

_NO_ROOM = ("No space left on device", "Disk quota exceeded")
_NO_NETWORK = (
    *("NewConnectionError", "Failed to establish a new connection", "Temporary failure in name resolution"),
    *("Network is unreachable", "Connection refused", "ConnectTimeoutError", "Read timed out", "ProxyError"),
    *("Connection reset", "Connection aborted", "IncompleteRead", "from versions: none", "NameResolutionError"),
)

Hear = Callable[[int, int], None]
"""Gets how many bytes of the file in hand are there, and its size."""

_ASK_SIZES = """
import concurrent.futures, json, os, sys, urllib.request
def size(url):
    try:
        if url.startswith("file:"):
            return os.stat(urllib.request.url2pathname(urllib.request.urlparse(url).path)).st_size
        request = urllib.request.Request(url, method="HEAD")
        return int(urllib.request.urlopen(request, timeout=5).headers["Content-Length"])
    except Exception:
        return 0
urls = json.loads(sys.argv[1])
with concurrent.futures.ThreadPoolExecutor(8) as pool:
    print(json.dumps(list(pool.map(size, urls))))
"""
_ANSWERS = "import sys, urllib.request; urllib.request.urlopen(sys.argv[1], timeout=5).read(1)"


class Item(msgspec.Struct, frozen=True, kw_only=True):
    """One package as it is to be had: ``url`` with its hash, empty where only name and version are known.

    ``size_bytes``: to download; 0 where nothing tells.
    """

    name: str
    version: str
    url: str = ""
    size_bytes: int = 0

    @property
    def requirement(self) -> str:
        return f"{self.name} @ {self.url}" if self.url else f"{self.name}=={self.version}"


class Pip:
    """pip of one environment, with its downloads in one folder, so that a stopped one goes on from there."""

    def __init__(self, python: Path, downloads: Path, environment: Mapping[str, str], halt: Halt) -> None:
        self._python = str(python)
        self._halt = halt
        self._wheels = downloads / "wheels"
        self._cache = downloads / "cache"
        self._temporary = downloads / "temporary"
        self._report = downloads / "report.json"
        for folder in (self._wheels, self._cache, self._temporary):
            folder.mkdir(parents=True, exist_ok=True)
        # A system's own folder for temporary files may lie in memory.
        self._environment = {**environment, "TMPDIR": str(self._temporary), "PIP_DISABLE_PIP_VERSION_CHECK": "1"}

    @property
    def wheels(self) -> Path:
        return self._wheels

    def renew_itself(self) -> None:
        """Also tells whether there is a network at all."""
        self._pip("install", "--quiet", f"pip=={PIP}")

    def answers(self, index: str) -> bool:
        """Whether an index answers within seconds."""
        try:
            self._halt.run([self._python, "-c", _ANSWERS, f"{index}/"], self._environment, longest_s=8)
        except ChildFailed:
            return False
        return True

    def resolved(self, requirements: Sequence[str], hear: Hear, look: Callable[[], None]) -> list[Item]:
        """All that installing ``requirements`` would take, with sizes where the servers tell them.

        Where an index gives no metadata alone, pip fetches whole wheels for it: into the cache, so not in vain.
        """
        words = ("--dry-run", "--ignore-installed", "--report", str(self._report), *requirements)
        self._pip("install", *words, hear=hear, look=look)
        found = [_item(entry) for entry in json.loads(self._report.read_text("utf-8"))["install"]]
        sizes = self._sizes([item.url.partition("#")[0] for item in found])
        return [msgspec.structs.replace(item, size_bytes=size) for item, size in zip(found, sizes, strict=True)]

    def _sizes(self, urls: list[str]) -> list[int]:
        try:
            said = self._halt.run([self._python, "-c", _ASK_SIZES, json.dumps(urls)], self._environment, longest_s=60)
            return [int(size) for size in json.loads(said.splitlines()[-1])]
        except (ChildFailed, ValueError, IndexError):
            return [0] * len(urls)

    def fetch(self, items: Iterable[Item], extra: Sequence[str], hear: Hear, look: Callable[[], None]) -> None:
        """Wheels into the downloads; those that lie there whole are not fetched again."""
        requirements = [item.requirement for item in items]
        self._pip("download", "--no-deps", "--dest", str(self._wheels), *extra, *requirements, hear=hear, look=look)

    def drop_cache(self) -> None:
        """Once all wheels are there, it would only take room."""
        import shutil

        for folder in (self._cache, self._temporary):
            shutil.rmtree(folder, ignore_errors=True)
        self._temporary.mkdir(parents=True, exist_ok=True)

    def install(self, items: Iterable[Item], look: Callable[[], None]) -> None:
        """From the downloaded wheels alone."""
        words = ("--no-index", "--no-deps", "--find-links", str(self._wheels))
        self._pip("install", *words, *(f"{item.name}=={item.version}" for item in items), look=look)

    def _pip(
        self,
        command: str,
        *words: str,
        hear: Hear = lambda done, total: None,
        look: Callable[[], None] = lambda: None,
    ) -> None:
        shared = [self._python, "-P", "-m", "pip", command, "--no-input", "--cache-dir", str(self._cache)]
        raw = ["--progress-bar", "raw"] if words[0] != "--quiet" else []

        def read(line: str) -> None:
            if found := re.fullmatch(r"Progress (\d+) of (\d+)", line):
                hear(int(found[1]), int(found[2]))

        try:
            self._halt.run([*shared, *raw, *words], self._environment, hear=read, look=look)
        except ChildFailed as error:
            raise failure(error) from error


def failure(error: ChildFailed) -> FastpathError:
    """What a person reads of pip's last words."""
    if any(words in error.output for words in _NO_ROOM):
        return DiskFull("The disk is full.", "Free some disk space and install again.", error.output)
    if any(words in error.output for words in _NO_NETWORK):
        return Offline(
            "The packages cannot be downloaded: no package index answers.",
            "Check the network and install again; what was received is kept.",
            error.output,
        )
    return ModeUnavailable(
        f"The packages could not be installed: pip ended with status {error.status}.",
        "The details hold pip's own words. Try again later.",
        error.output,
    )


def _item(entry: Mapping[str, object]) -> Item:
    fields = msgspec.convert(entry, _Entry)
    url, hashes = fields.download_info.url, fields.download_info.archive_info.get("hashes") or {}
    sha256 = hashes.get("sha256") if isinstance(hashes, dict) else None
    return Item(
        name=plain_name(fields.metadata.name),
        version=fields.metadata.version,
        url=urllib.parse.urldefrag(url).url + (f"#sha256={sha256}" if sha256 else ""),
    )


class _Metadata(msgspec.Struct):
    name: str
    version: str


class _DownloadInfo(msgspec.Struct):
    url: str
    archive_info: dict[str, object] = {}


class _Entry(msgspec.Struct):
    metadata: _Metadata
    download_info: _DownloadInfo
