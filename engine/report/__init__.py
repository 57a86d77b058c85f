"""What leaves the program of a comparison: a page, a table, a document, and a script without Fastpath."""

from pathlib import Path

import msgspec

from engine.report import page, rows
from engine.store import whole
from engine.wire import documents
from engine.wire.comparison import Comparison
from engine.wire.errors import BadInput, DataFolder, DiskFull
from engine.wire.messages import SaveReport


def save(asked: SaveReport) -> Path:
    """Writes the file whole or not at all. Raises BadInput, DiskFull."""
    target = Path(asked.target)
    if not target.is_absolute() or target.is_dir():
        raise _unwritable(target)
    try:
        whole.write(target, content(asked.comparison, asked.form))
    except DiskFull as error:
        raise DiskFull(error.what_happened, "Free some disk space and save again.", error.details) from error
    except DataFolder as error:
        raise _unwritable(target, error.details) from error
    except (OSError, ValueError) as error:
        raise _unwritable(target, str(error)) from error
    return target


def content(comparison: Comparison, form: str) -> bytes:
    """The file's bytes, UTF-8."""
    if form == "json":
        return msgspec.json.format(msgspec.json.encode(documents.comparison(comparison)), indent=1) + b"\n"
    text = rows.text(comparison) if form == "csv" else page.text(comparison)
    return text.encode("utf-8", "replace")


def _unwritable(target: Path, details: str = "") -> BadInput:
    return BadInput(f"The report cannot be written to {target}.", "Name a file in a folder of yours.", details=details)
