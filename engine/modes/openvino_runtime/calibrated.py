"""A graph with int8 weights, or with int8 products whose ranges were found on real texts. Through NNCF."""

from collections.abc import Iterator, Sequence
from typing import Any

from engine.models.tensors import Inputs
from engine.modes.openvino_runtime import libraries
from engine.modes.openvino_runtime.requests import fitted
from engine.modes.openvino_runtime.settings import GROUP

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
    best, best_cosine = None, -1.0
    for left_out in _sensitive(graph):
        candidate = _quantised(graph, rows, left_out)
        cosine = _worst_cosine(_request(graph), _request(candidate), checked)  # not kept while NNCF takes memory
        if cosine > best_cosine:
            best, best_cosine = candidate, cosine
        if cosine >= _LEAST_COSINE:
            break
    return best


def _quantised(graph: Any, rows: Sequence[Any], left_out: Sequence[str]) -> Any:
    nncf = libraries.nncf()
    from nncf.quantization.advanced_parameters import AdvancedQuantizationParameters, AdvancedSmoothQuantParameters

    made = nncf.quantize(
        graph.clone(),
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


def _request(graph: Any) -> Any:
    hints = {"INFERENCE_PRECISION_HINT": "f32", "DYNAMIC_QUANTIZATION_GROUP_SIZE": int(GROUP)}
    compiled = libraries.openvino().Core().compile_model(graph, "CPU", hints)
    return compiled.create_infer_request()


def _row(names: Sequence[str], text: Inputs) -> dict[str, Any]:
    return {name: value.numpy() for name, value in zip(names, fitted(names, text), strict=True)}


def _worst_cosine(reference: Any, other: Any, rows: Sequence[Any]) -> float:
    """Of the raw outputs of two requests, the worst row."""
    import numpy as np

    def cosine(row: Any) -> float:
        one, two = (np.concatenate([value.ravel() for value in request.infer(row).values()]) for request in pair)
        lengths = float(np.linalg.norm(one)) * float(np.linalg.norm(two))
        return float(np.einsum("i,i->", one, two, dtype=np.float64)) / max(lengths, 1e-30)

    pair = (reference, other)
    return min(map(cosine, rows))


def _spread(items: Sequence[Any], most: int) -> list[Any]:
    """At most ``most``, evenly over all."""
    step = max(1.0, len(items) / most)
    return [items[int(i * step)] for i in range(min(len(items), most))]
