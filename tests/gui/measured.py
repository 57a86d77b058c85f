"""States of the window around the measured speed of the CPU, built of the messages that the engine sends."""

from dataclasses import replace

import msgspec

from engine.wire.errors import FastpathError
from engine.wire.messages import Finished, MeasurePeaks, PeaksTold, Run, Stage
from engine.wire.values import Evidence, MachinePeaks
from gui import run_state
from gui.run_state import State
from tests.gui import accelerated

PEAKS = MachinePeaks(threads=2, gflops={"fp32": 214.0, "bf16": 431.0, "int8": 812.0}, bandwidth_gb_s=26.4)
RUNS = (
    ("eager", "fp32", 61.2, 2.87e9, 43.0e6),
    ("torchscript", "fp32", 68.4, 2.87e9, 43.0e6),
    ("torch-compile", "fp32", 81.9, 2.87e9, 43.0e6),
    ("onnx-runtime", "fp32", 88.1, 2.87e9, 43.0e6),
    ("openvino", "fp32", 93.5, 2.87e9, 43.0e6),
    ("openvino", "bf16", 171.0, 2.87e9, 21.7e6),
    ("eager", "fp32", 31.0, 0.34e9, 42.6e6),
    ("onnx-runtime", "int8-dynamic", 263.0, 2.87e9, 11.1e6),
)
"""Mode, precision, GFLOP/s, operations, bytes; the newest last."""


def with_peaks(state: State, peaks: MachinePeaks = PEAKS) -> State:
    """As a catalogue brings what was kept."""
    assert state.catalogue is not None
    catalogue = msgspec.structs.replace(state.catalogue, peaks=(peaks,), threads=peaks.threads)
    return replace(state, catalogue=catalogue)


def evidence(gflops: float, flops: float, least_bytes: float, precision: str) -> Evidence:
    name = next(one for one in ("int8", "bf16", "fp32") if one in precision)
    return Evidence(
        source="a profile",
        precision_executed={"linear": name},
        gflops=gflops,
        peak_gflops=PEAKS.gflops[name],
        flops=flops,
        bytes=least_bytes,
        peak_bandwidth_gb_s=PEAKS.bandwidth_gb_s,
    )


def ran(state: State, count: int = len(RUNS), threads: int = 2) -> State:
    """After the first ``count`` of ``RUNS``, each told with its evidence."""
    report = accelerated.checked().run
    assert report is not None
    assert report.report is not None
    assert state.model is not None
    for number, (mode, precision, gflops, flops, least_bytes) in enumerate(RUNS[:count]):
        run = Run(
            id=f"m{number}", folder=state.model.folder, task="sentence-similarity", mode=mode, fields={"n": number}
        )
        state = run_state.asked(state, msgspec.structs.replace(run, precision=precision, threads=threads))
        told = msgspec.structs.replace(
            report.report,
            mode_executed=mode,
            precision_executed=precision,
            evidence=evidence(gflops, flops, least_bytes, precision),
            environment={"threads": threads},
        )
        state = run_state.apply(state, Finished(id=run.id, report=told), float(number))
    return state


def measuring(state: State) -> State:
    """While the machine is measured."""
    state = run_state.asked(state, MeasurePeaks(id="p", threads=2))
    return run_state.apply(state, Stage(id="p", stage="measuring"), 1.0)


def measured(state: State, peaks: MachinePeaks = PEAKS) -> State:
    """Once it was."""
    for event in (Stage(id="p", stage="measuring", seconds=4.1), PeaksTold(id="p", peaks=peaks), Finished(id="p")):
        state = run_state.apply(state, event, 5.0)
    return state


def failed(state: State, failure: FastpathError) -> State:
    return accelerated.failed(state, "p", failure)
