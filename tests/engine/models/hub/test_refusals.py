"""What the Hub or the network refuses, told apart."""

import contextlib
import shutil
import socket
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.wire import errors
from engine.wire.errors import FastpathError
from tests.engine.models.hub.asking import refused
from tests.engine.models.hub.conftest import Got
from tests.hub_server import Answer, Hub, Repo


@pytest.mark.parametrize(
    ("answer", "signed_in", "kind", "says"),
    [
        ((404, {"X-Error-Code": "RepoNotFound"}), False, errors.ModelNotFound, "no org/name on the Hub"),
        ((401, {"X-Error-Code": "RepoNotFound"}), False, errors.ModelNotFound, "no org/name on the Hub"),
        ((404, {"X-Error-Code": "RevisionNotFound"}), False, errors.ModelNotFound, "no such version"),
        ((404, {}), True, errors.ModelNotFound, "not shown to your access token"),
        ((403, {"X-Error-Code": "GatedRepo"}), True, errors.ModelGated, "accepted its conditions"),
        ((401, {"X-Error-Code": "GatedRepo"}), False, errors.ModelGated, "accepted its conditions"),
        ((401, {}), False, errors.SignInNeeded, "signed in"),
        ((401, {}), True, errors.SignInNeeded, "does not accept your access token"),
        ((403, {}), True, errors.SignInNeeded, "may not read"),
        ((403, {"X-Error-Message": "Access to this resource is disabled."}), False, errors.ModelNotFound, "closed"),
        ((418, {}), False, errors.Offline, "status 418"),
    ],
)
def test_refusals_are_told_apart(
    hub: Hub,
    repo: Repo,
    get: Got,
    monkeypatch: pytest.MonkeyPatch,
    answer: Answer,
    signed_in: bool,
    kind: type[FastpathError],
    says: str,
) -> None:
    if signed_in:
        monkeypatch.setenv("HF_TOKEN", "hf_secret")
    hub.always = answer

    assert says in refused(kind, get).what_happened
    assert len(hub.seen) == 1  # asking again would not help


def test_a_gated_model_whose_listing_is_open_says_where_to_go(hub: Hub, repo: Repo, get: Got) -> None:
    repo.refuses_files = (403, {"X-Error-Code": "GatedRepo"})

    assert f"{hub.url}/org/name" in refused(errors.ModelGated, get).what_to_do


def test_a_name_or_revision_that_is_not_there(hub: Hub, repo: Repo, get: Got) -> None:
    assert "no org/other" in refused(errors.ModelNotFound, get, "org/other").what_happened
    assert "org/name at v9" in refused(errors.ModelNotFound, get, "org/name", "v9").what_happened


def test_no_network(cache: Path, get: Got, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")
    assert "127.0.0.1 cannot be reached" in refused(errors.Offline, get).what_happened

    def not_known(*words: object, **named: object) -> None:  # at once, whatever the name servers here do
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", not_known)
    monkeypatch.setenv("HF_ENDPOINT", "http://no-such-host.invalid")
    assert "no-such-host.invalid cannot be reached" in refused(errors.Offline, get).what_happened


def test_without_network_what_is_whole_in_the_cache_serves(hub: Hub, repo: Repo, get: Got) -> None:
    folder = get()
    hub.close()

    assert get() == folder


def test_network_turned_off(hub: Hub, repo: Repo, get: Got, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")

    found = refused(errors.Offline, get)
    assert "network is turned off" in found.what_happened
    assert "Settings" in found.what_to_do
    assert "HF_HUB_OFFLINE" in found.what_to_do
    assert hub.seen == []


def test_a_proxy_is_asked_where_one_is_named(hub: Hub, repo: Repo, get: Got, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_ENDPOINT", "http://hub.invalid")
    monkeypatch.setenv("HTTP_PROXY", hub.url)
    monkeypatch.setenv("NO_PROXY", "")
    hub.always = (404, {"X-Error-Code": "RepoNotFound"})
    refused(errors.ModelNotFound, get)

    assert [one.path for one in hub.seen] == ["http://hub.invalid/api/models/org/name/revision/main"]


def test_a_proxy_that_refuses(hub: Hub, get: Got, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_ENDPOINT", "https://hub.invalid")
    monkeypatch.setenv("HTTPS_PROXY", "http://me:secret@127.0.0.1:9")
    failure = errors.failure_of(refused(errors.Offline, get))

    assert "proxy" in failure.what_happened
    assert "secret" not in repr(failure)


def test_a_certificate_that_cannot_be_trusted_is_told_at_once(
    cache: Path, get: Got, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    with _https(tmp_path) as url:
        monkeypatch.setenv("HF_ENDPOINT", url)
        for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE"):
            monkeypatch.delenv(name, raising=False)

        assert "certificate" in refused(errors.Offline, get).what_happened
        monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "cert.pem"))
        refused(errors.ModelNotFound, get)


def _quiet(*words: object) -> None:
    """Says nothing."""


@contextlib.contextmanager
def _https(folder: Path) -> Iterator[str]:
    """A server with a certificate of its own making."""
    import http.server
    import ssl

    openssl = shutil.which("openssl")
    if not openssl:
        pytest.skip("openssl makes the certificate")
    names = ["-keyout", str(folder / "key.pem"), "-out", str(folder / "cert.pem")]
    subject = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"]
    command = [openssl, "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", *names, *subject]
    subprocess.run(command, check=True, capture_output=True)
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), http.server.SimpleHTTPRequestHandler)
    server.RequestHandlerClass = type("Quiet", (http.server.SimpleHTTPRequestHandler,), {"log_message": _quiet})
    server.handle_error = _quiet  # type: ignore[assignment]
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "cert.pem", folder / "key.pem")
    server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield f"https://localhost:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
