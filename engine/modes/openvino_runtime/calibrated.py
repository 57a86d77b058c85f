"""A graph with int8 weights, or with int8 products whose ranges were found on real texts. Through NNCF."""

import contextlib
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from engine import folders
from engine.measure import memory
from engine.models.tensors import Inputs
from engine.modes.openvino_runtime import libraries
from engine.modes.openvino_runtime.requests import fitted
from engine.modes.openvino_runtime.settings import GROUP
from engine.store import whole

_ALPHA = 0.7
"""How far SmoothQuant (arXiv 2211.10438) moves the outliers of activations into the weights: cosine 0.994 on MiniLM and
texts that nothing was calibrated on; 0.987 with NNCF's own 0.95, 0.983 with 0.5."""

_LEAST_COSINE = 0.995
"""On the texts for calibrating, the worst of them: below it, sensitive layers keep fp32 sources."""

_MOST_TEXTS = 64
_CHECKED_TEXTS = 16
_ACTIVATIONS = frozenset({"Gelu", "Relu", "Swish", "Tanh", "Multiply", "Softplus", "HSwish"})
_LAYOUT = frozenset({"Reshape", "Transpose", "Concat"})


def compressed(graph: Any) -> Any:
    """Weights as int8 with a scale and a zero point for each output channel."""
    nncf = libraries.nncf()
    return nncf.compress_weights(graph, mode=nncf.CompressWeightsMode.INT8_ASYM)


def quantised(graph: Any, texts: Sequence[Inputs]) -> Any:
    """Products on int8 sources and weights, ranges from ``texts``.

    Where the answers on some of the texts then stray, the layers after an activation, and next those after attention,
    get int8 weights alone: OpenVINO quantises what goes into them as they run, a scale for each group.
    """
    names = [port.any_name for port in graph.inputs]
    rows = [_row(names, text) for text in _spread(texts, _MOST_TEXTS)]
    checked = _spread(rows, _CHECKED_TEXTS)
    expected = _answers(graph, checked)
    candidates = list(_sensitive(graph))
    best, best_cosine = None, -1.0
    with _aside(graph) as again:
        del graph
        memory.give_back()
        for left_out in candidates:
            candidate = _quantised(again(), rows, left_out)
            memory.give_back()  # what NNCF compiled
            cosine = min(map(_cosine, expected, _answers(candidate, checked)))
            if cosine > best_cosine:
                best, best_cosine = candidate, cosine
            if cosine >= _LEAST_COSINE:
                break
    return best


@contextlib.contextmanager
def _aside(graph: Any) -> Iterator[Callable[[], Any]]:
    """``graph`` in a file, from which it comes anew: held in memory it would be a third copy of the weights."""
    openvino = libraries.openvino()
    with whole.aside(folders.part("artefacts")) as place:
        file = place / "model.xml"
        openvino.save_model(graph, file, compress_to_fp16=False)
        core = openvino.Core()
        core.set_property({"ENABLE_MMAP": False})  # Windows deletes no file that is mapped
        del graph
        yield lambda: core.read_model(file)


def _quantised(graph: Any, rows: Sequence[Any], left_out: Sequence[str]) -> Any:
    nncf = libraries.nncf()
    from nncf.quantization.advanced_parameters import AdvancedQuantizationParameters, AdvancedSmoothQuantParameters

    with _smoothing_in_single_precision():
        made = nncf.quantize(
            graph,
            nncf.Dataset(list(rows)),
            preset=nncf.QuantizationPreset.MIXED,
            subset_size=len(rows),
            model_type=nncf.ModelType.TRANSFORMER,
            ignored_scope=nncf.IgnoredScope(names=list(left_out)) if left_out else None,
            advanced_parameters=AdvancedQuantizationParameters(
                disable_bias_correction=True,  # takes as long as all the rest, and changes the fourth digit
                smooth_quant_alphas=AdvancedSmoothQuantParameters(matmul=_ALPHA),
            ),
        )
    return compressed(made) if left_out else made


@contextlib.contextmanager
def _smoothing_in_single_precision() -> Iterator[None]:
    """NNCF 3.4 adds a double of NumPy's to its scales, which with NumPy 2 makes doubles of all weights multiplied by
    them: 0.6 sizes of the weights more at the peak (BERT-base). They become single again before they are kept.
    """
    from nncf.quantization.algorithms.smooth_quant.algorithm import SmoothQuant

    calculate = SmoothQuant._calculate_scale_and_ratio

    def in_single_precision(activations: Any, weights: Any, *words: Any, **named: Any) -> tuple[Any, Any]:
        scales, ratio = calculate(activations, weights, *words, **named)
        return scales.astype(weights.dtype), ratio

    SmoothQuant._calculate_scale_and_ratio = staticmethod(in_single_precision)
    try:
        yield
    finally:
        SmoothQuant._calculate_scale_and_ratio = staticmethod(calculate)


def _sensitive(graph: Any) -> Iterator[tuple[str, ...]]:
    """Names of products to leave out: none; those after an activation; and those after attention too.

    What an activation gives has outliers in few channels, which cost all others their bits.
    """
    sources = dict(_products(graph))
    after_activation = tuple(name for name, source in sources.items() if source in _ACTIVATIONS)
    after_attention = tuple(name for name, source in sources.items() if source in _LAYOUT)
    yield ()
    if after_activation:
        yield after_activation
    if after_attention:
        yield (*after_activation, *after_attention)


def _products(graph: Any) -> Iterator[tuple[str, str]]:
    """Each product with weights: its name, and the type of what its source comes from."""
    for node in graph.get_ordered_ops():
        if node.get_type_name() != "MatMul":
            continue
        source, weights = (node.input_value(side).get_node() for side in (0, 1))
        if weights.get_type_name() == "Constant":
            yield node.get_friendly_name(), source.get_type_name()


def _row(names: Sequence[str], text: Inputs) -> dict[str, Any]:
    return {name: value.numpy() for name, value in zip(names, fitted(names, text), strict=True)}


def _answers(graph: Any, rows: Sequence[Any]) -> list[Any]:
    """All raw outputs for each row, one behind the other. What was compiled is gone with the call."""
    import numpy as np

    hints = {"INFERENCE_PRECISION_HINT": "f32", "DYNAMIC_QUANTIZATION_GROUP_SIZE": int(GROUP)}
    request = libraries.openvino().Core().compile_model(graph, "CPU", hints).create_infer_request()
    return [np.concatenate([value.ravel() for value in request.infer(row).values()]) for row in rows]


def _cosine(one: Any, two: Any) -> float:
    import numpy as np

    lengths = float(np.linalg.norm(one)) * float(np.linalg.norm(two))
    return float(np.einsum("i,i->", one, two, dtype=np.float64)) / max(lengths, 1e-30)


def _spread(items: Sequence[Any], most: int) -> list[Any]:
    """At most ``most``, evenly over all."""
    step = max(1.0, len(items) / most)
    return [items[int(i * step)] for i in range(min(len(items), most))]
