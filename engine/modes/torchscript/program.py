"""The model as a TorchScript program in one file, which libtorch runs without Python.

It takes int64 tensors [batch, tokens] by position and gives float32 tensors as a tuple, for any batch and any length
that the model takes. What they are is written in the archive's extra file ``fastpath.json``.
"""

import io
import json
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, BinaryIO

from engine.mode import Job, refusing, tensors, tracing_quietly
from engine.models.facts import ModelFacts
from engine.models.tensors import Inputs, Outputs
from engine.modes.torchscript.alike import alike
from engine.ragged.parts import TOKEN_OUTPUTS
from engine.wire.errors import NotForThisModel

ABOUT = "fastpath.json"
HOW = (
    "C++ opens it with torch::jit::load and Python with torch.jit.load; its extra file fastpath.json names the inputs, "
    "in the order in which they are given, and the outputs."
)
_ORDER = ("input_ids", "attention_mask", "token_type_ids")


def program_of(job: Job, model: Any) -> BinaryIO:
    """The file's content, in memory, once the program answers as the model at several lengths.

    Raises NotForThisModel.
    """
    import torch

    names = [name for name in _ORDER if name == "attention_mask" or name in job.sample]
    sample = {name: job.sample.get(name, torch.ones_like(job.sample["input_ids"])) for name in names}
    with torch.no_grad(), refusing("TorchScript", job.facts):
        outputs = list(tensors(model(**sample)))
        program = _recorded(model, sample, outputs)
        for inputs in (sample, *_others(sample, job.facts)):
            _require_alike(job, model, program, inputs, outputs)
    return _content(program, json.dumps(_about(job, names, outputs), indent=1))


def _content(program: Any, about: str) -> BinaryIO:
    """Not straight to a disk: one that is full ends the process (an exception leaves a destructor of PyTorch's).

    By way of a file in memory where the system has them: PyTorch's own buffer takes the weights three times more.
    """
    import torch

    has_files = hasattr(os, "memfd_create") and Path("/proc/self/fd").exists()
    content: BinaryIO = os.fdopen(os.memfd_create("program"), "w+b") if has_files else io.BytesIO()
    with tracing_quietly():
        place = f"/proc/self/fd/{content.fileno()}" if has_files else content
        torch.jit.save(program, place, _extra_files={ABOUT: about})
    content.seek(0)
    return content


def _recorded(model: Any, sample: Inputs, outputs: Sequence[str]) -> Any:
    import torch

    class Positional(torch.nn.Module):  # type: ignore[misc]
        """Without names: a dictionary of them is more to unpack in C++."""

        def __init__(self) -> None:
            super().__init__()
            self.model = model

        def forward(self, *given: Any) -> Any:
            found = self.model(**dict(zip(sample, given, strict=True)))
            return tuple(found[name].float() for name in outputs)

    with tracing_quietly():
        trace = torch.jit.trace(Positional().eval(), tuple(sample.values()), strict=False, check_trace=False)
        return torch.jit.freeze(trace)


def _others(sample: Inputs, facts: ModelFacts) -> list[dict[str, Any]]:
    """The sample cut short; and two rows, the longer one about twice as long, the other padded."""
    import torch

    tokens = sample["input_ids"].shape[1]
    longest = min(2 * tokens + 1, facts.max_tokens or 512)
    long = {name: torch.cat([value, value, value], 1)[:1, :longest].repeat(2, 1) for name, value in sample.items()}
    long["attention_mask"] = torch.ones_like(long["input_ids"])
    long["attention_mask"][1, max(1, longest // 3) :] = 0
    return [{name: value[:1, : max(1, tokens // 2)] for name, value in sample.items()}, long]


def _require_alike(job: Job, model: Any, program: Any, inputs: Inputs, names: Sequence[str]) -> None:
    expected = tensors(model(**inputs))
    got: Outputs = dict(zip(names, program(*inputs.values()), strict=True))
    token_outputs = TOKEN_OUTPUTS.get(job.auto_class, ())
    if not alike(job.precision, expected, got, inputs["attention_mask"], token_outputs):
        shape = " x ".join(str(size) for size in inputs["input_ids"].shape)
        raise NotForThisModel(
            f"The traced graph of {job.facts.folder.name} answers differently from the model, for {shape} tokens."
        )


def _about(job: Job, names: Sequence[str], outputs: Sequence[str]) -> Mapping[str, Any]:
    import torch

    config = job.facts.config
    return {
        "schema": 1,
        "model": job.facts.folder.name,
        "architecture": job.facts.architecture,
        "head": job.auto_class,
        "precision": job.precision,
        "torch": torch.__version__,
        "inputs": [{"name": name, "dtype": "int64", "shape": ["batch", "tokens"]} for name in names],
        "outputs": [{"name": name, "dtype": "float32"} for name in outputs],
        "max_tokens": job.facts.max_tokens,
        "pad_token_id": config.get("pad_token_id"),
        "id2label": config.get("id2label") or {},
    }
