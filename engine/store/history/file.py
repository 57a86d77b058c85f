"""The history's file: opened for one piece of work at a time, made where it is missing, set aside where damaged.

Several programs share it: writing takes the lock at once and waits for it; a process that is killed leaves the last
whole state (SQLite's write-ahead log).
"""

import contextlib
import logging
import shutil
import sqlite3
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar

from engine import folders
from engine.wire.errors import DataFolder, DiskFull

SCHEMA = 1
APPLICATION = 0x46505448
"""Tells the file from a database of another program."""

BUSY_S = 5.0
NO_ROOM_BYTES = 1_000_000
_TABLES = (
    """CREATE TABLE entry (
        number INTEGER PRIMARY KEY AUTOINCREMENT, key TEXT NOT NULL UNIQUE, kind TEXT NOT NULL, status TEXT NOT NULL,
        owner_pid INTEGER NOT NULL, owner_started_s REAL NOT NULL, began_s REAL NOT NULL, took_s REAL,
        model TEXT NOT NULL, ref TEXT NOT NULL, task TEXT NOT NULL, mode TEXT NOT NULL, precision TEXT NOT NULL,
        threads INTEGER NOT NULL, p50_ms REAL, speedup REAL, note TEXT NOT NULL, words TEXT NOT NULL)""",
    "CREATE INDEX entry_began ON entry (began_s, number)",
    "CREATE INDEX entry_running ON entry (status) WHERE status = 'running'",
    # Apart from the entries, so that listing them reads little.
    """CREATE TABLE content (
        number INTEGER PRIMARY KEY REFERENCES entry ON DELETE CASCADE, told BLOB NOT NULL)""",
    """CREATE TABLE samples (
        number INTEGER NOT NULL REFERENCES entry ON DELETE CASCADE, cell INTEGER NOT NULL, ms BLOB NOT NULL,
        PRIMARY KEY (number, cell)) WITHOUT ROWID""",
)
_FULL, _CORRUPT, _NO_DATABASE, _IO = 13, 11, 26, 10

log = logging.getLogger(__name__)
Found = TypeVar("Found")
Deed = Callable[[sqlite3.Connection], Found]
Tell = Callable[[str], None]


class _Damaged(Exception):
    """What lies there is no history that can be read."""


def read(deed: Deed[Found], tell: Tell = log.warning) -> Found:
    """The value of ``deed``. ``tell`` hears a sentence where a damaged file was set aside.

    Raises DiskFull, DataFolder.
    """
    return _done(deed, tell)


def write(deed: Deed[Found], tell: Tell = log.warning) -> Found:
    """As ``read``, in one transaction: all of it or nothing."""

    def whole(connection: sqlite3.Connection) -> Found:
        connection.execute("BEGIN IMMEDIATE")
        try:
            found = deed(connection)
            connection.execute("COMMIT")
        except BaseException:
            with contextlib.suppress(sqlite3.Error):  # a full disk has ended the transaction already
                connection.execute("ROLLBACK")
            raise
        return found

    return _done(whole, tell)


def place() -> Path:
    """Where it lies. Raises DataFolder."""
    return folders.part("history") / "history.sqlite"


def _done(deed: Deed[Found], tell: Tell) -> Found:
    file = place()
    try:
        return _once(file, deed)
    except _Damaged:
        pass
    try:
        return _once(file, deed)  # another program may have set it aside meanwhile
    except _Damaged:
        tell(f"The history was damaged, so a new one was begun. The old one is kept as {_set_aside(file).name}.")
    try:
        return _once(file, deed)
    except _Damaged as error:
        raise DataFolder(f"The history in {file.parent} cannot be read.", details=str(error)) from error


def _once(file: Path, deed: Deed[Found]) -> Found:
    with _translated(file), contextlib.closing(sqlite3.connect(file, timeout=BUSY_S, isolation_level=None)) as made:
        _prepare(made, file)
        return deed(made)


def _prepare(connection: sqlite3.Connection, file: Path) -> None:
    for pragma in ("foreign_keys = ON", "secure_delete = ON", "synchronous = NORMAL"):
        connection.execute(f"PRAGMA {pragma}")
    if _schema(connection) == 0:
        with contextlib.suppress(sqlite3.OperationalError):  # two at once: the other has done it
            if not connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]:
                connection.execute("PRAGMA auto_vacuum = INCREMENTAL")
                connection.execute("PRAGMA journal_mode = WAL")
        _make(connection)
    if _schema(connection) > SCHEMA:
        raise DataFolder(
            f"The history in {file.parent} was written by a newer Fastpath.",
            "Use that one, or move the file away; it is left as it is.",
        )
    if _number(connection, "application_id") != APPLICATION:
        raise _Damaged("it is a database of another program")


def _make(connection: sqlite3.Connection) -> None:
    connection.execute("BEGIN IMMEDIATE")
    tables = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
    if _schema(connection) == 0 and not tables:
        for table in _TABLES:
            connection.execute(table)
        connection.execute(f"PRAGMA application_id = {APPLICATION}")
        connection.execute(f"PRAGMA user_version = {SCHEMA}")
    connection.execute("COMMIT")


def _schema(connection: sqlite3.Connection) -> int:
    return _number(connection, "user_version")


def _number(connection: sqlite3.Connection, pragma: str) -> int:
    return int(connection.execute(f"PRAGMA {pragma}").fetchone()[0])


@contextlib.contextmanager
def _translated(file: Path) -> Iterator[None]:
    try:
        yield
    except sqlite3.Error as error:
        code = getattr(error, "sqlite_errorcode", 0) & 0xFF
        if code in (_CORRUPT, _NO_DATABASE):
            raise _Damaged(str(error)) from error
        if code == _FULL or (code == _IO and _is_full(file.parent)):
            raise DiskFull(f"There is no room left in {file.parent}.", details=str(error)) from error
        if isinstance(error, sqlite3.OperationalError):
            raise DataFolder(f"The history in {file.parent} cannot be used.", details=str(error)) from error
        raise


def _is_full(folder: Path) -> bool:
    try:
        return shutil.disk_usage(folder).free < NO_ROOM_BYTES
    except OSError:
        return False


def _set_aside(file: Path) -> Path:
    """Moves the file with its log; nothing is lost that somebody may want to rescue. Raises DataFolder."""
    stem = f"history.set-aside-{time.strftime('%Y%m%d-%H%M%S')}"
    aside = next(name for number in range(1_000) if not (name := file.with_name(_numbered(stem, number))).exists())
    try:
        for tail in ("-wal", "-shm", ""):
            if (part := Path(f"{file}{tail}")).exists():
                part.replace(f"{aside}{tail}")
    except OSError as error:
        raise DataFolder(f"The history in {file.parent} is damaged and cannot be moved.", details=str(error)) from error
    return aside


def _numbered(stem: str, number: int) -> str:
    return f"{stem}-{number}.sqlite" if number else f"{stem}.sqlite"
