"""Times of stages are kept between runs, and never stand in the way of one."""

import logging
from pathlib import Path

import pytest

from engine.store import times


def test_the_last_time_of_a_stage_is_remembered(own_home: Path):
    assert times.last_stage("run", "prepare") is None

    times.remember_stage("run", "load", 0.5)
    times.remember_stage("run", "prepare", 40.0)
    times.remember_stage("run", "prepare", 41.2345)

    assert times.last_stage("run", "prepare") == 41.234
    assert times.last_stage("run", "load") == 0.5
    assert times.last_stage("other run", "prepare") is None


@pytest.mark.parametrize("content", [b"", b"{", b"[1]", b'{"prepare": "long"}'])
def test_a_damaged_file_counts_as_not_known_and_is_replaced(own_home: Path, content: bytes):
    times.remember_stage("run", "prepare", 1.0)
    next((own_home / "times").iterdir()).write_bytes(content)

    assert times.last_stage("run", "prepare") is None
    times.remember_stage("run", "prepare", 2.0)
    assert times.last_stage("run", "prepare") == 2.0


def test_a_time_that_cannot_be_written_is_logged(
    own_home: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
):
    def full(self: Path, content: bytes) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full)
    monkeypatch.setattr(times.log, "disabled", False)  # libraries that other tests import may switch logs off
    with caplog.at_level(logging.WARNING, logger=times.log.name):
        times.remember_stage("run", "prepare", 1.0)

    assert "could not be kept" in caplog.text
