"""Nothing is sent unless the person picked something that needs it; from the work process never.

A library put before the system's own records every connection to the internet (loopback too) of an engine process and
of all that it starts, whatever language asks for it. Proxy and Hub are stand-ins that record.
"""

import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.models import starter
from engine.wire.messages import Catalogue, Describe, Download, Failed, Finished, Ready
from tests.hub_server import Hub, Repo, serving
from tests.talk import SIMILARITY, Talk, only, talking

_RECORDER = r"""
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

static void record(const struct sockaddr *to) {
    const char *path = getenv("NETWORK_LOG");
    if (!path || !to || (to->sa_family != AF_INET && to->sa_family != AF_INET6)) return;
    char line[64];
    int length = snprintf(line, sizeof line, "%d %d\n", getpid(), ntohs(((const struct sockaddr_in *)to)->sin_port));
    int file = open(path, O_WRONLY | O_APPEND | O_CREAT, 0600);
    if (file < 0 || write(file, line, length) < 0) abort();
    close(file);
}

int connect(int end, const struct sockaddr *to, socklen_t length) {
    record(to);
    int (*real)(int, const struct sockaddr *, socklen_t) = dlsym(RTLD_NEXT, "connect");
    return real(end, to, length);
}

ssize_t sendto(int end, const void *data, size_t size, int flags, const struct sockaddr *to, socklen_t length) {
    record(to);
    ssize_t (*real)(int, const void *, size_t, int, const struct sockaddr *, socklen_t) = dlsym(RTLD_NEXT, "sendto");
    return real(end, data, size, flags, to, length);
}
"""


class Recorder:
    """``prefix`` for the client; ``pids`` that connected to anything."""

    def __init__(self, folder: Path) -> None:
        compiler = shutil.which("cc")
        if not compiler or sys.platform != "linux":
            pytest.skip("a C compiler makes the recorder, for Linux")
        source, library = folder / "record.c", folder / "record.so"
        source.write_text(_RECORDER)
        subprocess.run([compiler, "-shared", "-fPIC", "-o", str(library), str(source), "-ldl"], check=True)
        self._log = folder / "network.log"
        self.prefix = ["env", f"LD_PRELOAD={library}", f"NETWORK_LOG={self._log}"]

    def pids(self) -> set[int]:
        lines = self._log.read_text().splitlines() if self._log.exists() else []
        return {int(line.split()[0]) for line in lines}


@pytest.fixture
def recorder(tmp_path: Path) -> Recorder:
    return Recorder(tmp_path)


@pytest.fixture
def hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Hub]:
    """The Hub, of which one model may be had, and nothing forbids to ask it."""
    files: dict[str, bytes | Path] = {"config.json": b"{}", "model.safetensors": b"x" * 1000}
    with serving({"org/name": Repo(files)}) as hub:
        monkeypatch.setenv("HF_ENDPOINT", hub.url)
        monkeypatch.setenv("HF_HOME", str(tmp_path / "hf"))
        monkeypatch.setenv("HF_HUB_OFFLINE", "0")
        yield hub


@pytest.fixture
def proxy(monkeypatch: pytest.MonkeyPatch) -> Iterator[Hub]:
    """A proxy that refuses."""
    with serving() as proxy:
        proxy.always = (403, {})
        for name in ("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"):
            monkeypatch.setenv(name, proxy.url)
        monkeypatch.setenv("NO_PROXY", "")
        monkeypatch.setenv("no_proxy", "")
        yield proxy


def pid_of(talk: Talk, role: str) -> int:
    return next(event.pid for event in talk.heard if isinstance(event, Ready) and event.role == role)


@pytest.mark.slow
def test_nothing_is_sent_by_describing_and_running_in_every_mode(recorder: Recorder, hub: Hub, proxy: Hub) -> None:
    with talking(prefix=recorder.prefix) as talk:
        for name, ref in (("1", "starter"), ("2", "org/name"), ("3", f"{hub.url}/org/name")):
            talk.client.send(Describe(id=name, ref=ref, tokenizer="starter"))
            talk.end(name)
        missing = [event.failure.code for event in talk.heard if isinstance(event, Failed)]
        modes = [mode for mode in only(talk.heard, Catalogue).modes if mode.available]
        for mode in modes:
            task = "sentence-similarity"
            talk.run(starter.folder(), task, mode.id, SIMILARITY, runtime=mode.runtime, calls=3, check="always")

    assert missing == ["NotDownloaded"] * 2
    assert len(modes) >= 4
    assert recorder.pids() == set()
    assert proxy.seen == hub.seen == []


def test_a_download_is_sent_by_the_desk_alone(own_home: Path, recorder: Recorder, hub: Hub) -> None:
    with talking(prefix=recorder.prefix) as talk:
        talk.client.send(Download(id="d", ref="org/name"))
        last = talk.end("d")
        talk.run(starter.folder(), "sentence-similarity", "eager", SIMILARITY, calls=3)

    assert isinstance(last, Finished)
    assert hub.seen
    assert recorder.pids() == {pid_of(talk, "desk")}


def test_a_download_goes_through_the_proxy_where_one_is_named(own_home: Path, hub: Hub, proxy: Hub) -> None:
    with talking() as talk:
        talk.client.send(Download(id="d", ref="org/name"))
        last = talk.end("d")

    assert isinstance(last, Failed)
    assert hub.seen == []
    assert [one.path for one in proxy.seen] == [f"{hub.url}/api/models/org/name/revision/main"]


def test_the_recorder_sees_what_is_sent_by_a_process_that_computes(
    own_home: Path, recorder: Recorder, hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    script = f"import torch, urllib.request; urllib.request.urlopen({hub.url!r} + '/api/models/org/name/revision/main')"
    for name in ("HTTP_PROXY", "http_proxy"):
        monkeypatch.delenv(name, raising=False)
    subprocess.run([*recorder.prefix, sys.executable, "-c", script], check=True)

    assert len(recorder.pids()) == 1
