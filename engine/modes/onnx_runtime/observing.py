"""What goes through an fp32 graph on real texts: the activations before its products, and its answers."""

import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine.models.onnx_data import outputs, require_inside
from engine.models.tensors import Inputs
from engine.modes.onnx_runtime.smoothing import Seen

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Array = NDArray[np.float32]

_KEPT_TEXTS = 8
"""Their rows serve to measure errors; ranges are over all texts."""


def observe(
    graph: Path, names: Sequence[str], batches: Sequence[Inputs], work: Path, threads: int
) -> tuple[dict[str, Seen], list[list["Array"]]]:
    """The activations ``names`` of ``graph`` on ``batches``, and its answers to each, in plain fp32. ``work``: a folder
    for a passing file.
    """
    import numpy as np

    own = outputs(graph)
    session = _revealing(graph, [name for name in names if name not in own], work, threads)
    low: dict[str, Array] = {}
    high: dict[str, Array] = {}
    rows: dict[str, list[Array]] = {name: [] for name in names}
    given = []
    stride = max(1, len(batches) // _KEPT_TEXTS)
    for number, batch in enumerate(batches):
        answer = session.run([*own, *names], feed(session, batch))
        given.append(answer[: len(own)])
        for name, value in zip(names, answer[len(own) :], strict=True):
            flat = value.reshape(-1, value.shape[-1])
            low[name] = np.minimum(low.get(name, flat[0]), flat.min(axis=0))
            high[name] = np.maximum(high.get(name, flat[0]), flat.max(axis=0))
            if number % stride == 0:
                rows[name].append(flat)
    return {name: Seen(low[name], high[name], tuple(rows[name])) for name in names}, given


def answers(session: Any, batches: Sequence[Inputs]) -> list[list["Array"]]:
    """All outputs for each batch."""
    return [session.run(None, feed(session, batch)) for batch in batches]


def worst_cosine(expected: Sequence[Sequence["Array"]], given: Sequence[Sequence["Array"]]) -> float:
    """The smallest cosine of an output of a text with the expected one."""
    import numpy as np

    worst = 1.0
    for ours, theirs in zip(expected, given, strict=True):
        for one, other in zip(ours, theirs, strict=True):
            a, b = one.ravel().astype(np.float64), other.ravel().astype(np.float64)
            lengths = float(np.sqrt((a @ a) * (b @ b)))
            worst = min(worst, float(a @ b) / lengths if lengths else float(not a.any() and not b.any()))
    return worst


def feed(session: Any, batch: Inputs) -> Mapping[str, Any]:
    """The inputs that the graph has; zeros for one that the tokenizer does not give."""
    import numpy as np

    given = {name: value.numpy() for name, value in batch.items()}
    return {one.name: given.get(one.name, np.zeros_like(given["input_ids"])) for one in session.get_inputs()}


def _revealing(graph: Path, names: Sequence[str], work: Path, threads: int) -> Any:
    """A session whose outputs are ``names`` too.

    Messages of Protocol Buffers that are written one after another read as one, their lists joined: so outputs are
    added to a copy of the file without a copy of the weights in memory.
    """
    import onnx
    import onnxruntime

    copy = work / "observed.onnx"
    shutil.copyfile(graph, copy)
    for name in require_inside(graph):
        shutil.copyfile(graph.parent / name, work / name)
    added = onnx.ModelProto()
    added.graph.output.extend(onnx.helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, None) for name in names)
    with copy.open("ab") as stream:
        stream.write(added.SerializeToString())
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    options.add_session_config_entry("session.disable_prepacking", "1")  # a second copy of the weights
    return onnxruntime.InferenceSession(copy, options, providers=["CPUExecutionProvider"])
