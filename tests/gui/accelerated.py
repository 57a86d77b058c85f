"""States of the window around accelerations that need what a recording does not hold: evidence, runtimes, programs.

Built of the same messages that the engine sends.
"""

from dataclasses import replace
from typing import Any

import msgspec

from engine.mode import BF16, BF16_AUTOCAST, FP32, INT8_DYNAMIC, INT8_STATIC, INT8_WEIGHTS, without
from engine.wire.errors import FastpathError, failure_of
from engine.wire.messages import (
    AnyEvent,
    CompilerShown,
    Export,
    Exported,
    Failed,
    Finished,
    Installing,
    InstallRuntime,
    Runtimes,
    ShowCompiler,
    Stage,
)
from engine.wire.values import Agreement, Cell, Evidence, RuntimeCard, Supported
from gui import run_state
from gui.run_state import State
from tests.gui import replay

EVIDENCE = Evidence(
    source="oneDNN's log and PyTorch's profiler",
    ops_before=100,
    ops_after=47,
    fused={"linear + gelu": 6, "linear + add": 12, "add + normalisation": 12},
    precision_executed={"linear": "int8", "attention": "fp32", "normalization": "fp32"},
    isa_executed=("avx2", "avx512_f", "avx512_vnni"),
    time_share={
        "linear": 0.618,
        "attention": 0.142,
        "normalization": 0.093,
        "activation": 0.061,
        "layout": 0.052,
        "embedding": 0.021,
        "other": 0.013,
    },
    gflops=133.4,
    peak_gflops=215.2,
    not_provable=("Which instructions the attention ran with: MKL, which computed it, does not tell.",),
    details="onednn_verbose,v1,primitive,exec,cpu,matmul,brg_matmul:avx512_core_vnni,undef,src_u8::blocked\n" * 12,
    code_file="/home/ada/.local/share/fastpath/artefacts/3f/output_code.cpp",
)
SAMPLE = Agreement(verdict="same answers", share=1.0, max_abs_diff=0.12, cosine_worst=0.99846, n=16)
DIFFERING = Agreement(verdict="different answers", share=0.625, max_abs_diff=0.9, cosine_worst=0.8123, n=16)
IPEX = RuntimeCard(
    id="ipex",
    title="Intel Extension for PyTorch (IPEX)",
    plain="A Python environment of its own with PyTorch 2.8, the only one that IPEX works with.",
    state="not installed",
    download_bytes=4_000_000_000,
    disk_bytes=6_900_000_000,
)
INSTALLED = msgspec.structs.replace(
    IPEX, state="installed", used_bytes=6_480_000_000, versions={"torch": "2.8.0", "ipex": "2.8.0"}
)
DAMAGED = msgspec.structs.replace(
    IPEX,
    state="damaged",
    used_bytes=5_900_000_000,
    reason="Its check failed: torch 2.9.0 is there, and 2.8.0 is needed.",
)
NO_BF16 = "PyTorch runs a traced model in bf16 only where oneDNN has AVX-512 BF16 or AMX."
PRECISIONS = (
    FP32,
    BF16,
    without(BF16_AUTOCAST, "Autocast is PyTorch's own; this runtime has one precision for the whole graph."),
    INT8_DYNAMIC,
    INT8_STATIC,
    without(INT8_WEIGHTS, "ONNX Runtime's kernel for it was slower than full precision in every measurement."),
)
SUPPORTED = (
    Supported(family="BERT, RoBERTa, XLM-R, CamemBERT", how="fused layers, or packed without padding"),
    Supported(family="DistilBERT, ELECTRA", how="fused layers, or packed without padding"),
    Supported(family="ALBERT", how="packed without padding"),
    Supported(family="MPNet", how="packed, with its own attention"),
)
SLOWER = Cell(
    mode="onnx-runtime",
    precision="bf16",
    verdict="slower",
    reason="This CPU has no instructions for bf16 (AVX-512 BF16 or AMX), so it is emulated.",
)


def checked() -> State:
    """After a run that was held against eager."""
    return next(state for state in replay.states("shown") if state.run is not None and state.run.report is not None)


def untold() -> State:
    """After a run whose evidence was not read, nor that of one before."""
    return replace(reported(checked(), evidence=None), explained=())


def reported(state: State, **more: Any) -> State:
    """The same with another report."""
    assert state.run is not None
    assert state.run.report is not None
    report = msgspec.structs.replace(state.run.report, **more)
    return replace(state, run=replace(state.run, report=report))


def explained(evidence: Evidence = EVIDENCE, **more: Any) -> State:
    """A run at fewer bits, with evidence."""
    told = {"evidence": evidence, "precision_executed": "int8-dynamic", "sample_agreement": SAMPLE, **more}
    state = reported(checked(), **told)
    assert state.run is not None
    request = msgspec.structs.replace(state.run.request, precision="int8-dynamic", explain=True)
    return with_precisions(replace(state, run=replace(state.run, request=request)))


def with_modes(state: State, change: dict[str, dict[str, Any]]) -> State:
    """With modes changed by id."""
    assert state.catalogue is not None
    modes = tuple(msgspec.structs.replace(mode, **change.get(mode.id, {})) for mode in state.catalogue.modes)
    return replace(state, catalogue=msgspec.structs.replace(state.catalogue, modes=modes))


def with_precisions(state: State) -> State:
    """ONNX Runtime with all six, of which some cannot run and one is slower."""
    state = with_modes(state, {"onnx-runtime": {"precisions": PRECISIONS, "supported": SUPPORTED}})
    return replace(state, cells={**state.cells, ("onnx-runtime", "bf16"): SLOWER})


def with_offers(state: State) -> State:
    """TorchScript can be saved, and the compiler can be looked at."""
    change = {"torchscript": {"offers": ("export",)}, "torch-compile": {"offers": ("show_compiler",)}}
    return with_modes(state, change)


def with_ipex(state: State, card: RuntimeCard = IPEX) -> State:
    """A mode that needs a runtime, which is not there."""
    there = card.state == "installed"
    change = {"available": there, "reason": "" if there else "Its runtime is not installed.", "precisions": PRECISIONS}
    view = run_state.RuntimesView(cards=(card,))
    return replace(with_modes(state, {"ipex": change}), runtimes=view)


def installing(state: State, done_bytes: int = 1_230_000_000) -> State:
    """While the runtime is being installed."""
    state = run_state.asked(with_ipex(state), InstallRuntime(id="i", runtime="ipex"))
    step = Installing(id="i", step="Downloading torch 2.8.0", done_bytes=done_bytes, total_bytes=4_000_000_000)
    return run_state.apply(state, step, 1.0)


def installed(state: State) -> State:
    """Once it was."""
    for event in (Runtimes(id="i", runtimes=(INSTALLED,)), Finished(id="i")):
        state = run_state.apply(state, event, 2.0)
    return state


def failed(state: State, request_id: str, failure: FastpathError) -> State:
    return run_state.apply(state, Failed(id=request_id, failure=failure_of(failure)), 9.0)


def exporting(state: State) -> State:
    """While a program is being saved."""
    assert state.model is not None
    run = Export(
        id="x",
        folder=state.model.folder,
        task="sentence-similarity",
        mode="torchscript",
        fields={},
        target="/home/ada/all-MiniLM-L6-v2.pt",
    )
    events: tuple[AnyEvent, ...] = (
        Stage(id="x", stage="load"),
        Stage(id="x", stage="load", seconds=0.6),
        Stage(id="x", stage="prepare"),
    )
    state = run_state.asked(with_offers(state), run)
    for event in events:
        state = run_state.apply(state, event, 1.0)
    return state


def exported(state: State) -> State:
    how = "Any program that links libtorch runs it: torch::jit::load, then forward with input_ids and attention_mask."
    saved = Exported(id="x", path="/home/ada/all-MiniLM-L6-v2.pt", size_bytes=91_300_000, how=how)
    for event in (saved, Finished(id="x")):
        state = run_state.apply(state, event, 3.0)
    return state


SHOWN = CompilerShown(
    id="c",
    source="def f(x):\n    return torch.sin(torch.cos(x))\n",
    kernel=(
        'extern "C" void kernel(const float* in_ptr0, float* out_ptr0)\n{\n'
        "    for (int64_t x0 = 0; x0 < 1000000; x0 += 16)\n    {\n"
        "        auto tmp0 = at::vec::Vectorized<float>::loadu(in_ptr0 + x0, 16);\n"
        "        auto tmp1 = tmp0.cos();\n        auto tmp2 = tmp1.sin();\n"
        "        tmp2.store(out_ptr0 + x0);\n    }\n}\n"
    ),
    eager_ms=3.21,
    compiled_ms=1.34,
    eager_kernels=2,
    compiled_kernels=1,
)


def compiling(state: State) -> State:
    """While the compiler's example is made."""
    state = run_state.asked(with_offers(state), ShowCompiler(id="c"))
    return run_state.apply(state, Stage(id="c", stage="prepare"), 1.0)


def compiled(state: State) -> State:
    for event in (SHOWN, Finished(id="c")):
        state = run_state.apply(state, event, 3.0)
    return state
