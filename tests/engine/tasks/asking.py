"""A task asked through its own functions and an eager model, and the same through Transformers' pipeline."""

from pathlib import Path
from typing import Any

import torch
import transformers
from torch import Tensor

from engine.all_tasks import TASKS
from engine.models.look import look
from engine.task import Encoded, check_outputs
from engine.wire.values import Result

TEXTS = (
    "John lives in Paris, near the river; Maria works in London.",
    "A cat sat on the mat!\n\tIt isn't \"new\", they've said - it's the dog's (old) bed...",
    "Père Noël 😀👩‍👩‍👧 loves naïve cafés in Zürich 🎉.",
    "東京 is a city; 我爱北京 and São Paulo, ﬁne ① ½.",
    "שלום John, مرحبا Maria: we live in Berlin.",
    "unbelievablyextraordinarywords and  double   spaces",
)


def encoded(task_id: str, folder: Path, fields: dict[str, Any]) -> Encoded:
    task = TASKS[task_id]
    return task.encode(task.open(look(folder), ""), fields)


def model_of(task_id: str, folder: Path) -> Any:
    suffix = TASKS[task_id].auto_class
    name = "AutoModel" if suffix == "FeatureExtraction" else f"AutoModelFor{suffix}"
    return getattr(transformers, name).from_pretrained(folder).eval()


def asked(task_id: str, folder: Path, fields: dict[str, Any]) -> tuple[Encoded, list[Any], Result]:
    task = TASKS[task_id]
    reader = task.open(look(folder), "")
    made = task.encode(reader, fields)
    model = model_of(task_id, folder)
    with torch.inference_mode():
        outputs = [model(**batch) for batch in made.batches]
    for out, batch in zip(outputs, made.batches, strict=True):
        check_outputs(out, batch)
        check_inputs(batch)
    return made, outputs, task.decode(reader, made, outputs)


def answer(task_id: str, folder: Path, fields: dict[str, Any]) -> Any:
    return asked(task_id, folder, fields)[2].value


def check_inputs(batch: Any) -> None:
    assert {"input_ids", "attention_mask"} <= set(batch)
    for value in batch.values():
        assert isinstance(value, Tensor)
        assert (value.dtype, value.device.type, value.shape) == (torch.int64, "cpu", batch["input_ids"].shape)
    assert int(batch["attention_mask"].sum(dim=1).max()) == batch["input_ids"].shape[1]


def pipeline(task_id: str, folder: Path, **settings: Any) -> Any:
    tokenizer = transformers.AutoTokenizer.from_pretrained(folder)
    return transformers.pipeline(
        task_id, model=model_of(task_id, folder), tokenizer=tokenizer, device="cpu", **settings
    )
