"""How each mode and precision is done with the public libraries alone: blocks of a script, by their templates."""

import dataclasses
import string
from collections.abc import Callable, Mapping
from importlib import resources

from engine.wire.comparison import CellResult

_HALF = '    half = "bf16" if "BF16" in core.get_property("CPU", "OPTIMIZATION_CAPABILITIES") else "f32"\n'
_POOLER = ("bert", "roberta", "xlm-roberta", "camembert", "albert", "mpnet", "big_bird", "longformer")
"""Families whose body takes ``add_pooling_layer``."""

_BERT = ("bert", "roberta", "xlm-roberta", "camembert", "electra")
_BETTER_CLASS = "BaseModelOutputWithPastAndCrossAttentions"

_SLOWER_INT8 = (
    "Fastpath joins the scales, biases and roundings around the int8 products into loops compiled for this CPU; "
    "here each is an operation of PyTorch, so this takes longer than the cell did."
)
_FIRST_WAY = (
    "Fastpath also tries PyTorch's own fused encoder layer and oneDNN's products joined with what follows them, and "
    "takes the fastest; here are packed tokens and packed weights alone, so this may take somewhat longer."
)
_NOT_THIS_FAMILY = (
    "The layers of this family are packed in Fastpath by code that does not fit into a short script: this is plain "
    "PyTorch at the same precision, which takes longer than the cell did."
)
_FEWER_TEXTS = (
    "The ranges are found on fewer texts, and Fastpath also tries several settings until the answers are near enough: "
    "answers and time may differ a little."
)


@dataclasses.dataclass(frozen=True, slots=True)
class Recipe:
    """``body``: from what loads to ``make``. ``needs``: packages. ``standard`` and ``libraries``: lines that import,
    beside those of every script; ``classes``: of Transformers. ``calibrates``: the script needs texts for that.
    ``note``: in what it differs from the cell.
    """

    body: str
    needs: tuple[str, ...]
    standard: tuple[str, ...] = ()
    libraries: tuple[str, ...] = ()
    classes: tuple[str, ...] = ()
    calibrates: bool = False
    note: str = ""


@dataclasses.dataclass(frozen=True, slots=True)
class Model:
    """``suffix``: of the class for the task, as ``Task.auto_class``. ``family``: empty where it is not known."""

    suffix: str
    family: str

    @property
    def auto_class(self) -> str:
        return "AutoModel" if self.suffix == "FeatureExtraction" else f"AutoModelFor{self.suffix}"


def recipe(cell: CellResult, model: Model) -> Recipe | None:
    """None for a mode that has none."""
    found = _RECIPES.get(cell.mode)
    return found(cell.precision, model) if found else None


def filled(name: str, **values: str) -> str:
    """The template ``name`` with its placeholders filled in."""
    text = resources.files(__package__ or "engine.report").joinpath("scripts", f"{name}.py.txt").read_text("utf-8")
    return string.Template(text).substitute(values)


def _load(model: Model) -> str:
    without = model.suffix == "FeatureExtraction" and model.family in _POOLER
    return filled("load", auto_class=model.auto_class, pooling=", add_pooling_layer=False" if without else "")


def _eager(precision: str, model: Model) -> Recipe:
    autocast = ', torch.autocast("cpu", torch.bfloat16)' if precision == "bf16-autocast" else ""
    is_int8 = precision == "int8-dynamic"
    made = filled("eager", dtype=_dtype(precision), autocast=autocast, change=_change(is_int8))
    return Recipe(
        body=_load(model) + _int8(is_int8) + made,
        needs=("torch", "transformers"),
        classes=(model.auto_class,),
        note=_SLOWER_INT8 if is_int8 else "",
    )


def _torchscript(precision: str, model: Model) -> Recipe:
    made = filled("torchscript", dtype=_dtype(precision))
    note = "Fastpath pads inputs to a few lengths, so that a trace serves several; here each length has its own trace."
    return Recipe(_load(model) + made, ("torch", "transformers"), classes=(model.auto_class,), note=note)


def _torch_compile(precision: str, model: Model) -> Recipe:
    is_int8 = precision == "int8-dynamic"
    made = filled("torch_compile", dtype=_dtype(precision), change=_change(is_int8))
    note = "torch.compile needs a C++ compiler."
    return Recipe(
        _load(model) + _int8(is_int8) + made, ("torch", "transformers"), classes=(model.auto_class,), note=note
    )


def _better(precision: str, model: Model) -> Recipe:
    if model.family not in (*_BERT, "distilbert"):
        return dataclasses.replace(_eager(precision, model), note=_NOT_THIS_FAMILY)
    is_int8 = precision == "int8-dynamic"
    linear = "Int8Linear" if is_int8 else "packed_linear"
    is_bert = model.family in _BERT
    parts = filled("parts_bert" if is_bert else "parts_distilbert", linear=linear).rstrip("\n")
    products = filled("int8_linear") if is_int8 else filled("packed_linear", linear=linear)
    encoder = "encoder" if is_bert else "transformer"
    made = filled("packed", parts=parts, dtype=_dtype(precision), encoder=encoder)
    return Recipe(
        body=_load(model) + products + made,
        needs=("torch", "transformers"),
        libraries=(f"from transformers.modeling_outputs import {_BETTER_CLASS}",),
        classes=(model.auto_class,),
        note=_SLOWER_INT8 if is_int8 else _FIRST_WAY,
    )


def _onnx_runtime(precision: str, model: Model) -> Recipe:
    exporting = filled("onnx", ort_class=f"ORTModelFor{model.suffix}")
    own = {"int8-dynamic": "onnx_dynamic", "int8-static": "onnx_static", "int8-weights": "onnx_weights"}.get(precision)
    graph = "to_int8(exported(Path(place)))" if own else "exported(Path(place))"
    calibrates = precision in ("int8-dynamic", "int8-static")
    quantizing = _ONNX_IMPORTS.get(precision, ())
    return Recipe(
        body=exporting
        + (filled("calibration") + filled("onnx_smooth") if calibrates else "")
        + (filled(own) if own else "")
        + filled("onnx_make", graph=graph),
        needs=("torch", "transformers", "onnxruntime", "optimum", "optimum-onnx"),
        standard=("import tempfile", "from pathlib import Path"),
        libraries=("import onnxruntime", *quantizing),
        calibrates=calibrates,
        note=_FEWER_TEXTS if calibrates else "",
    )


_GRAPHS = ("import numpy as np", "import onnx", "from onnx import numpy_helper")
_ONNX_IMPORTS: Mapping[str, tuple[str, ...]] = {
    "int8-dynamic": (*_GRAPHS, "from onnxruntime.quantization import QuantType, quantize_dynamic"),
    "int8-static": (
        *_GRAPHS,
        "from onnxruntime.quantization import CalibrationDataReader, QuantFormat, QuantType, quantize_static",
    ),
    "int8-weights": _GRAPHS,
}


def _openvino(precision: str, model: Model) -> Recipe:
    own = {"int8-static": "openvino_static"}.get(precision, "openvino_weights" if "int8" in precision else "")
    calibrates = precision == "int8-static"
    made = filled(
        "openvino_make",
        graph="to_int8(exported())" if own else "exported()",
        group="128" if precision in ("int8-dynamic", "int8-static") else "0",
        half=_HALF.rstrip("\n") if own else "",
        hint="half" if own else '"bf16"' if precision == "bf16" else '"f32"',
    )
    return Recipe(
        body=filled("openvino", ov_class=f"OVModelFor{model.suffix}")
        + (filled("calibration") if calibrates else "")
        + (filled(own) if own else "")
        + made.replace("core = openvino.Core()\n\n", "core = openvino.Core()\n"),
        needs=("torch", "transformers", "openvino", "optimum", "optimum-intel", *(("nncf",) if own else ())),
        libraries=("import openvino", *(("import nncf",) if own else ())),
        calibrates=calibrates,
        note=_FEWER_TEXTS if calibrates else "",
    )


def _ipex(precision: str, model: Model) -> Recipe:
    ways = {"int8-static": "calibrated(batches[0])", "int8-dynamic": "dynamic(batches[0])"}
    own = {"int8-static": "ipex_static", "int8-dynamic": "ipex_dynamic"}.get(precision)
    dtype, attention = ("bfloat16", "eager") if precision == "bf16" else ("float32", "sdpa")
    optimized = (
        "    import intel_extension_for_pytorch as ipex\n\n"
        f'    model = load(attn_implementation="{attention}")\n'
        f"    model = ipex.optimize(model, dtype=torch.{dtype}, inplace=True, auto_kernel_selection=True)"
    )
    model_of = f"    model = {ways[precision]}" if own else optimized
    return Recipe(
        body=_load(model)
        + (filled("calibration") + filled(own) if own else "")
        + filled("ipex_make", bf16=str(precision == "bf16"), model_of=model_of),
        needs=("torch==2.8.*", "intel_extension_for_pytorch==2.8.*", "transformers"),
        classes=(model.auto_class,),
        calibrates=own is not None,
        note="It needs an environment of its own with PyTorch 2.8. " + (_FEWER_TEXTS if own else ""),
    )


def _dtype(precision: str) -> str:
    return "bfloat16" if precision == "bf16" else "float32"


def _int8(wanted: bool) -> str:
    return filled("int8_linear") + filled("int8_change") if wanted else ""


def _change(wanted: bool) -> str:
    return "    to_int8(model)\n" if wanted else ""


_RECIPES: Mapping[str, Callable[[str, Model], Recipe]] = {
    "eager": _eager,
    "torchscript": _torchscript,
    "torch-compile": _torch_compile,
    "better-transformer": _better,
    "onnx-runtime": _onnx_runtime,
    "openvino": _openvino,
    "ipex": _ipex,
}
