"""Whether there is a newer version of the program. Asked for when a person asks, and never else."""

import os
import re
from importlib import metadata
from typing import Any
from urllib.parse import urlsplit

from engine.models.hub import surroundings
from engine.models.hub.asking import asked
from engine.models.hub.exchange import Exchange
from engine.models.hub.halt import Halt
from engine.models.hub.patience import Patience
from engine.models.hub.query import QUICK
from engine.wire.errors import FastpathError, Offline, TimedOut
from engine.wire.hub import RELEASES_PAGE
from engine.wire.messages import UpdateTold

RELEASES = "https://api.github.com/repos/fastpath-dev/fastpath/releases/latest"
"""The newest release, in the form of GitHub's interface."""

RELEASES_VARIABLE = "FASTPATH_RELEASES"
"""Names another address: of a mirror, or of a stand-in in tests."""

_ADDRESS = re.compile(re.escape(RELEASES_PAGE) + r"(/tag/[\w.+-]{1,100})?", re.ASCII)


def check(halt: Halt) -> UpdateTold:
    """Raises Offline, TimedOut, Stopped."""
    surroundings.require_network()
    url = os.environ.get(RELEASES_VARIABLE) or RELEASES
    split = urlsplit(url)
    # No token: it is the Hub's alone.
    exchange = Exchange(f"{split.scheme}://{split.netloc}", "", "", "list of versions", halt, QUICK)
    try:
        told, _ = asked(exchange, url, dict[str, Any], Patience(QUICK, halt, lambda text: None))
    except (Offline, TimedOut) as error:
        raise Offline("The list of versions cannot be had at the moment.", _LATER, error.details) from None
    except FastpathError as error:  # 403, 404: as the Hub's answers are read, it would speak of models
        raise Offline("The list of versions is not where it should be.", _LATER, error.details) from None
    finally:
        exchange.close()
    return _told(told)


_LATER = "Try again later, or look at the program's page yourself."


def _told(told: dict[str, Any]) -> UpdateTold:
    from packaging.version import InvalidVersion, Version

    name, page = told.get("tag_name"), told.get("html_url")
    try:
        version = Version(name.removeprefix("v")) if isinstance(name, str) else None
        mine = Version(metadata.version("fastpath"))
    except (InvalidVersion, metadata.PackageNotFoundError) as error:
        raise Offline("The list of versions says nothing that Fastpath understands.", _LATER, str(error)) from None
    if version is None:
        raise Offline("The list of versions says nothing that Fastpath understands.", _LATER)
    is_address = isinstance(page, str) and _ADDRESS.fullmatch(page)
    return UpdateTold(version=str(version), newer=version > mine, page=page if is_address and page else RELEASES_PAGE)
