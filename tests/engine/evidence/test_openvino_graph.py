"""OpenVINO's executed graph, read: kinds, precisions and what was joined; int8 only where oneDNN's log proves it.

The log's lines are as OpenVINO 2026.4 printed them, shortened at the end.
"""

import importlib
import sys
from pathlib import Path

import numpy as np
import pytest

from engine.evidence import openvino_graph
from engine.evidence.openvino_graph import MLAS_SILENT, NO_LOG, Operator
from engine.evidence.told import KINDS

sys.modules["openvino_telemetry"] = None  # type: ignore[assignment]  # nothing is reported from tests
openvino = importlib.import_module("openvino")
ops = openvino.opset13

LINEAR = "encoder.layer.0.attention.self.query/aten::linear/Add"
GELU = ("encoder.layer.0.intermediate.dense/aten::linear/Add", "encoder.layer.0.intermediate/aten::gelu/Gelu")
ATTENTION = ("attention.self/aten::transpose/Transpose", "Multiply_5689", "Add_5691", "Softmax_5692")
MADE = (
    "onednn_verbose,v1,primitive,create:cache_miss,cpu,inner_product,brgemm:avx512_core_vnni,forward_inference,"
    "src:f32::blocked:ab::f0 wei:u8:a:blocked:AB4b32a4b::f0 bia:f32::blocked:a::f0 dst:f32::blocked:ab::f0,"
    "attr-scratchpad:user attr-scales:wei:1:f32:2::undef:384x1src_dyn_quant_group_size:{};,,mb128ic384oc384,0.5"
)
DYNAMIC, WEIGHTS_ALONE = MADE.format(128), MADE.format(0).replace("_vnni", "")


def ran(
    kernel: str, precision: str = "f32", layers: tuple[str, ...] = (LINEAR,), kind: str = "FullyConnected"
) -> Operator:
    return Operator(kind, kernel, precision, layers, 100)


@pytest.mark.parametrize(
    ("log", "precision", "isa"),
    [
        (DYNAMIC, "int8", ("avx512_vnni",)),
        (DYNAMIC.replace("f32::blocked:ab", "bf16::blocked:ab"), "int8", ("avx512_vnni",)),
        (WEIGHTS_ALONE, "fp32", ("avx512_f",)),
        ("", "fp32", ()),
    ],
)
def test_sources_became_int8_only_where_the_log_says_so(log: str, precision: str, isa: tuple[str, ...]) -> None:
    told = openvino_graph.told([ran("brgemm_avx512_f32", "u8")], log)

    assert told.precision_executed == {"linear": precision}
    assert told.isa_executed == isa
    assert told.not_provable == (() if log else (NO_LOG,))


@pytest.mark.parametrize(
    ("kernel", "precision", "expected"),
    [
        ("gemm_mlas_f32", "f32", "fp32"),
        ("brgemm_avx512_bf16", "bf16", "bf16"),
        ("brgemm_avx512_I8", "u8", "int8"),
        ("brgconv_avx512_1x1_f32", "f32", "fp32"),
    ],
)
def test_precision_of_a_product_is_its_kernels(kernel: str, precision: str, expected: str) -> None:
    told = openvino_graph.told([ran(kernel, precision)], "")

    assert told.precision_executed == {"linear": expected}
    assert told.not_provable == ((MLAS_SILENT.format(1),) if "mlas" in kernel else ())


@pytest.mark.parametrize(
    ("operator", "kind", "fused"),
    [
        (ran("jit", layers=GELU), "linear", "linear + gelu"),
        (ran("jit", layers=(LINEAR, "Multiply_6772")), "linear", "linear + scale"),
        (ran("jit", layers=ATTENTION, kind="Subgraph"), "attention", "scaled dot-product attention"),
        (ran("jit", layers=("x.LayerNorm/aten::layer_norm/MVN",), kind="MVN"), "normalization", ""),
        (
            ran(
                "jit",
                layers=("x.LayerNorm/aten::layer_norm/Multiply_1", "x.LayerNorm/aten::layer_norm/Add"),
                kind="Eltwise",
            ),
            "normalization",
            "scale + add",
        ),
        (ran("ref", layers=("embeddings.word_embeddings/aten::embedding/Gather",), kind="Gather"), "embedding", ""),
        (ran("ref", layers=("Gather_7",), kind="Gather"), "layout", ""),
        (ran("jit", layers=("pooler/aten::tanh/Tanh",), kind="Eltwise"), "activation", ""),
        (ran("jit", layers=(), kind="NewInTheNextVersion"), "other", ""),
    ],
)
def test_kind_and_what_was_joined(operator: Operator, kind: str, fused: str) -> None:
    assert (operator.kind, operator.fused) == (kind, fused)
    assert operator.kind in KINDS


def test_shares_of_time_are_of_all() -> None:
    told = openvino_graph.told([ran("gemm_mlas_f32"), ran("jit", layers=ATTENTION, kind="Subgraph")], "")

    assert told.time_share == {"linear": 0.5, "attention": 0.5}
    assert told.ops_after == 2
    assert told.details.count("\n") == 2


@pytest.fixture
def graph(tmp_path: Path) -> Path:
    """An embedding, a product of 64 x 64 and GELU."""
    ids = ops.parameter([-1, -1], np.int64, name="ids")
    table = ops.constant(np.random.default_rng(1).standard_normal((300, 64), np.float32))
    found = ops.gather(table, ids, ops.constant(0))
    weights = ops.constant(np.random.default_rng(2).standard_normal((64, 64), np.float32))
    product = ops.matmul(found, weights, False, True)
    product.set_friendly_name("model.dense/aten::linear/MatMul")
    activated = ops.gelu(product, "erf")
    activated.set_friendly_name("model.act/aten::gelu/Gelu")
    openvino.save_model(openvino.Model([activated], [ids]), tmp_path / "model.xml", compress_to_fp16=False)
    return tmp_path / "model.xml"


def test_a_graph_that_ran_is_read(graph: Path) -> None:
    hints = {"INFERENCE_PRECISION_HINT": "f32", "INFERENCE_NUM_THREADS": 1}
    compiled = openvino.Core().compile_model(graph, "CPU", hints | {"PERF_COUNT": "YES"})
    operators = openvino_graph.observed(compiled, lambda: compiled(np.ones((4, 32), np.int64)))
    told = openvino_graph.told(operators, openvino_graph.log_of(graph, hints, (4, 32)))

    assert told.precision_executed["linear"] == "fp32"
    assert told.fused == {"linear + gelu": 1}
    assert told.ops_after == len(operators)
    assert told.ops_after >= 2


def test_log_that_cannot_be_had_is_empty(tmp_path: Path) -> None:
    assert openvino_graph.log_of(tmp_path / "missing.xml", {}, (1, 8)) == ""


def test_log_comes_from_a_process_of_its_own(graph: Path, capfd: pytest.CaptureFixture[str]) -> None:
    log = openvino_graph.log_of(graph, {"INFERENCE_PRECISION_HINT": "f32"}, (4, 32))

    assert all(line.startswith("onednn_verbose") for line in log.splitlines())
    assert ",info,cpu,isa:" in log
    assert capfd.readouterr().out == ""
