"""One mode measured in a process of its own, with the environment that a run has."""

import dataclasses
import json
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from engine.all_modes import MODES
from engine.runtimes.command import engine_command, environment
from engine.wire.errors import FastpathError
from tests.bench.choice import Choice
from tests.bench.figures import LEAST_COSINE
from tests.bench.one_mode import Spec
from tests.bench.shapes import model

ROOT = Path(__file__).parents[2]
LONGEST_S = 3600


def measure(spec: Spec, home: Path, passive: bool = False, variables: dict[str, str] | None = None) -> dict[str, Any]:
    """What ``tests.bench.one_mode`` found, or why a precision was refused: the reasons go to stderr too.

    ``home``: the data folder, where exported models stay from one call to the next. ``variables`` come on top of what
    a run's environment has, an empty one takes away; ``passive``: see ``Choice``.
    """
    try:
        document = _spoken(spec, home, passive, variables or {})
    except FastpathError as error:
        document = _refused(spec, error.what_happened)
    except subprocess.CalledProcessError as error:
        document = _refused(spec, "\n".join(error.stderr.decode(errors="replace").splitlines()[-5:]))
    except subprocess.TimeoutExpired:
        document = _refused(spec, f"It took more than {LONGEST_S} s.")
    for precision, reason in document["refused"].items():
        sys.stderr.write(f"  {spec.mode} {precision}: {reason}\n")
    return document


def agreements(choice: Choice, home: Path) -> dict[tuple[str, str], dict[str, Any]]:
    """Cosine and verdict of each mode and precision on real texts, by the starter: random weights cannot tell."""
    found: dict[tuple[str, str], dict[str, Any]] = {}
    for mode, precisions in choice.cells():
        spec = Spec(mode, precisions, str(model("minilm", home)), threads=1, agreement=True)
        told = measure(spec, home).get("agreement", {})
        found |= {(mode, precision): agreement for precision, agreement in told.items()}
    return found


def counts(agreement: dict[str, Any] | None, least: float = LEAST_COSINE) -> bool:
    """Whether the speed of a cell counts: its answers on real texts are those of full precision."""
    return agreement is not None and agreement["verdict"] != "different answers" and agreement["cosine"] >= least


def modes_of_this_machine(choice: Choice) -> Sequence[tuple[str, tuple[str, ...]]]:
    """The cells of modes that can run here; a line on stderr for each that cannot."""
    found = []
    for mode, precisions in choice.cells():
        missing = MODES[mode].available()
        if missing:
            sys.stderr.write(f"  {mode}: {missing.reason}\n")
        else:
            found.append((mode, precisions))
    return found


def _spoken(spec: Spec, home: Path, passive: bool, variables: dict[str, str]) -> dict[str, Any]:
    surroundings = environment("work", spec.threads, {**os.environ, "FASTPATH_HOME": str(home)})
    if passive:
        del surroundings["GOMP_SPINCOUNT"]
        surroundings["OMP_WAIT_POLICY"] = "PASSIVE"
    interpreter = engine_command("work", MODES[spec.mode].card.runtime)[0]
    words = [interpreter, "-m", "tests.bench.one_mode", json.dumps(dataclasses.asdict(spec))]
    given = surroundings | variables | {"TORCHINDUCTOR_CACHE_DIR": str(home / "inductor")}
    given = {name: value for name, value in given.items() if value}
    done = subprocess.run(words, cwd=ROOT, env=given, check=True, capture_output=True, timeout=LONGEST_S)
    document: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return document


def _refused(spec: Spec, reason: str) -> dict[str, Any]:
    return {"refused": dict.fromkeys(spec.precisions, reason), "ms": {}}
