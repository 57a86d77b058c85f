"""By hand: OpenVINO's bare inference request on an exported graph, with int8 weights or calibrated by NNCF."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from engine.models import calibration
from tests.bench.by_hand import Inputs, Made, Maker

GROUP = 128


def _exported(folder: Path) -> Any:
    from optimum.intel import OVModelForFeatureExtraction

    return OVModelForFeatureExtraction.from_pretrained(folder, export=True, compile=False, load_in_8bit=False).model


def _as_it_is(graph: Any, folder: Path) -> Any:
    return graph


def _int8_weights(graph: Any, folder: Path) -> Any:
    import nncf

    return nncf.compress_weights(graph, mode=nncf.CompressWeightsMode.INT8_ASYM)


def _calibrated(graph: Any, folder: Path) -> Any:
    import nncf
    from transformers import AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(folder)
    texts = [dict(tokenizer(text, return_tensors="np")) for text in calibration.bundled("calibrate")]
    smooth = nncf.AdvancedQuantizationParameters(smooth_quant_alphas=nncf.AdvancedSmoothQuantParameters(matmul=0.6))
    return nncf.quantize(graph, nncf.Dataset(texts), model_type=nncf.ModelType.TRANSFORMER, advanced_parameters=smooth)


def _half() -> str:
    """What is not in int8 runs in bf16 where the CPU has it."""
    import openvino

    return "bf16" if "BF16" in openvino.Core().get_property("CPU", "OPTIMIZATION_CAPABILITIES") else "f32"


def _made(change: Callable[[Any, Path], Any], precision: str, group: int) -> Maker:
    def make(folder: Path, inputs: Inputs, threads: int) -> Made:
        import openvino
        import torch

        settings = {
            "PERFORMANCE_HINT": "LATENCY",
            "INFERENCE_PRECISION_HINT": precision or _half(),
            "INFERENCE_NUM_THREADS": threads,
            "DYNAMIC_QUANTIZATION_GROUP_SIZE": group,
        }
        compiled = openvino.Core().compile_model(change(_exported(folder), folder), "CPU", settings)
        request = compiled.create_infer_request()
        names = {name for given in compiled.inputs for name in given.names}

        def call(**inputs: Any) -> Any:
            request.infer({name: value.numpy() for name, value in inputs.items() if name in names}, share_inputs=True)
            return torch.from_numpy(request.get_output_tensor(0).data.copy())

        return call

    return make


REQUESTS: dict[str, Maker] = {
    "fp32": _made(_as_it_is, "f32", 0),
    "bf16": _made(_as_it_is, "bf16", 0),
    "int8-dynamic": _made(_int8_weights, "", GROUP),
    "int8-static": _made(_calibrated, "", GROUP),
    "int8-weights": _made(_int8_weights, "", 0),
}
