"""Recording a model as a graph, and having oneDNN fuse it.

Recipe: ``torch.jit.enable_onednn_fusion``, trace, freeze, three warm calls (PyTorch's documentation of oneDNN Graph).
"""

import logging
from typing import Any

from engine.mode import tracing_quietly
from engine.models.tensors import Inputs

_log = logging.getLogger(__name__)

WARM_CALLS = 3
"""The first is profiled, the second makes and compiles the fused graph, the third runs it."""


def recorded(model: Any, inputs: Inputs) -> Any:
    """The frozen graph of ``model`` for keyword ``inputs``; right for other lengths too."""
    import torch

    with tracing_quietly():
        trace = torch.jit.trace(model, example_kwarg_inputs=dict(inputs), strict=False, check_trace=False)
        return torch.jit.freeze(trace)


def warmed(trace: Any, inputs: Inputs) -> Any:
    """``trace``, after TorchScript has seen what it is called with."""
    for _ in range(WARM_CALLS):
        trace(**inputs)
    return trace


def fused_or_none(trace: Any, inputs: Inputs) -> Any:
    """``trace`` fused for the shape of ``inputs``; None where oneDNN cannot: it finds out in the second call."""
    import torch

    # A switch of the whole process, heeded as a graph is optimised, so in the warm calls. On any longer, functions
    # that Transformers scripts itself would be fused too: DeBERTa-v2's fail ever after, in every mode.
    torch.jit.enable_onednn_fusion(True)
    try:
        return warmed(trace, inputs)
    except RuntimeError as error:
        _log.info("not fused: %s", error)
        return None
    finally:
        torch.jit.enable_onednn_fusion(False)


def has_logarithm(trace: Any) -> bool:
    """Whether distances are sorted into buckets by a logarithm, as MPNet and DeBERTa-v2 do."""
    return bool(trace.graph.findAllNodes("aten::log", True))
