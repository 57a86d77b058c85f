"""HTML and SVG by elements. Texts are escaped on their way in: they come from models, libraries and persons."""

import html
import re
from collections.abc import Iterable

_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
_ALONE = ("meta", "line", "rect", "circle", "path", "br")


class Html(str):
    """Markup. Any other text is escaped where it goes into an element."""

    __slots__ = ()


def el(name: str, /, *children: str, **attributes: str | float) -> Html:
    """An element. ``class_`` stands for ``class``, an underscore for a hyphen; an attribute of "" is left out."""
    named = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{escaped(_plain(value))}"'
        for key, value in attributes.items()
        if value != ""
    )
    if name in _ALONE and not children:
        return Html(f"<{name}{named}/>")
    return Html(f"<{name}{named}>{joined(children)}</{name}>")


def joined(parts: Iterable[str]) -> Html:
    return Html("".join(part if isinstance(part, Html) else escaped(part) for part in parts))


def escaped(text: str) -> str:
    """Also without characters that no document may hold."""
    return html.escape(_CONTROL.sub("\ufffd", text))


def _plain(value: str | float) -> str:
    """Coordinates need no more than a tenth of a pixel."""
    return value if isinstance(value, str) else f"{value:.1f}".removesuffix(".0")
