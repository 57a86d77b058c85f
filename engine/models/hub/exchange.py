"""Requests to the Hub: redirects followed safely, the token sent to the endpoint alone, failures told apart.

Proxies and certificates come from the environment, as ``requests`` reads it. Bodies are read as they arrive, so that a
stop, a stall and the progress are seen at once.
"""

import contextlib
import os
import socket
from collections.abc import Iterator
from importlib import metadata
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urljoin, urlsplit

from engine.models.hub import answers
from engine.models.hub.halt import Halt
from engine.models.hub.patience import KEPT, Cut, Limits
from engine.models.hub.trickle import Trickle
from engine.wire.errors import FastpathError, Offline, TimedOut

if TYPE_CHECKING:
    import requests

READ_BYTES = 1024 * 1024
_REDIRECTS = 5
_NOWHERE = "The Hub sends to an address that is none."
_MOVED = frozenset({301, 302, 303, 307, 308})


class Exchange:
    """One conversation with the endpoint about one model. Thread: the download's. ``close`` it."""

    def __init__(self, endpoint: str, token: str, repo: str, model: str, halt: Halt, limits: Limits) -> None:
        """``model``: the repository's name, and its revision, for people."""
        import requests

        self.endpoint = endpoint
        self.repo = repo
        self._token = token
        self._model = model
        self._halt = halt
        self._limits = limits
        self._session = requests.Session()
        self._session.auth = lambda request: request  # else a .netrc would be read
        self._session.headers["User-Agent"] = f"fastpath/{_version()}"
        self._session.headers["Accept-Encoding"] = "identity"  # sizes and ranges are those of the file itself
        if (certificates := os.environ.get("SSL_CERT_FILE")) and "REQUESTS_CA_BUNDLE" not in os.environ:
            self._session.verify = certificates

    def close(self) -> None:
        self._session.close()

    def about(self, *parts: str) -> str:
        """The address of ``api/models/REPO/parts``."""
        return "/".join((self.endpoint, "api", "models", self.repo, *(quote(part, safe="") for part in parts)))

    def file(self, commit: str, name: str) -> str:
        return f"{self.endpoint}/{self.repo}/resolve/{commit}/{quote(name)}"

    @contextlib.contextmanager
    def get(self, url: str, headers: dict[str, str] | None = None) -> Iterator["requests.Response"]:
        """The answer to one request, its body not read yet; status 2xx, or 416.

        Raises Cut for what may pass, Stopped, and what ``answers`` names.
        """
        response = self._follow(url, headers or {})
        try:
            with self._halt.cutting(response.raw.shutdown):
                if not response.ok and response.status_code != 416:
                    raise self._failure(response)
                yield response
        finally:
            response.close()

    def _follow(self, url: str, headers: dict[str, str]) -> "requests.Response":
        for _ in range(_REDIRECTS):
            self._halt.check()
            response = self._send(url, headers)
            if response.status_code not in _MOVED:
                return response
            response.close()
            url = _safe_target(url, response.headers.get("Location", ""))
        raise Offline("The Hub sends requests in a circle.", KEPT)

    def _send(self, url: str, headers: dict[str, str]) -> "requests.Response":
        with _translated(url):
            return self._session.get(
                url,
                headers=headers | self._authorisation(url),
                stream=True,
                allow_redirects=False,
                timeout=(self._limits.connect_s, self._limits.stall_s),
            )

    def _authorisation(self, url: str) -> dict[str, str]:
        # A redirect leads to other hosts (storage, caches), whose signed address is permission enough.
        if not self._token or _origin(url) != _origin(self.endpoint):
            return {}
        return {"Authorization": f"Bearer {self._token}"}

    def _failure(self, response: "requests.Response") -> Exception:
        page = f"{self.endpoint}/{self.repo}"
        return answers.failure(response.status_code, response.headers, self._model, page, bool(self._token))

    def pieces(self, response: "requests.Response") -> Iterator[bytes]:
        """The body as it arrives. Ends early where the connection does. Raises Cut on a stall, Stopped."""
        trickle = Trickle(self._limits.stall_s, self._limits.slow_bytes_per_s)
        while True:
            try:
                with _translated(response.url):
                    piece: bytes = response.raw.read1(READ_BYTES, decode_content=False)
            except Cut:
                self._halt.check()  # a stop ends the connection under the reader
                raise
            self._halt.check()
            if not piece:
                return
            yield piece
            if trickle.is_stalled(len(piece)):
                raise Cut(_silent())


@contextlib.contextmanager
def _translated(url: str) -> Iterator[None]:
    """Errors of the libraries as ours. Their texts hold whole addresses, with what signs them: only causes are kept."""
    import requests
    import urllib3

    host = urlsplit(url).hostname or "the Hub"
    try:
        yield
    except requests.exceptions.SSLError as error:
        raise _untrusted(host, error) from None
    except requests.exceptions.ProxyError as error:
        raise Cut(_unreachable("The proxy that leads to the network", error)) from None
    except (requests.exceptions.ReadTimeout, urllib3.exceptions.ReadTimeoutError):
        raise Cut(_silent()) from None
    except (requests.exceptions.InvalidProxyURL, requests.exceptions.InvalidURL, requests.exceptions.InvalidSchema):
        what = "The address of the Hub or of a proxy in the environment is not one that can be used."
        raise Offline(what, "Check HF_ENDPOINT, HTTPS_PROXY and HTTP_PROXY.") from None
    except ValueError:  # requests looks where a redirect leads, even where it does not follow
        raise Offline(_NOWHERE, KEPT) from None
    except (requests.exceptions.RequestException, urllib3.exceptions.HTTPError, OSError) as error:
        raise Cut(_unreachable(host, error)) from None


def _unreachable(who: str, error: BaseException) -> Offline:
    return Offline(f"{who} cannot be reached, or the connection was cut.", "", _cause(error))


def _silent() -> TimedOut:
    return TimedOut("The Hub stopped sending.", KEPT)


def _untrusted(host: str, error: BaseException) -> FastpathError:
    return Offline(
        f"The connection to {host} is not safe: its certificate cannot be trusted.",
        "If a proxy of your network looks into traffic, set REQUESTS_CA_BUNDLE to its certificate.",
        _cause(error),
    )


def _cause(error: BaseException) -> str:
    """The innermost reason, such as "[Errno 111] Connection refused"."""
    found: Any = error
    for _ in range(10):
        arguments = getattr(found, "args", ())
        inner = getattr(found, "reason", None) or found.__cause__ or found.__context__
        inner = inner or next((one for one in arguments if isinstance(one, BaseException)), None)
        if not isinstance(inner, BaseException):
            break
        found = inner
    said = str(found) if isinstance(found, OSError | socket.gaierror) and "://" not in str(found) else ""
    return f"{type(found).__name__}: {said}" if said else type(found).__name__


def _safe_target(url: str, location: str) -> str:
    """Where a redirect leads. Raises Offline."""
    try:
        target = urljoin(url, location)
        schemes = _origin(url)[0], _origin(target)[0]
    except ValueError:
        raise Offline(_NOWHERE, KEPT) from None
    if schemes[1] not in ("http", "https") or schemes == ("https", "http"):
        raise Offline("The Hub sends to an address that is not safe.", KEPT, f"from {schemes[0]} to {schemes[1]}")
    return target


def _origin(url: str) -> tuple[str, str, int]:
    split = urlsplit(url)
    return split.scheme, (split.hostname or "").lower(), split.port or (443 if split.scheme == "https" else 80)


def _version() -> str:
    try:
        return metadata.version("fastpath")
    except metadata.PackageNotFoundError:
        return "0"
