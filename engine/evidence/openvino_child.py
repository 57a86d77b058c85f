"""Run as a program by ``openvino_graph``: calls a graph once, so that oneDNN's log of its kernels can be read.

One argument, JSON: ``graph`` (path), ``compiling`` (properties) and ``shape`` of the inputs. Imports nothing of ours.
"""

import json
import sys
from typing import Any


def main(asked: dict[str, Any]) -> None:
    sys.modules["openvino_telemetry"] = None  # type: ignore[assignment]  # OpenVINO then reports nothing
    import numpy as np
    import openvino

    compiled = openvino.Core().compile_model(asked["graph"], "CPU", asked["compiling"])
    compiled({port.any_name: np.ones(asked["shape"], np.int64) for port in compiled.inputs})


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
