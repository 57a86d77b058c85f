"""What ONNX Runtime ran, read from real profiles, against the optimised graph that it writes itself."""

import tempfile
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime
import pytest
from onnx import TensorProto, helper, numpy_helper

from engine.evidence import onnx_graph
from engine.evidence.onnx_graph import Operator
from engine.evidence.told import KINDS

CALLS = 3


def small_graph() -> Any:
    """Linear, bias and GELU; a product of two activations; a normalization of a sum; a transposition."""
    made = helper.make_node
    nodes = [
        made("MatMul", ["x", "w"], ["h"]),
        made("Add", ["h", "b"], ["hb"]),
        made("Gelu", ["hb"], ["g"]),
        made("Transpose", ["x"], ["xt"], perm=[0, 2, 1]),
        made("MatMul", ["x", "xt"], ["scores"]),
        made("Softmax", ["scores"], ["p"]),
        made("MatMul", ["p", "g"], ["a"]),
        made("Add", ["a", "x"], ["r"]),
        made("LayerNormalization", ["r", "gamma", "beta"], ["y"]),
    ]
    draw = np.random.default_rng(0)
    weights = {"w": draw.normal(size=(16, 16)), "b": draw.normal(size=16), "gamma": np.ones(16), "beta": np.zeros(16)}
    graph = helper.make_graph(
        nodes,
        "small",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, [1, "tokens", 16])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, [1, "tokens", 16])],
        [numpy_helper.from_array(value.astype(np.float32), name) for name, value in weights.items()],
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 20)], ir_version=10)


def profiled(model: Any, folder: Path, calls: int = CALLS + 1) -> tuple[Path, Counter[str]]:
    """The profile of ``calls`` calls, and the operators of the optimised graph as ONNX Runtime writes it."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.enable_profiling = True
    options.profile_file_prefix = str(folder / "profile")
    options.optimized_model_filepath = str(folder / "optimised.onnx")
    session = onnxruntime.InferenceSession(model.SerializeToString(), options)
    for _ in range(calls):
        session.run(None, {"x": np.random.default_rng(1).normal(size=(1, 5, 16)).astype(np.float32)})
    profile = Path(session.end_profiling())
    return profile, Counter(node.op_type for node in onnx.load(folder / "optimised.onnx").graph.node)


def test_operators_are_those_of_the_optimised_graph(tmp_path: Path) -> None:
    profile, optimised = profiled(small_graph(), tmp_path)
    executed = onnx_graph.operators(profile, skipped_calls=1)

    assert Counter(operator.name for operator in executed) == Counter(
        {name: CALLS * count for name, count in optimised.items()}
    )
    assert len(onnx_graph.operators(profile)) == len(executed) // CALLS * (CALLS + 1)


def test_kinds_fusions_precision_and_time(tmp_path: Path) -> None:
    profile, optimised = profiled(small_graph(), tmp_path)
    told = onnx_graph.told(onnx_graph.operators(profile, skipped_calls=1), CALLS)

    assert told.ops_after == sum(optimised.values()) < 9
    assert told.fused["bias + gelu"] == 1
    assert set(told.time_share) <= set(KINDS)
    assert sum(told.time_share.values()) == pytest.approx(1)
    assert told.precision_executed["linear"] == told.precision_executed["attention"] == "fp32"
    assert told.isa_executed == ()
    assert any("instructions" in sentence for sentence in told.not_provable)
    assert "BiasGelu: 1" in told.details


def test_products_in_int8_are_read_as_that(tmp_path: Path) -> None:
    from onnxruntime.quantization import quantize_dynamic

    onnx.save(small_graph(), tmp_path / "small.onnx")
    quantize_dynamic(tmp_path / "small.onnx", tmp_path / "int8.onnx", op_types_to_quantize=["MatMul"])
    profile, _ = profiled(onnx.load(tmp_path / "int8.onnx"), tmp_path)
    executed = onnx_graph.operators(profile, skipped_calls=1)

    assert onnx_graph.precision_of(executed) == "int8-dynamic"
    assert onnx_graph.told(executed, CALLS).precision_executed["linear"] == "int8"
    whole, _ = profiled(small_graph(), tmp_path)
    assert onnx_graph.precision_of(onnx_graph.operators(whole)) == "fp32"


def test_a_product_with_a_weight_is_linear_whether_packed_or_not() -> None:
    rows, weight, heads = ("float", (1, 5, 16)), ("float", (16, 16)), ("float", (1, 4, 16, 5))

    assert onnx_graph.kind_of(Operator("MatMul", 1, (rows,))) == "linear"
    assert onnx_graph.kind_of(Operator("MatMul", 1, (rows, weight))) == "linear"
    assert onnx_graph.kind_of(Operator("MatMul", 1, (rows, heads))) == "attention"
    assert onnx_graph.kind_of(Operator("Gather", 1, (weight, ("int64", (1, 5))))) == "embedding"
    assert onnx_graph.kind_of(Operator("Gather", 1, (("int64", (2,)), ("int64", ())))) == "layout"
    assert onnx_graph.kind_of(Operator("SomethingNew", 1, ())) == "other"


def test_several_precisions_of_one_kind_are_all_named() -> None:
    packed = (("float", (1, 5, 16)),)
    executed = [Operator("MatMul", 1, packed), Operator("DynamicQuantizeMatMul", 1, packed)]

    assert onnx_graph.told(executed, 1).precision_executed == {"linear": "int8, fp32"}


def test_explaining_leaves_no_file(tiny: Any, own_home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from engine.mode import Job
    from engine.models import calibration
    from engine.models.calibration import Texts
    from engine.models.look import look
    from engine.modes import onnx_runtime
    from engine.store.artefacts import Shelf
    from tests.engine.modes.trying import prepared, tokens

    passing = tmp_path / "passing"
    passing.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(passing))
    monkeypatch.chdir(passing)
    folder = tiny("bert", "TokenClassification")
    facts = look(folder)
    inputs = tokens(folder, 1, 11)
    job = Job(
        facts=facts,
        auto_class="TokenClassification",
        precision="fp32",
        options={},
        threads=1,
        sample=inputs,
        artefacts=Shelf("explained", "a CPU"),
        calibration=Texts(facts, "", calibration.bundled("calibrate")),
    )
    _, model = prepared(onnx_runtime, job)
    told = model.explain(inputs)

    assert told.ops_after
    assert told.source == "ONNX Runtime's profile"
    assert told.fused["bias + gelu"] == 2
    assert [file for file in passing.rglob("*") if file.is_file()] == []
