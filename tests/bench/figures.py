"""Speedups over eager fp32 with SDPA that were reached by hand, before there were modes: what these have to reach.

Taken on two cores of an AMD server CPU (Zen 4: AVX-512, VNNI, BF16, no AMX). One thread: process CPU time, p10 over
p10, interleaved in one process. Two threads: wall time, medians, a quiet machine, ``OMP_WAIT_POLICY=PASSIVE``.
"""

from typing import NamedTuple

SHAPES = ("1x128", "1x16", "ragged")
"""``ragged``: a batch of 8 texts of 16 to 128 tokens."""

SHARE = 0.9
"""Of each figure, so much at least."""

LEAST_COSINE = 0.99
"""On real text. Below it answers are different, and a figure counts for nothing."""

PASSIVE_SLOWS_EAGER = {"minilm": 1.4, "bert-base": 1.07}
"""Two threads: waiting passively makes eager itself slower by so much than it is at its best (how the engine sets
OpenMP). A figure at two threads is divided by it where eager is measured in the engine's own environment."""


class Figure(NamedTuple):
    """``ratios`` as in ``SHAPES``, None where nothing was measured. ``cosine``: the worst on real text."""

    mode: str
    precision: str
    model: str
    threads: int
    ratios: tuple[float | None, float | None, float | None]
    cosine: float
    technique: str


_BERT, _MINILM = "bert-base", "minilm"
_PACKED = "packed, prepacked, one q-k-v"
_PACKED_INT8 = "packed, int8 per token, elementwise compiled"
_NOT_COMPILED = "packed, int8 per token, not compiled"
_TS, _TC, _BT, _ORT, _OV = "torchscript", "torch-compile", "better-transformer", "onnx-runtime", "openvino"
_FUSION, _STATIC, _DYNAMIC = "oneDNN fusion", "static, freezing", "dynamic, freezing"
_G32, _G128, _STREAMS = "int8 weights, group 32", "group 128, bare requests", "group 128, one text a request, 2 streams"
_G384, _NNCF = "group 384", "naive calibration"

FIGURES = (
    Figure(_TS, "fp32", _BERT, 1, (1.23, 1.75, 1.22), 1, _FUSION),
    Figure(_TS, "fp32", _MINILM, 1, (1.24, 1.95, 1.21), 1, _FUSION),
    Figure(_TC, "fp32", _BERT, 1, (1.03, 1.00, 1.06), 1, _STATIC),
    Figure(_TC, "fp32", _MINILM, 1, (1.11, 1.22, 1.14), 1, _STATIC),
    Figure(_TC, "fp32", _MINILM, 1, (1.20, 1.48, 1.22), 1, _DYNAMIC),
    Figure(_TC, "bf16", _MINILM, 1, (1.94, 2.62, 2.02), 0.9998, _STATIC),
    Figure(_BT, "fp32", _BERT, 1, (1.17, 1.51, 1.78), 1, _PACKED),
    Figure(_BT, "fp32", _MINILM, 1, (1.23, 1.85, 2.02), 1, _PACKED),
    Figure(_BT, "int8-dynamic", _BERT, 1, (3.07, 2.5, 5.7), 0.9965, _PACKED_INT8),
    Figure(_BT, "int8-dynamic", _BERT, 2, (2.6, 1.9, 4.4), 0.9965, _PACKED_INT8),
    Figure(_BT, "int8-dynamic", _MINILM, 1, (2.4, 2.2, 5.0), 0.9965, _PACKED_INT8),
    Figure(_BT, "int8-dynamic", _MINILM, 2, (1.7, 1.0, 3.8), 0.9965, _PACKED_INT8),
    Figure(_BT, "int8-dynamic", _BERT, 1, (3.0, 2.8, 5.8), 0.9962, _NOT_COMPILED),
    Figure(_BT, "int8-dynamic", _BERT, 2, (2.1, 1.7, 4.0), 0.9962, _NOT_COMPILED),
    Figure(_BT, "int8-dynamic", _MINILM, 1, (2.5, 3.2, 3.5), 0.9962, _NOT_COMPILED),
    Figure(_BT, "int8-dynamic", _MINILM, 2, (1.2, 1.3, 2.8), 0.9962, _NOT_COMPILED),
    Figure("eager", "bf16", _BERT, 1, (1.92, None, None), 0.9998, "bf16 weights"),
    Figure("eager", "bf16", _MINILM, 1, (1.71, 1.59, 1.84), 0.9998, "bf16 weights"),
    Figure(_ORT, "fp32", _BERT, 1, (1.21, 1.70, 1.12), 1, "all optimisations"),
    Figure(_ORT, "fp32", _BERT, 2, (1.40, 2.6, 1.16), 1, "all optimisations"),
    Figure(_ORT, "fp32", _MINILM, 1, (1.29, 1.91, 1.10), 1, "all optimisations"),
    Figure(_ORT, "int8-dynamic", _BERT, 1, (3.5, 4.6, 3.2), 0.962, "per channel"),
    Figure(_ORT, "int8-dynamic", _BERT, 2, (3.9, 6.5, 2.9), 0.962, "per channel"),
    Figure(_ORT, "int8-dynamic", _MINILM, 1, (2.9, 4.7, 2.6), 0.962, "per channel"),
    Figure(_OV, "fp32", _BERT, 1, (1.21, 1.97, 1.11), 1, "f32 hint"),
    Figure(_OV, "fp32", _BERT, 2, (1.64, 2.8, 1.22), 1, "f32 hint"),
    Figure(_OV, "fp32", _MINILM, 1, (1.32, 2.1, 1.3), 1, "f32 hint"),
    Figure(_OV, "fp32", _MINILM, 2, (1.8, 3.7, 1.4), 1, "f32 hint"),
    Figure(_OV, "bf16", _BERT, 1, (2.3, 3.2, 2.2), 0.9999, "bf16 hint"),
    Figure(_OV, "bf16", _BERT, 2, (2.7, 3.2, 2.4), 0.9999, "bf16 hint"),
    Figure(_OV, "bf16", _MINILM, 1, (2.2, 3.8, 2.4), 0.9999, "bf16 hint"),
    Figure(_OV, "bf16", _MINILM, 2, (3.1, 6.0, 2.5), 0.9999, "bf16 hint"),
    Figure(_OV, "int8-dynamic", _BERT, 1, (2.95, 4.0, 2.6), 0.9955, _G32),
    Figure(_OV, "int8-dynamic", _BERT, 2, (3.3, 6.0, 2.8), 0.9955, _G32),
    Figure(_OV, "int8-dynamic", _MINILM, 1, (2.5, 5.0, 2.5), 0.9955, _G32),
    Figure(_OV, "int8-dynamic", _MINILM, 2, (3.5, 7.0, 2.7), 0.9955, _G32),
    Figure(_OV, "int8-dynamic", _BERT, 1, (3.55, 5.2, None), 0.998, _G128),
    Figure(_OV, "int8-dynamic", _BERT, 2, (4.1, 7.4, None), 0.998, _G128),
    Figure(_OV, "int8-dynamic", _MINILM, 1, (3.25, 6.7, None), 0.998, _G128),
    Figure(_OV, "int8-dynamic", _MINILM, 2, (4.1, 8.7, None), 0.998, _G128),
    Figure(_OV, "int8-dynamic", _BERT, 2, (None, None, 6.0), 0.998, _STREAMS),
    Figure(_OV, "int8-dynamic", _MINILM, 2, (None, None, 5.65), 0.998, _STREAMS),
    Figure(_OV, "int8-dynamic", _BERT, 2, (4.4, 7.7, 6.4), 0.981, _G384),
    Figure(_OV, "int8-dynamic", _MINILM, 1, (3.2, 6.7, 3.2), 0.981, _G384),
    Figure(_OV, "int8-dynamic", _MINILM, 2, (4.3, 8.5, 5.7), 0.981, _G384),
    Figure(_OV, "int8-static", _BERT, 2, (4.7, 8.1, 4.0), 0.69, _NNCF),
    Figure(_OV, "int8-static", _MINILM, 1, (3.6, 6.7, 3.3), 0.69, _NNCF),
    Figure(_OV, "int8-static", _MINILM, 2, (5.1, 8.4, 4.1), 0.69, _NNCF),
)


def best(mode: str, precision: str, model: str, threads: int, shape: str) -> float | None:
    """The largest figure of a cell whose answers were right; None where there is none."""
    column = SHAPES.index(shape)
    cell = (mode, precision, model, threads)
    found = [figure.ratios[column] for figure in FIGURES if figure[:4] == cell and figure.cosine >= LEAST_COSINE]
    return max((ratio for ratio in found if ratio is not None), default=None)
