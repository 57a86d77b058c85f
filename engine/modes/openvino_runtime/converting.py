"""From our loaded model to one graph: by Optimum Intel's exporter, or OpenVINO's own converter that it stands on."""

import inspect
from typing import Any

from engine import folders
from engine.mode import EXPORT_TASKS
from engine.store import whole

_INPUTS = ("input_ids", "attention_mask", "token_type_ids")


def converted(openvino: Any, model: Any, auto_class: str) -> Any:
    """An ``openvino.Model`` for all shapes, in fp32, its inputs and outputs named as the model's.

    Optimum Intel knows what each family's trace needs. Where it has no such task for the family, or would leave out an
    input (BigBird's segments), OpenVINO's converter alone serves.
    """
    names = _inputs_of(model)
    graph = _by_optimum(openvino, model, auto_class)
    if graph is not None and {port.get_any_name() for port in graph.inputs} == set(names):
        return graph
    return _by_openvino(openvino, model, names)


def _by_optimum(openvino: Any, model: Any, auto_class: str) -> Any:
    """None where it has no recipe for the family and task."""
    import optimum.exporters.openvino.model_configs  # noqa: F401 - registers the recipes
    from optimum.exporters.openvino import convert
    from optimum.exporters.tasks import TasksManager

    # It would forget all classes of TorchScript; a trace that is kept ready would then call freed memory.
    convert.clear_class_registry = _forget_nothing

    try:
        recipe = TasksManager.get_exporter_config_constructor(
            exporter="openvino", model=model, task=EXPORT_TASKS[auto_class], library_name="transformers"
        )
    except (KeyError, ValueError):
        return None
    core = openvino.Core()
    core.set_property({"ENABLE_MMAP": False})  # the file it comes from is gone when it is read
    with whole.aside(folders.part("artefacts")) as place:
        file = place / "model.xml"
        convert.export(model, recipe(model.config), file, stateful=False)
        return core.read_model(file)


def _forget_nothing() -> None:
    pass


def _by_openvino(openvino: Any, model: Any, names: tuple[str, ...]) -> Any:
    """One graph for all shapes, its inputs and outputs named as the model's. Its constants are the model's tensors."""
    import torch

    example = {name: torch.ones(2, 16, dtype=torch.int64) for name in names}
    example["input_ids"][:, :] = torch.arange(5, 21)
    with torch.no_grad():
        graph = openvino.convert_model(_by_names(model, names), example_input=example)
    for name in names:
        graph.input(name).get_tensor().set_names({name})
    graph.reshape({name: openvino.PartialShape([-1, -1]) for name in names})
    return graph


def _inputs_of(model: Any) -> tuple[str, ...]:
    """Of a model without segments ``token_type_ids`` can only be zeros, and are left out."""
    taken = inspect.signature(model.forward).parameters
    segments = getattr(model.config, "type_vocab_size", 0) > 1
    return tuple(name for name in _INPUTS if name in taken and (name != "token_type_ids" or segments))


def _by_names(model: Any, names: tuple[str, ...]) -> Any:
    """The model with only ``names`` as arguments and a plain mapping of tensors as its answer, as tracing needs it."""
    import torch

    class ByNames(torch.nn.Module):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__()
            self.model = model

        def forward(self, input_ids: Any, attention_mask: Any, token_type_ids: Any = None) -> Any:
            given = (input_ids, attention_mask, token_type_ids)
            outputs = self.model(**dict(zip(names, given, strict=False)))
            return {name: value for name, value in outputs.items() if hasattr(value, "shape")}

    return ByNames().eval()
