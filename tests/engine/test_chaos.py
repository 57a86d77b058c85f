"""Engine, desk and window are killed at random moments: nothing hangs, nothing is left, the next run is right.

``FASTPATH_CHAOS=100`` kills a hundred times, ``FASTPATH_CHAOS_SEED=n`` repeats a run; the seed is printed.
"""

import contextlib
import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from engine import folders
from engine.wire.messages import Answer, Describe, Failed, Finished, Ready
from tests.talk import Talk, gone_within, only, talking

KILLS = int(os.environ.get("FASTPATH_CHAOS", "20"))
SEED = int(os.environ.get("FASTPATH_CHAOS_SEED", str(random.SystemRandom().randrange(10**6))))
MODES = ("eager", "torchscript", "onnx-runtime")
FIELDS = {"inputs": "The cat sat on the mat."}
ROOT = Path(__file__).parents[2]
ENDS_WITHIN_S = 30


def newest_pid(talk: Talk, role: str) -> int:
    return [event.pid for event in talk.heard if isinstance(event, Ready) and event.role == role][-1]


def only_whole_artefacts(home: Path) -> None:
    for place in (home / "artefacts").glob("*"):
        if place.is_dir() and ".part" not in place.name:
            assert list(place.glob("manifest.json")), place


@pytest.mark.slow
def test_random_kills_of_engine_and_desk(own_home: Path, tiny: Callable[[str, str], Path]) -> None:
    chance = random.Random(SEED)
    print(f"chaos seed {SEED}")
    folder = tiny("bert", "SequenceClassification")
    with talking() as talk:
        expected = only(talk.run(folder, "text-classification", "eager", FIELDS, calls=3), Answer).result.value
        for _ in range(KILLS - KILLS // 5):
            role = chance.choice(("work", "work", "work", "desk"))
            name = talk.send(folder, "text-classification", chance.choice(MODES), FIELDS, calls=chance.choice((0, 20)))
            talk.client.send(Describe(id=f"d-{name}", ref=str(folder)))
            pause_s = chance.choice((0.0, 0.05, 0.3, 1.0, 3.0)) * chance.random()
            with contextlib.suppress(AssertionError):
                talk.until(lambda event: False, pause_s)
            with contextlib.suppress(ProcessLookupError):
                os.kill(newest_pid(talk, role), signal.SIGKILL)
            time.sleep(0.05)
            talk.client.stop(name)
            for request in (name, f"d-{name}"):
                talk.end(request, ENDS_WITHIN_S)
                assert sum(isinstance(event, Finished | Failed) for event in talk.of(request)) == 1
        talk.client.send(Describe(id="last", ref=str(folder)))
        assert isinstance(talk.end("last"), Finished)
        answer = only(talk.run(folder, "text-classification", "eager", FIELDS, calls=3), Answer).result.value
        assert json.dumps(answer) == json.dumps(expected)
        exported = talk.run(folder, "text-classification", "onnx-runtime", FIELDS, calls=3, check="always")
        report = only(exported, Finished).report
        assert report is not None
        assert report.agreement is not None
        assert report.agreement.verdict == "identical"
    assert gone_within(own_home, 2) == []
    only_whole_artefacts(folders.home())


@pytest.mark.slow
def test_random_kills_of_the_window(own_home: Path) -> None:
    chance = random.Random(SEED)
    print(f"chaos seed {SEED}")
    environment = {**os.environ, "QT_QPA_PLATFORM": "offscreen"}
    for _ in range(max(1, KILLS // 5)):
        with subprocess.Popen([sys.executable, "-m", "gui"], cwd=ROOT, env=environment) as window:
            time.sleep(0.3 + 4 * chance.random())
            assert window.poll() is None
            window.kill()
        assert gone_within(own_home, 2) == []
    for file in own_home.glob("*.json"):
        json.loads(file.read_text())
