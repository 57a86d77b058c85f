"""What makes a folder a sentence model: how token vectors become one vector."""

import dataclasses
from pathlib import Path, PurePosixPath

from engine.models import safe
from engine.wire.errors import ModelBroken


@dataclasses.dataclass(frozen=True, slots=True)
class Sentence:
    """``known``: True for a sentence model of a sort that runs here, False for no sentence model, None for a
    sentence model with steps that do not run here (another pooling, a dense layer).
    """

    known: bool | None = False
    pooling: str = ""
    normalize: bool = False
    max_tokens: int = 0


_STEPS = ("Transformer", "Pooling", "Normalize")


def read(folder: Path) -> Sentence:
    """Reads modules.json, or where it is missing 1_Pooling. Raises ModelBroken."""
    steps = _steps(folder)
    if "Pooling" not in steps:
        return Sentence(known=None if steps else False)
    pooling = _pooling(folder / steps["Pooling"] / "config.json")
    limits = safe.read_object(folder / steps.get("Transformer", "") / "sentence_bert_config.json")
    limit = limits.get("max_seq_length")
    return Sentence(
        known=True if pooling and all(step in _STEPS for step in steps) else None,
        pooling=pooling,
        normalize="Normalize" in steps,
        max_tokens=limit if isinstance(limit, int) else 0,
    )


def _steps(folder: Path) -> dict[str, str]:
    """Kinds of the steps ("Pooling" of "sentence_transformers.models.Pooling") with their folders."""
    file = folder / "modules.json"
    if not file.is_file():
        return {"Pooling": "1_Pooling"} if (folder / "1_Pooling" / "config.json").is_file() else {}
    steps = {}
    listed = safe.read_json(file)
    for step in listed if isinstance(listed, list) else [None]:
        if not isinstance(step, dict) or not isinstance(step.get("type"), str):
            raise ModelBroken(f"The file modules.json of {folder.name} is not what its name says.")
        place = step.get("path", "")
        if not isinstance(place, str) or PurePosixPath(place).is_absolute() or ".." in place or "\\" in place:
            raise ModelBroken(f"The file modules.json of {folder.name} points outside of the model's folder.")
        steps[step["type"].rpartition(".")[2]] = place
    return steps


def _pooling(file: Path) -> str:
    config = safe.read_object(file)
    chosen = {name for name, value in config.items() if name.startswith("pooling_mode_") and value is True}
    if chosen == {"pooling_mode_mean_tokens"} or config.get("pooling_mode") == "mean":
        return "mean"
    if chosen == {"pooling_mode_cls_token"} or config.get("pooling_mode") == "cls":
        return "cls"
    return ""
