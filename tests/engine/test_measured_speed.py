"""What this machine reaches, through a real work process: told, kept, in the catalogue and in evidence; stopped."""

import time
from pathlib import Path

import pytest

from engine.wire.messages import Failed, Finished, MeasurePeaks, PeaksTold, Stage
from tests.engine.cli.test_commands import document, fastpath
from tests.talk import SIMILARITY, Talk, only, talking


def measured(talk: Talk, name: str, *, anew: bool = False) -> PeaksTold:
    talk.client.send(MeasurePeaks(id=name, threads=1, anew=anew))
    assert isinstance(talk.end(name), Finished)
    return only(talk.of(name), PeaksTold)


@pytest.mark.slow
def test_measured_once_then_known_to_runs_the_catalogue_and_the_command_line(
    own_home: Path, starter_folder: Path
) -> None:
    with talking(threads=1) as talk:
        told = measured(talk, "first").peaks
        stages = [event.stage for event in talk.of("first") if isinstance(event, Stage)]
        more = {"threads": 1, "calls": 3, "explain": True}
        events = talk.run(starter_folder, "sentence-similarity", "eager", SIMILARITY, **more)
    assert stages[-2:] == ["measuring", "measuring"]
    assert told.threads == 1
    assert told.gflops["fp32"] > 1
    in_run = only(events, PeaksTold).peaks
    evidence = only(events, Finished).report.evidence  # type: ignore[union-attr]
    assert evidence is not None
    assert evidence.peak_bandwidth_gb_s == in_run.bandwidth_gb_s >= told.bandwidth_gb_s
    assert evidence.flops is not None
    assert evidence.bytes is not None
    assert 42_000_000 < evidence.bytes < 45_000_000  # 10.6 million weights of the products in fp32, and little besides

    (kept,) = document("cpu")["peaks"]
    assert kept["threads"] == 1
    assert kept["bandwidth_gb_s"] == in_run.bandwidth_gb_s
    assert "Measured with 1 thread: " in fastpath("cpu")


@pytest.mark.slow
def test_stop_ends_it_within_a_second_and_keeps_nothing(own_home: Path) -> None:
    with talking(threads=1) as talk:
        talk.client.send(MeasurePeaks(id="one", threads=1))
        talk.until(lambda event: isinstance(event, Stage) and event.stage == "measuring")
        stopped_at = time.monotonic()
        talk.client.stop("one")
        last = talk.end("one", 30)
        assert time.monotonic() - stopped_at < 2
        assert isinstance(last, Failed)
        assert last.failure.code == "Stopped"
        assert list((own_home / "times").glob("peaks-*.json")) == []
        assert measured(talk, "two").peaks.gflops["fp32"] > 1
