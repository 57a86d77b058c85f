"""By hand: ONNX Runtime's session on an exported graph, in fp32 and quantised by its own tools."""

import tempfile
from pathlib import Path
from typing import Any

from engine.models import calibration
from tests.bench.by_hand import Inputs, Made, Maker

BLOCK = 128
INT8_COMPUTE = 4


def _exported(folder: Path, place: Path) -> Path:
    from optimum.onnxruntime import ORTModelForFeatureExtraction

    ORTModelForFeatureExtraction.from_pretrained(folder, export=True).save_pretrained(place)
    return place / "model.onnx"


def _as_it_is(graph: Path, folder: Path) -> Path:
    return graph


def _dynamic(graph: Path, folder: Path) -> Path:
    """Smoothed as the mode's is: without that MiniLM keeps a cosine of 0.989 on real text, with it 0.997."""
    from onnxruntime.quantization import QuantType, quantize_dynamic

    target = graph.with_name("dynamic.onnx")
    smoothed = _smoothed(graph, folder)
    quantize_dynamic(smoothed, target, per_channel=True, weight_type=QuantType.QInt8, op_types_to_quantize=["MatMul"])
    return target


def _smoothed(graph: Path, folder: Path) -> Path:
    """SmoothQuant (arXiv 2211.10438) with alpha 0.8: a factor for each channel goes from the activations to the rows
    of the weights.
    """
    import numpy as np
    import onnx
    from onnx import helper, numpy_helper

    model = onnx.load(graph)
    constants = {tensor.name: tensor for tensor in model.graph.initializer}
    products = [node for node in model.graph.node if node.op_type == "MatMul" and node.input[1] in constants]
    nodes = list(model.graph.node)
    for source, largest in _largest(model, {node.input[0] for node in products}, folder).items():
        theirs = [node for node in products if node.input[0] == source]
        weights = {node.input[1]: numpy_helper.to_array(constants[node.input[1]]) for node in theirs}
        rows = np.max([abs(values).max(1) for values in weights.values()], 0).clip(1e-5)
        factor = (largest**0.8 / rows**0.2).astype("float32")
        for name, values in weights.items():
            constants[name].CopyFrom(numpy_helper.from_array(values * factor[:, None], name))
        model.graph.initializer.append(numpy_helper.from_array(1 / factor, f"{source}.factor"))
        for node in theirs:
            node.input[0] = f"{source}.smooth"
        at = min(nodes.index(node) for node in theirs)
        nodes.insert(at, helper.make_node("Mul", [source, f"{source}.factor"], [f"{source}.smooth"]))
    del model.graph.node[:]
    model.graph.node.extend(nodes)
    target = graph.with_name("smoothed.onnx")
    onnx.save(model, target)
    return target


def _largest(model: Any, names: set[str], folder: Path) -> dict[str, Any]:
    """The largest magnitude of each channel of these tensors, over the texts."""
    import numpy as np
    import onnx
    import onnxruntime
    from transformers import AutoTokenizer

    told = onnx.ModelProto()
    told.CopyFrom(model)
    del told.graph.output[:]
    told.graph.output.extend(onnx.helper.make_tensor_value_info(name, 1, None) for name in names)
    session = onnxruntime.InferenceSession(told.SerializeToString(), providers=["CPUExecutionProvider"])
    tokenizer = AutoTokenizer.from_pretrained(folder)
    found = [
        [abs(values).max((0, 1)) for values in session.run(list(names), dict(tokenizer(text, return_tensors="np")))]
        for text in calibration.bundled("calibrate")
    ]
    return {name: np.max(channel, 0).clip(1e-5) for name, channel in zip(names, zip(*found, strict=True), strict=True)}


def _static(graph: Path, folder: Path) -> Path:
    from onnxruntime.quantization import CalibrationDataReader, QuantFormat, QuantType, quantize_static
    from transformers import AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(folder)
    texts = iter([dict(tokenizer(text, return_tensors="np")) for text in calibration.bundled("calibrate")])

    class Reader(CalibrationDataReader):  # type: ignore[misc]
        def get_next(self) -> Any:
            return next(texts, None)

    target = graph.with_name("static.onnx")
    quantize_static(
        graph,
        target,
        Reader(),
        quant_format=QuantFormat.QDQ,
        per_channel=True,
        activation_type=QuantType.QUInt8,
        weight_type=QuantType.QInt8,
        op_types_to_quantize=["MatMul"],
    )
    return target


def _weights(graph: Path, folder: Path) -> Path:
    """Each product with a constant becomes MatMulNBits: 8 bits, a scale for every 128 inputs, zero at 128."""
    import onnx
    from onnx import helper, numpy_helper

    model = onnx.load(graph)
    constants = {tensor.name: tensor for tensor in model.graph.initializer}
    for node in model.graph.node:
        if node.op_type != "MatMul" or node.input[1] not in constants:
            continue
        name = node.input[1]
        inputs, outputs = constants[name].dims
        blocks = numpy_helper.to_array(constants[name]).T.reshape(outputs, inputs // BLOCK, BLOCK)
        scale = abs(blocks).max(-1) / 127
        levels = (blocks / scale[..., None]).round() + 128
        for part, values in (("levels", levels.astype("uint8")), ("scale", scale.reshape(-1))):
            model.graph.initializer.append(numpy_helper.from_array(values, f"{name}.{part}"))
        node.op_type, node.domain = "MatMulNBits", "com.microsoft"
        node.input[1:] = [f"{name}.levels", f"{name}.scale"]
        sizes = {"K": inputs, "N": outputs, "bits": 8, "block_size": BLOCK, "accuracy_level": INT8_COMPUTE}
        node.attribute.extend(helper.make_attribute(key, value) for key, value in sizes.items())
    model.opset_import.append(helper.make_opsetid("com.microsoft", 1))
    target = graph.with_name("weights.onnx")
    onnx.save(model, target)
    return target


def _made(change: Any) -> Maker:
    def make(folder: Path, inputs: Inputs, threads: int) -> Made:
        import onnxruntime
        import torch

        with tempfile.TemporaryDirectory() as place:
            options = onnxruntime.SessionOptions()
            options.intra_op_num_threads = threads
            options.add_session_config_entry("session.intra_op.spin_duration_us", "1000")
            graph = change(_exported(folder, Path(place)), folder)
            session = onnxruntime.InferenceSession(graph, options, providers=["CPUExecutionProvider"])
        names = {given.name for given in session.get_inputs()}

        def call(**inputs: Any) -> Any:
            found = session.run(None, {name: value.numpy() for name, value in inputs.items() if name in names})
            return torch.from_numpy(found[0])

        return call

    return make


SESSIONS: dict[str, Maker] = {
    "fp32": _made(_as_it_is),
    "int8-dynamic": _made(_dynamic),
    "int8-static": _made(_static),
    "int8-weights": _made(_weights),
}
