"""A local stand-in of the Hub's HTTP interface, which misbehaves where it is told to.

It serves what the interface of huggingface.co serves: the list of models and what one tells of itself, the commit of a
revision, the tree in pages, the files by ranges, and whose a token is. ``python -m tests.hub_server FILE`` serves one
large file for benchmarks, its address on stdout.
"""

import contextlib
import dataclasses
import hashlib
import json
import re
import sys
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlencode, urlsplit

from tests import hub_listing

COMMIT = "a" * 40
LARGE = (".safetensors", ".onnx", ".onnx_data", ".bin", ".model")
Answer = tuple[int, dict[str, str]]


@dataclasses.dataclass(frozen=True)
class Seen:
    """A request as it came."""

    path: str
    range: str
    token: str


@dataclasses.dataclass
class Repo:
    """``files``: contents, or the path of a large one. The rest is how it misbehaves, by the file's path.

    ``cuts``: absolute offsets at which the connection is cut, one for each answer. ``stalls``: likewise, but the
    connection stays open and silent. ``wrong``: how many answers carry other bytes. ``sizes``, ``etags``: lies of the
    tree. ``lengths``: lies of the file's own answer.
    """

    files: dict[str, bytes | Path]
    refs: dict[str, str] = dataclasses.field(default_factory=lambda: {"main": COMMIT})
    cuts: dict[str, list[int]] = dataclasses.field(default_factory=dict)
    stalls: dict[str, list[int]] = dataclasses.field(default_factory=dict)
    wrong: dict[str, int] = dataclasses.field(default_factory=dict)
    sizes: dict[str, int] = dataclasses.field(default_factory=dict)
    etags: dict[str, str] = dataclasses.field(default_factory=dict)
    lengths: dict[str, int] = dataclasses.field(default_factory=dict)
    refuses_files: Answer | None = None
    redirects: dict[str, str] = dataclasses.field(default_factory=dict)
    ranges: bool = True
    chunked: bool = False
    page: int = 1000
    bytes_per_s: float = 0
    told: dict[str, Any] = dataclasses.field(default_factory=dict)
    """What it says of itself in lists, where that is not as ``hub_listing.TOLD``."""
    renamed_to: str = ""
    """Every request is sent there, as the Hub does it."""

    def content(self, path: str) -> bytes:
        held = self.files[path]
        return held if isinstance(held, bytes) else held.read_bytes()

    def etag(self, path: str) -> str:
        content = self.content(path)
        if path.endswith(LARGE):
            return hashlib.sha256(content).hexdigest()
        return hashlib.sha1(b"blob %d\0" % len(content) + content).hexdigest()

    def size(self, path: str) -> int:
        held = self.files[path]
        return len(held) if isinstance(held, bytes) else held.stat().st_size

    def entry(self, path: str) -> dict[str, Any]:
        size, etag = self.sizes.get(path, self.size(path)), self.etags.get(path) or self.etag(path)
        if not path.endswith(LARGE):
            return {"type": "file", "oid": etag, "size": size, "path": path}
        lfs = {"oid": etag, "size": size, "pointerSize": 134}
        return {"type": "file", "oid": "0" * 40, "size": size, "lfs": lfs, "path": path}


class Hub:
    """The server. ``repos`` by id; ``seen`` every request; ``next_answers`` are given instead of the next ones."""

    def __init__(self) -> None:
        self.repos: dict[str, Repo] = {}
        self.seen: list[Seen] = []
        self.next_answers: list[Answer] = []
        self.always: Answer | None = None
        self.accounts: dict[str, str] = {}
        """Whose a token is; any other is refused where somebody asks."""
        self.says: dict[str, bytes] = {}
        """Bodies instead of the usual ones, by path."""
        self.silent = threading.Event()
        """While set, no request is answered."""
        self.closing = threading.Event()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (_Handler,), {"hub": self}))
        self._server.daemon_threads = True
        self._server.block_on_close = False
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)
        self._thread.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def asked(self, part: str) -> list[Seen]:
        return [one for one in self.seen if part in one.path]

    def until_asked(self, part: str, within_s: float = 30.0) -> None:
        """Until a request for ``part`` has come."""
        end = time.monotonic() + within_s
        while not self.asked(part):
            assert time.monotonic() < end, f"nobody asked for {part}"
            time.sleep(0.002)

    def close(self) -> None:
        self.closing.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


@contextlib.contextmanager
def serving(repos: dict[str, Repo] | None = None) -> Iterator[Hub]:
    hub = Hub()
    hub.repos |= repos or {}
    try:
        yield hub
    finally:
        hub.close()


class _Handler(BaseHTTPRequestHandler):
    hub: Hub
    protocol_version = "HTTP/1.1"

    def log_message(self, *words: Any) -> None:
        """Quiet."""

    def do_CONNECT(self) -> None:
        self.do_GET()

    def do_HEAD(self) -> None:
        self.do_GET()

    def do_GET(self) -> None:
        headers = self.headers
        self.hub.seen.append(Seen(self.path, headers.get("Range", ""), headers.get("Authorization", "")))
        try:
            self._answer()
        except (BrokenPipeError, ConnectionResetError):
            self.close_connection = True

    def _answer(self) -> None:
        while self.hub.silent.is_set() and not self.hub.closing.wait(0.05):
            pass
        if self.hub.next_answers or self.hub.always:
            status, headers = self.hub.next_answers.pop(0) if self.hub.next_answers else self.hub.always or (500, {})
            self._say(status, headers)
            return
        split = urlsplit(self.path)
        path = unquote(split.path)
        if path in self.hub.says:
            self._say(200, {}, self.hub.says[path])
        elif path == "/api/models":
            self._list(parse_qs(split.query))
        elif path == "/api/whoami-v2":
            self._whoami()
        elif renamed := next(
            (name for name, repo in self.hub.repos.items() if repo.renamed_to and f"/{name}/" in path), ""
        ):
            target = self.path.replace(renamed, self.hub.repos[renamed].renamed_to, 1)
            self._say(307, {"Location": target})
        elif found := re.fullmatch(r"/api/models/(.+?)/(revision|tree)/(.+)", path):
            self._about(found[1], found[2], found[3], parse_qs(split.query))
        elif found := re.fullmatch(r"/(.+?)/resolve/([0-9a-f]{40})/(.+)", path):
            self._file(found[1], found[2], found[3])
        else:
            self._say(404, {})

    def _list(self, query: dict[str, list[str]]) -> None:
        told, following = hub_listing.page(self.hub.repos, query)
        more = {}
        if following is not None:
            words = urlencode(query | {"cursor": [str(following)]}, doseq=True)
            more = {"Link": f'<{self.hub.url}/api/models?{words}>; rel="next"'}
        self._json(told, more)

    def _whoami(self) -> None:
        name = self.hub.accounts.get(self.headers.get("Authorization", "").removeprefix("Bearer "))
        if name is None:
            self._say(401, {"X-Error-Message": "Invalid credentials in Authorization header"})
        else:
            self._json({"type": "user", "name": name, "auth": {"type": "access_token"}, "orgs": []})

    def _about(self, name: str, what: str, revision: str, query: dict[str, list[str]]) -> None:
        repo = self.hub.repos.get(name)
        if repo is None:
            self._say(404, {"X-Error-Code": "RepoNotFound"})
        elif revision not in (*repo.refs, *repo.refs.values()):
            self._say(404, {"X-Error-Code": "RevisionNotFound"})
        elif what == "revision":
            told = hub_listing.entry(name, repo, query.get("expand[]", ["siblings"]))
            self._json({**told, "sha": repo.refs.get(revision, revision)})
        else:
            names, start = sorted(repo.files), int(query.get("cursor", ["0"])[0])
            end = start + repo.page
            more = {"Link": f'<{self.hub.url}{self.path.split("&")[0]}&cursor={end}>; rel="next"'}
            entries = [{"type": "directory", "path": "onnx", "oid": "1" * 40, "size": 0}]
            self._json(entries + [repo.entry(path) for path in names[start:end]], more if end < len(names) else {})

    def _file(self, name: str, commit: str, path: str) -> None:
        repo = self.hub.repos.get(name)
        if repo is None:
            self._say(404, {"X-Error-Code": "RepoNotFound"})
        elif commit not in repo.refs.values() or path not in repo.files:
            self._say(404, {"X-Error-Code": "EntryNotFound"})
        elif repo.refuses_files:
            self._say(*repo.refuses_files)
        elif path in repo.redirects:
            self._say(302, {"Location": repo.redirects[path]})
        else:
            self._send(repo, path)

    def _send(self, repo: Repo, path: str) -> None:
        size = repo.size(path)
        asked = re.fullmatch(r"bytes=(\d+)-(\d*)", self.headers.get("Range", "")) if repo.ranges else None
        start = int(asked[1]) if asked else 0
        if start >= size > 0:
            self._say(416, {"Content-Range": f"bytes */{size}"})
            return
        if asked and asked[2]:
            self._send_part(repo.content(path), start, int(asked[2]) + 1)
            return
        self.send_response(206 if asked else 200)
        if asked:
            self.send_header("Content-Range", f"bytes {start}-{size - 1}/{repo.lengths.get(path, size)}")
        if repo.chunked:
            self.close_connection = True  # no length: the end of the connection is the end of the body
            self.send_header("Connection", "close")
        else:
            self.send_header("Content-Length", str(repo.lengths.get(path, size) - start))
        self.end_headers()
        if isinstance(held := repo.files[path], Path):
            with held.open("rb") as file:
                file.seek(start)
                self.connection.sendfile(file, start)
            return
        wrong, repo.wrong[path] = repo.wrong.get(path, 0), repo.wrong.get(path, 0) - 1
        content = bytes(len(held)) if wrong > 0 else held
        cut, stall = _next(repo.cuts, path), _next(repo.stalls, path)
        end = min(at for at in (cut, stall, size) if at is not None)
        self._write(content[start:end], repo.bytes_per_s)
        if stall is not None:
            self.hub.closing.wait(60)
        if end < size:
            self.close_connection = True

    def _send_part(self, content: bytes, start: int, end: int) -> None:
        part = content[start:end]
        self._say(206, {"Content-Range": f"bytes {start}-{start + len(part) - 1}/{len(content)}"}, part)

    def _write(self, content: bytes, bytes_per_s: float) -> None:
        step = max(1, int(bytes_per_s / 50)) if bytes_per_s else len(content) or 1
        for at in range(0, len(content), step):
            self.wfile.write(content[at : at + step])
            if bytes_per_s and self.hub.closing.wait(step / bytes_per_s):
                return

    def _json(self, document: Any, headers: dict[str, str] | None = None) -> None:
        self._say(200, headers or {}, json.dumps(document).encode())

    def _say(self, status: int, headers: dict[str, str], body: bytes = b"") -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


def _next(planned: dict[str, list[int]], path: str) -> int | None:
    return planned[path].pop(0) if planned.get(path) else None


def main(words: list[str]) -> None:
    """Serves a file as the weights of ``org/big`` (and a small configuration) until stdin ends."""
    config = b'{"model_type": "bert", "architectures": ["BertModel"]}'
    with serving({"org/big": Repo({"config.json": config, "model.safetensors": Path(words[0])})}) as hub:
        hub.repos["org/big"].etags["model.safetensors"] = words[1]
        sys.stdout.write(f"{hub.url}\n")
        sys.stdout.flush()
        sys.stdin.read()


if __name__ == "__main__":
    main(sys.argv[1:])
