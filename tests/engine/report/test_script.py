"""Scripts without Fastpath: what is in them, and what they say when they run by themselves."""

import ast
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from engine.all_modes import MODES
from engine.all_tasks import TASKS
from engine.report import script
from engine.wire.comparison import Comparison
from engine.wire.errors import BadInput
from tests.engine.report import made
from tests.engine.report.scripts import cosine, run

HOSTILE = "'''\"\"\"\\\n$body\r\u2028\u202e\ud800 ' + __import__('os').system('true') + '"


def of_folder(folder: Path, *cells: Any, **more: Any) -> Comparison:
    return made.comparison(*cells, model={"name": "m", "family": "bert", "folder": str(folder)}, **more)


def names_imported(text: str) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import):
            found |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found.add(str(node.module).partition(".")[0])
    return found


def value_of(text: str, name: str) -> Any:
    """What a literal at the top of the script is."""
    (value,) = [
        node.value
        for node in ast.parse(text).body
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name) and node.targets[0].id == name
    ]
    return ast.literal_eval(value)


def every_cell() -> list[tuple[str, str]]:
    return [(mode, card.id) for mode in MODES for card in MODES[mode].card.precisions if card.available]


@pytest.mark.parametrize("task", list(TASKS))
@pytest.mark.parametrize(("mode", "precision"), every_cell())
def test_every_mode_precision_and_task_has_a_script_without_fastpath(mode: str, precision: str, task: str) -> None:
    comparison = made.comparison(made.cell(mode, precision, 3.0, threads=3), task=task, asked={})
    text, _ = script.write(comparison, 0)

    assert not {"engine", "gui", "fastpath", "resources"} & names_imported(text)
    assert "$" not in text
    assert text.index("OMP_NUM_THREADS") < text.index("import torch")
    assert value_of(text, "THREADS") == 3
    assert value_of(text, "MODEL") == "/models/a-model"
    assert value_of(text, "FIRST")


@pytest.mark.parametrize("family", ["bert", "roberta", "distilbert", "mpnet", "modernbert"])
def test_each_family_has_a_script_that_can_be_read(family: str) -> None:
    for mode, precision in every_cell():
        comparison = made.comparison(made.cell(mode, precision, 3.0), model={"name": "m", "family": family})
        text, note = script.write(comparison, 0)
        ast.parse(text)
        assert mode != "better-transformer" or note


def test_hostile_texts_stay_texts() -> None:
    inputs = [{"source_sentence": HOSTILE, "sentences": [HOSTILE]}]
    model = {"name": HOSTILE, "folder": f"/models/{HOSTILE}"}
    environment = {"cpu": HOSTILE, "versions": {"torch": HOSTILE}}
    comparison = made.comparison(
        made.cell("eager", "fp32", 3.0), asked={"inputs": inputs}, model=model, environment=environment
    )
    text, _ = script.write(comparison, 0)

    assert value_of(text, "FIRST") == [HOSTILE, HOSTILE]
    assert value_of(text, "MODEL") == f"/models/{HOSTILE}"
    assert names_imported(text) == {"os", "statistics", "time", "torch", "transformers"}
    text.encode("utf-8")
    assert not [
        line for line in text.splitlines() if "__import__" in line and not line.startswith(("#", " ", "MODEL", "TOK"))
    ]


def test_a_model_of_the_hub_is_named_with_its_commit() -> None:
    commit = "0123456789abcdef" * 2 + "01234567"
    folder = f"/home/x/.cache/hub/models--owner--a-model/snapshots/{commit}"
    text, _ = script.write(made.comparison(made.baseline(), model={"name": commit, "folder": folder}), 0)

    assert value_of(text, "MODEL") == "owner/a-model"
    assert value_of(text, "REVISION") == commit


def test_inputs_of_the_call_that_was_timed_and_the_limit_are_in_it() -> None:
    inputs = [{"inputs": f"text {number}"} for number in range(5)]
    cell = made.cell("eager", "bf16", 3.0, batch=2, isa_cap="avx2")
    text, note = script.write(made.comparison(cell, task="feature-extraction", asked={"inputs": inputs}), 0)

    assert value_of(text, "FIRST") == ["text 0", "text 1"]
    assert 'ONEDNN_MAX_CPU_ISA="AVX2"' in text
    assert "batch" in note


def test_own_texts_for_calibrating_are_in_it(tmp_path: Path) -> None:
    file = tmp_path / "own.txt"
    file.write_text("\n".join(f"own text {number}" for number in range(20)), "utf-8")
    comparison = made.comparison(made.cell("openvino", "int8-static", 3.0), asked={"calibration": str(file)})
    text, note = script.write(comparison, 0)

    assert value_of(text, "CALIBRATION") == [f"own text {number}" for number in range(20)]
    assert note


@pytest.mark.parametrize("number", [-1, 4, 5, 99])
def test_a_cell_that_did_not_run_has_no_script(number: int) -> None:
    with pytest.raises(BadInput):
        script.write(made.usual(), number)


def test_a_model_that_is_a_graph_alone_has_none(tmp_path: Path, tiny: Callable[[str, str], Path]) -> None:
    import onnx

    folder = tmp_path / "graph"
    shutil.copytree(tiny("bert", "FeatureExtraction"), folder, ignore=shutil.ignore_patterns("*.safetensors"))
    ends = [
        onnx.helper.make_tensor_value_info(name, onnx.TensorProto.INT64, ["batch", "tokens"])
        for name in ("input_ids", "last_hidden_state")
    ]
    node = onnx.helper.make_node("Identity", ["input_ids"], ["last_hidden_state"])
    graph = onnx.helper.make_graph([node], "graph", ends[:1], ends[1:])
    onnx.save(onnx.helper.make_model(graph), folder / "model.onnx")

    with pytest.raises(BadInput, match="ONNX graph"):
        script.write(of_folder(folder, made.cell("onnx-runtime", "fp32", 3.0)), 0)


def test_scripts_run_by_themselves_and_answer_as_eager(tmp_path: Path, starter_folder: Path) -> None:
    cells = (made.baseline(), made.cell("onnx-runtime", "int8-dynamic", 5.0))
    comparison = of_folder(starter_folder, *cells)
    answers = []
    for number in (0, 1):
        text, _ = script.write(comparison, number)
        median_ms, outputs = run(text, tmp_path / f"cell{number}.py")
        assert median_ms > 0
        answers.append(outputs)

    assert [output.shape[-1] for output in answers[0]] == [384]
    assert cosine(*answers) > 0.99


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.parametrize("task", [task for task in TASKS if task != "sentence-similarity"])
def test_each_task_reads_its_example(tmp_path: Path, tiny: Callable[[str, str], Path], task: str) -> None:
    """With a head, in three ways that load it differently."""
    folder = tiny("bert", TASKS[task].auto_class)
    cells = [made.baseline(), made.cell("better-transformer", "fp32", 5.0), made.cell("openvino", "fp32", 5.0)]
    comparison = of_folder(folder, *cells, task=task, asked={})
    answers = [run(script.write(comparison, number)[0], tmp_path / f"{number}.py")[1] for number in range(3)]

    assert cosine(answers[0], answers[1]) > 0.9999
    assert cosine(answers[0], answers[2]) > 0.9999
