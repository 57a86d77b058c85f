"""A cell as a short Python program with the public libraries alone: the same model, inputs, technique and threads."""

import contextlib
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from engine.all_tasks import TASKS
from engine.models import calibration, look
from engine.models.facts import ModelFacts
from engine.report import figures, recipes, texts
from engine.wire.comparison import CellResult, Comparison
from engine.wire.errors import BadInput, FastpathError

_SNAPSHOT = re.compile(r"models--(?P<owner>[\w.-]+?)--(?P<name>[\w.-]+)/snapshots/(?P<commit>[0-9a-f]{40})/?$")
"""How the Hub's cache names the folder of a model at a commit."""

_HUB_ID = re.compile(r"[\w.-]+/[\w.-]+")
_CALIBRATION_TEXTS = 32
_CAPS = {
    "avx2": "AVX2",
    "avx512": "AVX512_CORE",
    "vnni": "AVX512_CORE_VNNI",
    "bf16": "AVX512_CORE_BF16",
    "amx": "AVX512_CORE_AMX",
}
"""oneDNN's names (ONEDNN_MAX_CPU_ISA)."""

_BASELINE_WAITS = "Of the cell OpenMP's threads wait in the way that was fastest here, of this script briefly."
_CUT_BATCH = "Where inputs are of unlike lengths Fastpath may cut a batch into groups; this script pads it whole."


def write(comparison: Comparison, number: int) -> tuple[str, str]:
    """The program, and in what it differs from the cell (empty where it does not). Raises BadInput."""
    if not 0 <= number < len(comparison.cells):
        raise BadInput(f"The comparison has no cell {number}.", "Pick one of its cells.")
    cell = comparison.cells[number]
    if cell.status in ("unavailable", "not applicable", "failed"):
        raise BadInput(f"{figures.name(cell)} did not run: {cell.reason}", "Pick a cell that has figures.")
    facts = _facts(comparison)
    if facts and facts.weights == "ONNX":
        what = f"{texts.line(comparison.model.get('name'))} is an ONNX graph without weights for PyTorch"
        raise BadInput(f"There is no script for it: {what}.", "Take a version of the model in the safetensors format.")
    suffix = TASKS[comparison.task].auto_class if comparison.task in TASKS else "FeatureExtraction"
    family = facts.model_type if facts else str(comparison.model.get("family") or "")
    recipe = recipes.recipe(cell, recipes.Model(suffix, family))
    if recipe is None:
        raise BadInput(f"There is no script for {figures.name(cell)}.", "Pick another cell.")
    return _text(comparison, cell, recipe, facts), _note(cell, recipe)


def _note(cell: CellResult, recipe: recipes.Recipe) -> str:
    parts = [recipe.note]
    if cell.verdict == "baseline":
        parts.append(_BASELINE_WAITS)
    if cell.batch > 1:
        parts.append(_CUT_BATCH)
    return " ".join(part.strip() for part in parts if part)


def _facts(comparison: Comparison) -> ModelFacts | None:
    """What the model's files tell; None where the folder is gone."""
    with contextlib.suppress(FastpathError, OSError, ValueError):
        return look.look(Path(str(comparison.model.get("folder"))), bool(comparison.asked.get("allow_pickle")))
    return None


def _text(comparison: Comparison, cell: CellResult, recipe: recipes.Recipe, facts: ModelFacts | None) -> str:
    model, revision = _model(comparison.model)
    given = texts.given(comparison.task, _inputs(comparison, cell), facts.max_tokens if facts else 0)
    constants = {} if given.second is None else {"SECOND": given.second}
    if recipe.calibrates:
        constants["CALIBRATION"] = _calibration(comparison)
    return recipes.filled(
        "frame",
        header=_header(comparison, cell),
        needs=" ".join(_pinned(name, comparison.environment) for name in recipe.needs),
        environment=_environment(cell),
        standard="\n".join(sorted(("import time", *recipe.standard), key=_order)),
        libraries="\n".join(sorted(("import torch", *recipe.libraries), key=_order)),
        classes=", ".join(sorted({*recipe.classes, "AutoTokenizer"})),
        model=ascii(model),
        revision=ascii(revision),
        tokenizer=ascii(str(comparison.asked.get("tokenizer") or "") or model),
        threads=str(max(cell.threads, 1)),
        first=texts.literal(given.first),
        constants="".join(f"{name} = {texts.literal(value)}\n" for name, value in constants.items()),
        texts=given.code,
        body=f"{recipe.body.strip()}\n",
    )


def _order(line: str) -> tuple[bool, str]:
    """``import`` before ``from``."""
    return line.startswith("from"), line


def _header(comparison: Comparison, cell: CellResult) -> str:
    """Comments: what it does, and what was measured."""
    told = [
        f"{figures.name(cell)}, {figures.settings(cell)}",
        f"{texts.line(comparison.model.get('name'))}, {figures.task_title(comparison.task)}",
    ]
    if cell.p50_ms is not None:
        told.append(
            f"Measured by Fastpath: median {figures.ms(cell.p50_ms)} of {cell.n} calls on "
            f"{texts.line(comparison.environment.get('cpu') or 'this computer')}"
        )
    return "\n".join(f"# {texts.line(one)}." for one in told)


def _environment(cell: CellResult) -> str:
    """What every cell of Fastpath runs with."""
    count = str(max(cell.threads, 1))
    values = {"OMP_NUM_THREADS": count, "MKL_NUM_THREADS": count, "GOMP_SPINCOUNT": "1000"}
    if cell.isa_cap in _CAPS:
        values["ONEDNN_MAX_CPU_ISA"] = _CAPS[cell.isa_cap]
    if cell.isa_cap == "avx2":
        values["ATEN_CPU_CAPABILITY"] = "avx2"
    values["TOKENIZERS_PARALLELISM"] = "false"
    return ", ".join(f'{name}="{value}"' for name, value in values.items())


def _model(model: Mapping[str, Any]) -> tuple[str, str | None]:
    """The Hub's id with a commit where the model came from there, so that it runs elsewhere too; else the folder."""
    folder, ref, commit = (str(model.get(name) or "") for name in ("folder", "ref", "commit"))
    if found := _SNAPSHOT.search(Path(folder).as_posix()):
        return f"{found['owner']}/{found['name']}", found["commit"]
    return (ref, commit) if commit and _HUB_ID.fullmatch(ref) else (folder, None)


def _inputs(comparison: Comparison, cell: CellResult) -> Sequence[Mapping[str, Any]]:
    """Of the call that was timed; the task's example where they are not kept."""
    asked = [one for one in comparison.asked.get("inputs") or () if isinstance(one, Mapping)]
    if not asked and comparison.task in TASKS:
        asked = [TASKS[comparison.task].card.example]
    return asked[: cell.batch]


def _calibration(comparison: Comparison) -> list[str]:
    """Some of the texts that it was calibrated on, evenly over all."""
    every = calibration.bundled("calibrate")
    if own := str(comparison.asked.get("calibration") or ""):
        with contextlib.suppress(FastpathError):
            every = calibration.own(own)
    return list(every[:: -(-len(every) // _CALIBRATION_TEXTS)])


def _pinned(package: str, environment: Mapping[str, Any]) -> str:
    """With the version that was measured, without what only names a build (+cpu)."""
    version = (environment.get("versions") or {}).get(package)
    return f"{package}=={texts.line(version).partition('+')[0]}" if version and "=" not in package else package
