"""A process of its own for ``openvino_graph``: calls a graph once, so that oneDNN's log of its kernels can be read.

``python -m engine openvino-log JSON`` with ``graph`` (path), ``compiling`` (properties) and ``shape`` of the inputs.
Imports nothing of ours.
"""

import json
import sys

ROLE = "openvino-log"


def main(words: str) -> int:
    """Returns the exit status. What is asked for is on the standard output, in the libraries' own lines."""
    asked = json.loads(words)
    sys.modules["openvino_telemetry"] = None  # type: ignore[assignment]  # OpenVINO then reports nothing
    import numpy as np
    import openvino

    compiled = openvino.Core().compile_model(asked["graph"], "CPU", asked["compiling"])
    compiled({port.any_name: np.ones(asked["shape"], np.int64) for port in compiled.inputs})
    return 0
