"""OpenVINO and NNCF, imported so that they report nothing to anybody."""

import sys
from typing import Any


def openvino() -> Any:
    """The module. Its telemetry reports on first import unless it is told otherwise by a file in the person's home
    or the marks of a build server; without the package for it, OpenVINO and NNCF have nothing to report with.
    """
    _without_telemetry()
    import openvino

    return openvino


def load() -> None:
    """Imports OpenVINO and loads its part for CPUs: seconds that belong to loading, not to preparing."""
    openvino().Core().get_property("CPU", "FULL_DEVICE_NAME")


def nncf() -> Any:
    """The module that quantises, its messages on standard error but for errors left out."""
    _without_telemetry()
    import logging

    import nncf

    nncf.set_log_level(logging.ERROR)
    return nncf


def _without_telemetry() -> None:
    sys.modules["openvino_telemetry"] = None  # type: ignore[assignment]  # an import of it now fails, as if not there
