"""The access token: in the keyring or for the session, tried first, and in no file, message or other process."""

import queue
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import keyring
import psutil
import pytest
from keyring.backends import fail
from keyring.backends.chainer import ChainerBackend

from engine.library import accounts
from engine.library.work import Library
from engine.models import starter
from engine.models.hub import token
from engine.models.hub.halt import Halt
from engine.wire import errors
from engine.wire.messages import (
    Download,
    Event,
    Failed,
    Finished,
    ListHistory,
    LookAtToken,
    SearchHub,
    SetToken,
    TokenTold,
)
from tests.engine.library import keyrings
from tests.hub_server import Hub, Repo
from tests.talk import SIMILARITY, Talk, only, talking

SECRET = "hf_very_secret_token"


@pytest.fixture
def memory(monkeypatch: pytest.MonkeyPatch) -> keyrings.Memory:
    backend = keyrings.Memory()
    monkeypatch.setattr(keyring, "get_keyring", lambda: backend)
    return backend


@pytest.fixture
def none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keyring, "get_keyring", fail.Keyring)


def give(text: str) -> TokenTold:
    return accounts.give(SetToken(id="t", token=text), Halt(), lambda: None)


def test_in_the_keyring_across_sessions_and_removed(hub: Hub, memory: keyrings.Memory) -> None:
    hub.accounts[SECRET] = "ada"
    told = give(f" {SECRET}\n")
    token.forget()
    later = accounts.told()

    assert (told.place, told.account, told.keyring) == ("keyring", "ada", True)
    assert hub.asked("whoami")[0].token == f"Bearer {SECRET}"
    assert (later.place, later.account, token.current()) == ("keyring", "", SECRET)
    assert give("").place == "none"
    assert memory.kept == {}
    assert token.current() == ""


def test_without_a_keyring_for_this_session_alone(hub: Hub, none: None) -> None:
    hub.accounts[SECRET] = "ada"
    told = give(SECRET)

    assert (told.place, told.account, told.keyring) == ("session", "ada", False)
    assert token.current() == SECRET
    token.forget()
    assert token.current() == ""


def test_one_that_the_hub_refuses_is_not_kept(hub: Hub, memory: keyrings.Memory) -> None:
    with pytest.raises(errors.SignInNeeded, match="wrong, or it has expired"):
        give(SECRET)
    for odd in ("two words", "ü" * 9, "x" * 10_000, "a\x7fb"):
        with pytest.raises(errors.SignInNeeded):
            give(odd)
    assert memory.kept == {}
    assert [one.token for one in hub.seen] == [f"Bearer {SECRET}"]


@pytest.mark.parametrize("silent", [True, False])
def test_without_network_it_is_kept_as_it_is(
    hub: Hub, memory: keyrings.Memory, monkeypatch: pytest.MonkeyPatch, silent: bool
) -> None:
    if silent:
        monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    else:
        hub.always = (404, {})
    assert (give(SECRET).place, give(SECRET).account) == ("keyring", "")
    assert bool(hub.seen) is not silent


def test_while_the_keyring_asks_it_is_not_said_to_be_stopped(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    backend = keyrings.Asking()
    monkeypatch.setattr(keyring, "get_keyring", lambda: backend)
    hub.accounts[SECRET] = "ada"
    told: queue.SimpleQueue[Event] = queue.SimpleQueue()
    library = Library(told.put)
    library.add(SetToken(id="t", token=SECRET))
    assert backend.asks.wait(20)
    library.stop("t")
    backend.answered.set()
    first, last = told.get(timeout=20), told.get(timeout=20)

    assert isinstance(first, TokenTold)
    assert (first.place, type(last), token.current()) == ("keyring", Finished, SECRET)


def test_what_the_environment_or_a_file_says_serves_too(
    hub: Hub, none: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "hf").mkdir()
    (tmp_path / "hf/token").write_text("hf_file\n")
    places = [(accounts.told().place, token.current())]
    monkeypatch.setenv("HF_TOKEN", "hf_environment")
    places.append((accounts.told().place, token.current()))
    token.keep(SECRET)
    places.append((accounts.told().place, token.current()))

    assert places == [("file", "hf_file"), ("environment", "hf_environment"), ("session", SECRET)]


def test_a_keyring_that_does_not_answer_or_writes_plainly_is_none(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(token, "ANSWERS_WITHIN_S", 0.2)
    monkeypatch.setattr(keyring, "get_keyring", keyrings.Dead)
    assert token.current() == ""
    assert token.keep(SECRET) == "session"
    token.forget()
    monkeypatch.setattr(keyring, "get_keyring", keyrings.Plain)
    assert not token.has_keyring()
    keyrings.Dead.never.set()


def test_a_keyring_that_is_unlocked_late_serves_from_then_on(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    backend = keyrings.Locked()
    backend.kept[token.SERVICE, token.USER] = SECRET
    monkeypatch.setattr(keyring, "get_keyring", lambda: backend)
    monkeypatch.setattr(token, "ANSWERS_WITHIN_S", 0.2)
    assert token.current() == ""
    backend.unlocked.set()
    end = time.monotonic() + 20
    while not token.current() and time.monotonic() < end:
        time.sleep(0.01)

    assert (token.place(), token.current()) == ("keyring", SECRET)
    with pytest.raises(errors.SignInNeeded, match="could not be removed"):
        token.remove()
    assert token.current() == ""


def test_of_a_chain_of_keyrings_only_a_safe_one_is_written(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    plain, safe = keyrings.Plain(), keyrings.Memory()
    chain = ChainerBackend()
    monkeypatch.setattr(keyring, "get_keyring", lambda: chain)
    monkeypatch.setattr(ChainerBackend, "backends", [plain, safe])
    assert token.keep(SECRET) == "keyring"
    token.forget()
    monkeypatch.setattr(ChainerBackend, "backends", [plain, keyrings.Plain()])
    assert token.keep(SECRET) == "session"

    assert plain.kept == {}
    assert list(safe.kept.values()) == [SECRET]


@pytest.fixture
def talk(hub: Hub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Talk]:
    """Children whose keyring is none: the configuration that the library itself reads says so."""
    settings = tmp_path / "config/python_keyring"
    settings.mkdir(parents=True)
    (settings / "keyringrc.cfg").write_text("[backend]\ndefault-keyring=keyring.backends.fail.Keyring\n")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    hub.accounts[SECRET] = "ada"
    with talking() as talk:
        yield talk


def test_a_fresh_desk_gets_it_again_and_nothing_else_ever_does(
    talk: Talk, hub: Hub, repo: Repo, own_home: Path, tmp_path: Path
) -> None:
    talk.client.send(SetToken(id="t", token=SECRET))
    talk.end("t")
    talk.client.set_offline(True)
    talk.client.set_offline(False)
    talk.client.send(LookAtToken(id="look"))
    talk.end("look")
    talk.client.send(Download(id="d", ref="org/name", part="tokenizer"))
    talk.end("d")
    hub.always = (401, {})
    talk.client.send(SearchHub(id="s", words="x"))
    failed = talk.end("s")
    hub.always = None
    talk.run(starter.folder(), "sentence-similarity", "eager", SIMILARITY, calls=1)
    talk.client.send(ListHistory(id="h"))
    talk.end("h")
    work, desk = (talk.client._roles[name].child for name in ("work", "desk"))
    said = repr(talk.heard) + desk.output() + work.output()
    environments = [psutil.Process(child.process.pid).environ() for child in (work, desk)]
    talk.client.send(SetToken(id="u", token=""))
    talk.end("u")

    assert only(talk.of("t"), TokenTold).account == "ada"
    assert only(talk.of("look"), TokenTold).place == "session"
    assert only(talk.of("u"), TokenTold).place == "none"
    assert isinstance(failed, Failed)
    assert failed.failure.code == "SignInNeeded"
    assert {one.token for one in hub.asked("/resolve/")} == {f"Bearer {SECRET}"}
    assert SECRET not in said + repr(environments) + repr(SetToken(id="x", token=SECRET))
    assert not [event for event in talk.heard if event.id == "token-again"]
    written = [file for file in (*own_home.rglob("*"), *tmp_path.rglob("*")) if file.is_file()]
    assert not [file for file in written if SECRET.encode() in file.read_bytes()]


def test_a_desk_starts_without_the_libraries_of_keyrings_and_cards() -> None:
    heavy = ("keyring", "markdown_it", "requests")
    script = f"import sys, engine.desk; print([name for name in {heavy} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)

    assert done.stdout.strip() == "[]"
