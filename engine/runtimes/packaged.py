"""Whether this is the packaged application, and the words that start its engine.

Only the packaged program's own first lines know (resources/packaging): they call ``started_by``. No variable of the
environment and no file tells it, so nothing from outside can have another program started as the engine.
"""

import sys

_application = ""


def started_by(application: str) -> None:
    """Says once, before anything else, that this process is the packaged program at the path ``application``."""
    global _application
    _application = application


def application() -> str:
    """The packaged program's path; "" from source."""
    return _application


def has_python() -> bool:
    """Whether ``sys.executable`` is a Python that can run other code, as from source and in the Debian package.

    On Windows and macOS it is the packaged program itself.
    """
    return _application != sys.executable


def engine_program() -> list[str]:
    """The words before a role: the application itself where it is packaged.

    From source ``-P`` and the folder "/" (see ``Child``) keep a local ``engine/`` or ``msgspec.py`` from being
    imported instead; the package's launcher starts Python isolated.
    """
    return [_application, "--engine"] if _application else [sys.executable, "-P", "-m", "engine"]
