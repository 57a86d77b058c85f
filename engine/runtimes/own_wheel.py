"""Fastpath's own code as a wheel, made from the running package's own files, and put into another environment.

A wheel is a zip with a list of its contents, and one without programs is installed by unpacking it ("The Binary
Distribution Format", packaging.python.org): standard library only, offline, in a fraction of a second.
"""

import base64
import contextlib
import functools
import hashlib
import io
import shutil
import zipfile
from importlib import metadata
from pathlib import Path

import engine
import resources

NAME = "fastpath"
_ROOMS = ("engine", "resources")
"""The window's room stays out: nothing of Qt is installed there."""
_LEFT_OUT = ("__pycache__", "screenshots", "icons", "packaging")


def version() -> str:
    """Of the running program; 0 in a checkout that nobody installed."""
    try:
        return metadata.version(NAME)
    except metadata.PackageNotFoundError:
        return "0"


@functools.cache
def digest() -> str:
    """Names the running code: of all paths and contents."""
    total = hashlib.sha256(version().encode())
    for name, content in _contents():
        total.update(f"\0{name}\0{len(content)}\0".encode())
        total.update(content)
    return total.hexdigest()


def build() -> bytes:
    """The wheel."""
    stream, record = io.BytesIO(), []
    about = f"{NAME}-{version()}.dist-info"
    wheel = "Wheel-Version: 1.0\nGenerator: fastpath\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
    with zipfile.ZipFile(stream, "w") as archive:
        contents = dict(_contents())
        contents[f"{about}/METADATA"] = f"Metadata-Version: 2.1\nName: {NAME}\nVersion: {version()}\n".encode()
        contents[f"{about}/WHEEL"] = wheel.encode()
        for name, content in contents.items():
            archive.writestr(name, content)
            hashed = base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()
            record.append(f"{name},sha256={hashed},{len(content)}")
        archive.writestr(f"{about}/RECORD", "\n".join([*record, f"{about}/RECORD,,", ""]))
    return stream.getvalue()


def install(wheel: bytes, packages: Path) -> None:
    """Unpacks ``wheel`` into ``packages`` (a site-packages) in the place of an older one."""
    for old in (*(packages / room for room in _ROOMS), *packages.glob(f"{NAME}-*.dist-info")):
        with contextlib.suppress(FileNotFoundError):
            shutil.rmtree(old)
    with zipfile.ZipFile(io.BytesIO(wheel)) as archive:
        archive.extractall(packages)


@functools.cache
def _contents() -> tuple[tuple[str, bytes], ...]:
    """Read once, so that the digest is that of the wheel also where somebody edits a checkout meanwhile."""
    found = []
    for package in (engine, resources):
        (root,) = package.__path__
        for file in sorted(Path(root).rglob("*")):
            inside = file.relative_to(Path(root).parent)
            if file.is_file() and not set(inside.parts) & set(_LEFT_OUT):
                found.append((inside.as_posix(), file.read_bytes()))
    return tuple(found)
