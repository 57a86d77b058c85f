"""The role ``reference``: plain PyTorch (eager, fp32) of the main runtime, for a run that happens in another runtime.

There, another PyTorch's eager is no reference, and one whose operators a library has replaced even less. ``work`` of
that runtime starts this one in its own process group, so that it ends with it; see ``engine.run.elsewhere``. One line
asks for a model, each further line names a file of inputs and is answered by a file of outputs.
"""

import contextlib
import os
import time
from pathlib import Path

import msgspec

from engine.mode import attention_of, tensors
from engine.models.arrays import arrays
from engine.models.load import load_eager
from engine.models.look import look
from engine.run.elsewhere import Asked, Told, Wanted
from engine.wire.channel import Channel, LineTooLong
from engine.wire.errors import failure_of


def serve(channel: Channel) -> None:
    """Until the other end is closed."""
    import torch

    torch.set_num_threads(int(os.environ.get("OMP_NUM_THREADS", "1")))
    model = None
    with contextlib.suppress(OSError, LineTooLong):
        while (lines := channel.read_lines()) is not None:
            for line in lines:
                try:
                    if model is None:
                        wanted = msgspec.json.decode(line, type=Wanted)
                        facts = look(Path(wanted.folder), wanted.allow_pickle)
                        model = load_eager(facts, wanted.auto_class, attention_of(facts))
                        told = Told()
                    else:
                        told = _answered(model, msgspec.json.decode(line, type=Asked))
                except Exception as error:  # noqa: BLE001 - whatever a library raises, the other end must hear of it
                    told = Told(failure=failure_of(error))
                channel.send(msgspec.json.encode(told) + b"\n")


def _answered(model: object, asked: Asked) -> Told:
    import numpy
    import torch

    assert callable(model)
    with numpy.load(asked.inputs, allow_pickle=False) as found:
        inputs = {name: torch.from_numpy(found[name]) for name in found.files}
    began = time.perf_counter_ns()
    with torch.inference_mode():
        outputs = tensors(model(**inputs))
    took_ns = time.perf_counter_ns() - began
    numpy.savez(asked.outputs, allow_pickle=False, **arrays(outputs))
    return Told(took_ns=took_ns)
