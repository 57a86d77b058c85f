"""The versions of the libraries whose change makes kept work stale."""

import functools
from importlib import metadata

_NAMES = (
    *("torch", "transformers", "tokenizers", "optimum", "optimum-onnx", "onnx", "onnxruntime"),
    *("optimum-intel", "openvino", "nncf"),
)


@functools.cache
def installed() -> dict[str, str]:
    """Versions by name, of those that are installed here. Imports none of them."""
    found = {}
    for name in _NAMES:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return found
