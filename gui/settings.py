"""What the window remembers between starts: settings, the last catalogue, the last model looked into.

Each is one JSON file in the data folder. A file that is damaged or newer than this program is set aside, so
that nothing but itself is lost, and ``Loaded.notices`` says so.
"""

import base64
import contextlib
import os
from pathlib import Path
from typing import Any, Literal

import msgspec

from engine import folders
from engine.wire import codec
from engine.wire.errors import DataFolder
from engine.wire.messages import Catalogue, Described

SCHEMA = 1
RECENT_MODELS = 8
INPUT_CHARACTERS = 200_000
"""An input longer than this is not kept."""


class CompareChoice(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What is compared on the Compare page.

    ``left_out``: ids of modes and precisions that are not; all others are, also those that come later. ``threads`` and
    ``batches`` as they were typed. ``inputs``: which of the page's choices, ``file`` the person's own texts.
    ``budget_s`` 0 is without limit.
    """

    left_out: tuple[str, ...] = ()
    threads: str = ""
    batches: str = ""
    isa_caps: tuple[str, ...] = ("",)
    inputs: str = ""
    file: str = ""
    budget_s: float = 0.0
    floor: Literal["identical", "same answers", "close"] = "same answers"


class Settings(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """All that is remembered.

    ``inputs``: fields of each task's form; ``options``: of each mode; ``tokenizers``: of each model that takes
    another's. ``calibration``: the person's own file of texts. ``folders``: the person's own, with models in them.
    ``welcomed``: the introduction was shown, or is not to be. ``panes`` and ``geometry`` are Qt's, in base64.
    """

    schema: int = SCHEMA
    model: str = "starter"
    recent: tuple[str, ...] = ()
    tokenizers: dict[str, str] = {}
    task: str = ""
    mode: str = ""
    precision: str = ""
    options: dict[str, dict[str, str]] = {}
    threads: int = 0
    calibration: str = ""
    network_off: bool = False
    folders: tuple[str, ...] = ()
    welcomed: bool = True
    inputs: dict[str, dict[str, Any]] = {}
    theme: Literal["system", "light", "dark"] = "system"
    page: str = ""
    geometry: str = ""
    panes: dict[str, str] = {}
    compare: CompareChoice = CompareChoice()


class _Written(msgspec.Struct, frozen=True):
    """What can be read of settings of any version: a newer one may have other fields, and other types in them."""

    schema: int = SCHEMA


class Loaded(msgspec.Struct, frozen=True):
    """What was found on the disk, and sentences about what could not be read."""

    settings: Settings
    catalogue: Catalogue | None = None
    described: Described | None = None
    notices: tuple[str, ...] = ()


def load() -> Loaded:
    """Reads what was kept. Never raises: what can't be read is told in the notices."""
    try:
        folder = folders.part("window")
    except DataFolder as error:
        return Loaded(Settings(), notices=(f"{error.what_happened} Settings are not kept. {error.what_to_do}",))
    settings, notices = _read_settings(folder / "settings.json")
    catalogue = _read_event(folder / "catalogue.json")
    described = _read_event(folder / "model.json")
    return Loaded(
        settings,
        catalogue if isinstance(catalogue, Catalogue) else None,
        described if isinstance(described, Described) and described.model.ref == settings.model else None,
        notices,
    )


def _read_settings(file: Path) -> tuple[Settings, tuple[str, ...]]:
    try:
        text = file.read_bytes()
    except FileNotFoundError:
        return Settings(welcomed=False), ()
    except OSError as error:
        return Settings(), (f"The settings could not be read ({error.strerror}), so the usual ones are used.",)
    try:
        if msgspec.json.decode(text, type=_Written).schema <= SCHEMA:
            return msgspec.json.decode(text, type=Settings), ()
        why = "were written by a newer Fastpath"
    except (msgspec.DecodeError, UnicodeDecodeError):
        why = "were damaged"
    aside = file.with_name("settings.set-aside.json")
    with contextlib.suppress(OSError):
        file.replace(aside)
    return Settings(), (f"The settings {why}, so the usual ones are used. The file is kept as {aside.name}.",)


def _read_event(file: Path) -> object:
    """A kept event, or None: it is only a first picture until the engine speaks."""
    try:
        return codec.decode_event(file.read_bytes())
    except (OSError, codec.Unreadable):
        return None


def save(settings: Settings) -> str:
    """Writes the settings beside their place and renames them there.

    Returns a sentence where that failed, else "".
    """
    return _write("settings.json", msgspec.json.format(msgspec.json.encode(settings)))


def keep(event: Catalogue | Described) -> None:
    """Keeps the picture that the window paints first at its next start."""
    _write("catalogue.json" if isinstance(event, Catalogue) else "model.json", codec.encode(event))


def _write(name: str, content: bytes) -> str:
    try:
        file = folders.part("window") / name
        beside = file.with_suffix(f".{os.getpid()}.new")
        beside.write_bytes(content)
        beside.replace(file)
    except DataFolder as error:
        return f"{error.what_happened} Settings are not kept."
    except OSError as error:
        return f"The settings could not be kept ({error.strerror})."
    return ""


def with_recent(settings: Settings, ref: str, tokenizer: str = "") -> Settings:
    """The settings with ``ref`` as model and first among the recent ones (the starter is always offered).

    ``tokenizer``: the other model that it takes its tokenizer from.
    """
    recent = settings.recent
    if ref != "starter":
        recent = (ref, *(old for old in recent if old != ref))[:RECENT_MODELS]
    tokenizers = {name: other for name, other in settings.tokenizers.items() if name in ("starter", *recent)}
    tokenizers.pop(ref, None)
    if tokenizer:
        tokenizers[ref] = tokenizer
    return msgspec.structs.replace(settings, model=ref, recent=recent, tokenizers=tokenizers)


def is_too_long(fields: dict[str, Any]) -> bool:
    """Whether a form's input is too long to be kept."""
    texts = (text for value in fields.values() for text in ([value] if isinstance(value, str) else value))
    return sum(len(text) for text in texts) > INPUT_CHARACTERS


def with_input(settings: Settings, task: str, fields: dict[str, Any]) -> Settings:
    """The settings with the form of ``task``; what is too long to be kept leaves the former one."""
    if is_too_long(fields):
        return settings
    return msgspec.structs.replace(settings, inputs={**settings.inputs, task: fields})


def to_text(qt_bytes: bytes | bytearray | memoryview) -> str:
    """Qt's bytes (geometry, panes) for the file."""
    return base64.b64encode(qt_bytes).decode()


def to_bytes(text: str) -> bytes:
    """Qt's bytes again; empty where the text is none of them."""
    try:
        return base64.b64decode(text, validate=True)
    except ValueError:
        return b""
