"""Saving through the desk: whole files, or a failure and nothing."""

import errno
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from engine import report
from engine.wire.errors import BadInput, DiskFull
from engine.wire.messages import Failed, Finished, Reported, SaveReport, Script, WriteScript
from tests.engine.report import made
from tests.talk import Talk, only, talking


@pytest.fixture(scope="module")
def talk() -> Iterator[Talk]:
    with talking() as talk:
        yield talk


@pytest.mark.parametrize(("form", "begins"), [("html", b"<!DOCTYPE html>"), ("csv", b"model,task"), ("json", b"{")])
def test_the_desk_writes_each_form(talk: Talk, tmp_path: Path, form: Any, begins: bytes) -> None:
    target = tmp_path / f"report.{form}"
    target.write_bytes(b"what was there before")
    talk.client.send(SaveReport(id=form, comparison=made.usual(), form=form, target=str(target)))

    assert isinstance(talk.end(form), Finished)
    assert only(talk.of(form), Reported).path == str(target)
    assert target.read_bytes().startswith(begins)
    assert target.read_bytes() == report.content(made.usual(), form)
    assert list(tmp_path.iterdir()) == [target]


def test_the_desk_writes_a_script(talk: Talk) -> None:
    talk.client.send(WriteScript(id="s", comparison=made.usual(), number=0))

    assert isinstance(talk.end("s"), Finished)
    assert "median of" in only(talk.of("s"), Script).text


@pytest.mark.parametrize("place", ["no/such/folder/report.html", ".", "a\0b.html"])
def test_a_place_that_cannot_be_written_is_told(talk: Talk, tmp_path: Path, place: str) -> None:
    name = f"bad {place!a}"
    talk.client.send(SaveReport(id=name, comparison=made.usual(), form="html", target=f"{tmp_path}/{place}"))
    last = talk.end(name)

    assert isinstance(last, Failed)
    assert last.failure.code == "BadInput"
    assert "cannot be written" in last.failure.what_happened
    assert list(tmp_path.iterdir()) == []


def test_a_relative_path_is_refused() -> None:
    with pytest.raises(BadInput):
        report.save(SaveReport(id="r", comparison=made.usual(), form="csv", target="report.csv"))


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="needs a folder that is closed to this user")
def test_a_closed_folder_is_told(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(BadInput, match="cannot be written"):
        report.save(SaveReport(id="c", comparison=made.usual(), form="csv", target=str(tmp_path / "report.csv")))


@pytest.mark.parametrize(("number", "failure"), [(errno.ENOSPC, DiskFull), (errno.EACCES, BadInput)])
def test_a_failed_write_leaves_the_former_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int, failure: type[Exception]
) -> None:
    target = tmp_path / "report.html"
    target.write_bytes(b"before")
    whole = Path.write_bytes

    def half(self: Path, content: bytes) -> int:
        whole(self, content[:100])
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(Path, "write_bytes", half)
    with pytest.raises(failure):
        report.save(SaveReport(id="f", comparison=made.usual(), form="html", target=str(target)))
    assert target.read_bytes() == b"before"
    assert list(tmp_path.iterdir()) == [target]
