"""The matrix products of an ONNX graph whose weights are constants, and their replacements in int8.

The replacements are those that ONNX Runtime's optimiser joins to its int8 operators: DynamicQuantizeLinear and
MatMulInteger (onnxruntime.quantization's pattern for dynamic quantisation), QuantizeLinear and DequantizeLinear around
a product (QDQ), and MatMulNBits. Activations are uint8, weights int8 and symmetric with a scale for each column, which
is what VNNI multiplies. Written here since the library's tools keep several copies of the weights.
"""

import dataclasses
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from engine.modes.onnx_runtime.smoothing import Setting, quantised

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Array = NDArray[np.float32]

_CONTRIBUTED = "com.microsoft"


@dataclasses.dataclass(frozen=True, slots=True)
class Group:
    """Products tied by an input or a weight that they share, so that they share how they are smoothed.

    ``inputs`` and ``weights`` are names of tensors.
    """

    inputs: tuple[str, ...]
    weights: tuple[str, ...]


def groups(model: Any) -> list[Group]:
    """All products [.., K] x [K, N] with a constant fp32 weight, in the order of the graph."""
    found: list[tuple[list[str], list[str]]] = []
    for node in _products(model):
        ours = [group for group in found if node.input[0] in group[0] or node.input[1] in group[1]]
        joined = ([node.input[0]], [node.input[1]])
        for group in ours:
            joined[0].extend(group[0])
            joined[1].extend(group[1])
        place = found.index(ours[0]) if ours else len(found)
        found = [group for group in found if group not in ours]
        found.insert(place, joined)
    return [Group(tuple(dict.fromkeys(inputs)), tuple(dict.fromkeys(weights))) for inputs, weights in found]


def weight(model: Any, name: str) -> "Array":
    """The values of a weight [K, N]."""
    import onnx

    tensor = next(tensor for tensor in model.graph.initializer if tensor.name == name)
    return onnx.numpy_helper.to_array(tensor)  # type: ignore[no-any-return]


def to_int8(model: Any, settings: Mapping[Group, Setting], limit: int) -> None:
    """Replaces the products of ``settings`` in place; a static range makes them QDQ, else they are dynamic.

    ``limit``: of the weights' magnitudes, 127 or, where the CPU's products of bytes may overflow, 63.
    """
    by_input = {name: setting for group, setting in settings.items() for name in group.inputs}
    weights = {name: setting for group, setting in settings.items() for name in group.weights}
    for name, setting in weights.items():
        _put_columns(model, name, setting, limit)

    def replace(node: Any, made: dict[str, Any]) -> Iterator[Any]:
        source = node.input[0]
        setting = by_input[source]
        if source not in made:
            made[source] = True
            yield from _input_nodes(model, source, setting)
        yield from _static_product(node) if setting.static else _dynamic_product(node)

    _rewrite(model, weights, replace)


def to_int8_weights(model: Any, block: int, accuracy_level: int) -> None:
    """Replaces every product by MatMulNBits, in place. ``block``: weights that share a scale, fewer for small ones."""
    import onnx

    names = dict.fromkeys(node.input[1] for node in _products(model))
    shapes = {}
    for name in names:
        values = weight(model, name)
        shapes[name] = (*values.shape, _block(values.shape[0], block))
        _put_blocks(model, name, values, shapes[name][2])

    def replace(node: Any, made: dict[str, Any]) -> Iterator[Any]:
        k, n, size = shapes[node.input[1]]
        inputs = [node.input[0], f"{node.input[1]}_int8", f"{node.input[1]}_scale"]
        yield onnx.helper.make_node(
            *("MatMulNBits", inputs, list(node.output), node.name),
            domain=_CONTRIBUTED,
            K=k,
            N=n,
            bits=8,
            block_size=size,
            accuracy_level=accuracy_level,
        )

    _rewrite(model, names, replace)
    if all(known.domain != _CONTRIBUTED for known in model.opset_import):
        model.opset_import.append(onnx.helper.make_opsetid(_CONTRIBUTED, 1))


def _products(model: Any) -> list[Any]:
    import onnx

    constant = {
        tensor.name
        for tensor in model.graph.initializer
        if len(tensor.dims) == 2 and tensor.data_type == onnx.TensorProto.FLOAT
    }
    return [node for node in model.graph.node if node.op_type == "MatMul" and node.input[1] in constant]


def _rewrite(model: Any, weights: Mapping[str, Any], replace: Callable[[Any, dict[str, Any]], Iterator[Any]]) -> None:
    """Each product with a weight of ``weights`` gives way to what ``replace`` yields; weights out of use go."""
    made: dict[str, Any] = {}
    nodes: list[Any] = []
    for node in model.graph.node:
        if node.op_type == "MatMul" and node.input[1] in weights:
            nodes.extend(replace(node, made))
        else:
            nodes.append(node)
    del model.graph.node[:]
    model.graph.node.extend(nodes)
    used = {name for node in nodes for name in node.input} | {output.name for output in model.graph.output}
    for i in reversed(range(len(model.graph.initializer))):
        if model.graph.initializer[i].name in weights and model.graph.initializer[i].name not in used:
            del model.graph.initializer[i]


def _input_nodes(model: Any, source: str, setting: Setting) -> Iterator[Any]:
    """``source`` scaled and quantised: ``_q``, ``_scale``, ``_zero``; of a static one read back as ``_read``."""
    import numpy as np
    import onnx

    made = onnx.helper.make_node
    scaled = source
    if setting.scales is not None:
        scaled = f"{source}_smooth"
        _put(model, f"{source}_smoothing", (1 / setting.scales).astype(np.float32))
        yield made("Mul", [source, f"{source}_smoothing"], [scaled], f"{scaled}_mul")
    quantity = [f"{source}_scale", f"{source}_zero"]
    if setting.static is None:
        yield made("DynamicQuantizeLinear", [scaled], [f"{source}_q", *quantity], f"{source}_quantise")
        return
    scale, zero = setting.static
    _put(model, quantity[0], np.array(scale, np.float32))
    _put(model, quantity[1], np.array(zero, np.uint8))
    yield made("QuantizeLinear", [scaled, *quantity], [f"{source}_q"], f"{source}_quantise")
    yield made("DequantizeLinear", [f"{source}_q", *quantity], [f"{source}_read"], f"{source}_read_back")


def _dynamic_product(node: Any) -> Iterator[Any]:
    """The very pattern that ONNX Runtime joins to DynamicQuantizeMatMul or MatMulIntegerToFloat."""
    import onnx

    made = onnx.helper.make_node
    source, name, result = node.input[0], node.input[1], node.output[0]
    whole, scaled, scales = f"{result}_int32", f"{result}_float", f"{result}_scales"
    yield made("MatMulInteger", [f"{source}_q", f"{name}_int8", f"{source}_zero"], [whole], node.name)
    yield made("Cast", [whole], [scaled], f"{node.name}_cast", to=onnx.TensorProto.FLOAT)
    yield made("Mul", [f"{source}_scale", f"{name}_scale"], [scales], f"{node.name}_scales")
    yield made("Mul", [scaled, scales], [result], f"{node.name}_scaled")


def _static_product(node: Any) -> Iterator[Any]:
    import onnx

    source, name, result = node.input[0], node.input[1], node.output[0]
    read = f"{result}_weight"
    packed = [f"{name}_int8", f"{name}_scale", f"{name}_zero"]
    yield onnx.helper.make_node("DequantizeLinear", packed, [read], f"{node.name}_weight", axis=1)
    yield onnx.helper.make_node("MatMul", [f"{source}_read", read], [result], node.name)


def _put_columns(model: Any, name: str, setting: Setting, limit: int) -> None:
    import numpy as np

    values = weight(model, name)
    if setting.scales is not None:
        values = values * setting.scales[:, None]
    whole, scales = quantised(values, limit)
    _put(model, f"{name}_int8", whole.astype(np.int8))
    _put(model, f"{name}_scale", scales)
    if setting.static is not None:
        _put(model, f"{name}_zero", np.zeros(len(scales), np.int8))


def _put_blocks(model: Any, name: str, values: "Array", block: int) -> None:
    """[N, blocks, block] bytes around 128 and [N, blocks] scales, as MatMulNBits wants them; K filled up with zeros."""
    import numpy as np

    k, n = values.shape
    blocks = -(-k // block)
    filled = np.zeros((n, blocks * block), np.float32)
    filled[:, :k] = values.T
    filled = filled.reshape(n, blocks, block)
    scales = np.abs(filled).max(axis=2, keepdims=True) / 127
    scales[scales == 0] = 1
    _put(model, f"{name}_int8", (np.rint(filled / scales) + 128).astype(np.uint8))
    _put(model, f"{name}_scale", scales[:, :, 0])


def _block(k: int, most: int) -> int:
    """A power of two from 16 on."""
    return int(max(16, min(most, 1 << (k - 1).bit_length())))


def _put(model: Any, name: str, values: Any) -> None:
    import onnx

    model.graph.initializer.append(onnx.numpy_helper.from_array(values, name))
