"""From an fp32 graph to one in int8, on the shelf: settings found on real texts, judged on them, kept with a report."""

import hashlib
import logging
import shutil
from collections.abc import Callable, Hashable, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from engine.cpu import read as cpu
from engine.mode import FP32, INT8_STATIC, INT8_WEIGHTS, Job
from engine.models.tensors import Inputs
from engine.modes.onnx_runtime import observing, products, smoothing
from engine.modes.onnx_runtime.products import Group
from engine.modes.onnx_runtime.smoothing import Seen, Setting
from engine.wire.errors import NotForThisModel

Variant = TypeVar("Variant", bound=Hashable)

_log = logging.getLogger(__name__)

GRAPH = "model.onnx"

TARGET_COSINE = 0.9925
"""What the worst text for calibrating must keep; the bar for an answer in int8 is 0.99."""

_KEPT_FP32 = (0.0, 1 / 12, 1 / 6, 1 / 3, 2 / 3)
"""Shares of the products that stay in fp32, tried in turns until the answers are near enough."""

_BLOCKS = ((128, 4), (32, 4), (32, 1))
"""MatMulNBits' block size and accuracy level (4: activations in int8 blocks; 1: weights unpacked to fp32, which takes
longer than fp32 itself). Of 32, 64 and 128 the largest was the fastest: 1.4 times fp32, at a cosine of 0.9987 (MiniLM).
"""

_RECIPE = "1"
"""Part of the key: to be raised with every change of what is made from the same model and texts."""

_MODE = "onnx-runtime"
_REPORT = "report.json"
_MOST_TOKENS = 4096
_MOST_ROW_TOKENS = 128
_MOST_INLINE_BYTES = 1_800_000_000
"""A file of Protocol Buffers holds at most two gigabytes; larger weights go beside it."""

_NO_OVERFLOW = ("avx512_vnni", "avx_vnni", "amx_int8", "dotprod")


class Report(msgspec.Struct, frozen=True):
    """What the settings became: how many products there are, how many stayed in fp32, how many inputs are smoothed,
    and the worst cosine over the texts for calibrating.
    """

    products: int
    worst_cosine: float
    kept_fp32: int = 0
    smoothed: int = 0


def rows(job: Job) -> tuple[Inputs, ...]:
    """The texts that int8 is set and judged on, shortened to about 4,000 tokens in all. Raises BadInput."""
    if job.precision == FP32.id:
        return ()
    cut = [{name: value[:, :_MOST_ROW_TOKENS] for name, value in batch.items()} for batch in job.calibration.batches()]
    tokens = sum(batch["input_ids"].shape[1] for batch in cut)
    return tuple(cut[:: -(-tokens // _MOST_TOKENS)])


def kept(job: Job, texts: Sequence[Inputs], origin: str) -> Path | None:
    """The folder of an earlier run. ``origin``: whose graph it was made of, "own" or "exported"."""
    return job.artefacts.find(_MODE, job.precision, _options(texts, origin))


def quantised(job: Job, graph: Path, texts: Sequence[Inputs], origin: str) -> Path:
    """The folder of ``graph`` in the precision of the job, made now. Raises NotForThisModel."""

    def write(folder: Path) -> None:
        found = _Quantisation(job, graph, texts, folder).write()
        (folder / _REPORT).write_bytes(msgspec.json.encode(found))

    return job.artefacts.keep(_MODE, job.precision, _options(texts, origin), write)


def report(folder: Path) -> Report:
    """Of a kept folder."""
    return msgspec.json.decode((folder / _REPORT).read_bytes(), type=Report)


def _options(texts: Sequence[Inputs], origin: str) -> Mapping[str, str]:
    """The digest is of the tokens: another tokenizer makes other texts of the same words."""
    digest = hashlib.sha256()
    for batch in texts:
        digest.update(batch["input_ids"].numpy().tobytes() + b"|")
    return {"recipe": _RECIPE, "graph": origin, "calibration": digest.hexdigest()[:16]}


class _Quantisation:
    """One graph in int8, tried in several variants until the answers to the texts are near enough."""

    def __init__(self, job: Job, graph: Path, texts: Sequence[Inputs], folder: Path) -> None:
        self._graph = graph
        self._texts = texts
        self._target = folder / GRAPH
        self._threads = job.threads
        self._precision = job.precision
        self._limit = _limit()

    def write(self) -> Report:
        """Writes the graph. Raises NotForThisModel."""
        import onnx

        groups = products.groups(onnx.load(self._graph))
        if not groups:
            raise NotForThisModel(
                f"The ONNX graph {self._graph.name} has no matrix products in fp32 that int8 could replace."
            )
        return self._weights(groups) if self._precision == INT8_WEIGHTS.id else self._activations(groups)

    def _weights(self, groups: Sequence[Group]) -> Report:
        _, expected = self._observed([])
        _, cosine = self._best(_BLOCKS, lambda model, one: products.to_int8_weights(model, *one), expected)
        return Report(products=sum(len(group.weights) for group in groups), worst_cosine=cosine)

    def _activations(self, groups: Sequence[Group]) -> Report:
        """With as few products in fp32 as the answers allow."""
        settings, expected = self._settings(groups)
        worst_first = sorted(settings, key=lambda group: -settings[group].error)

        def make(model: Any, left_out: int) -> None:
            products.to_int8(model, {group: settings[group] for group in worst_first[left_out:]}, self._limit)

        variants = list(dict.fromkeys(round(share * len(groups)) for share in _KEPT_FP32))
        best, cosine = self._best(variants, make, expected)
        return Report(
            products=sum(len(group.weights) for group in groups),
            kept_fp32=sum(len(group.weights) for group in worst_first[:best]),
            smoothed=sum(settings[group].scales is not None for group in worst_first[best:]),
            worst_cosine=cosine,
        )

    def _settings(self, groups: Sequence[Group]) -> tuple[dict[Group, Setting], list[Any]]:
        """For each group of products, and the answers in fp32."""
        import onnx

        seen, expected = self._observed([name for group in groups for name in group.inputs])
        model = onnx.load(self._graph)
        settings = {}
        for group in groups:
            weights = [products.weight(model, name) for name in group.weights]
            together = _together([seen[name] for name in group.inputs])
            settings[group] = smoothing.choose(together, weights, self._precision == INT8_STATIC.id, self._limit)
        return settings, expected

    def _observed(self, names: Sequence[str]) -> tuple[dict[str, Seen], list[Any]]:
        work = self._target.with_name("work")
        work.mkdir()
        try:
            return observing.observe(self._graph, names, self._texts, work, self._threads)
        finally:
            shutil.rmtree(work)

    def _best(
        self, variants: Sequence[Variant], make: Callable[[Any, Variant], None], expected: Sequence[Any]
    ) -> tuple[Variant, float]:
        """Writes one variant after another until one is near enough; where none is, the nearest again."""
        found: dict[Variant, float] = {}
        for variant in variants:
            found[variant] = self._attempt(variant, make, expected)
            _log.info("%s, variant %s: cosine %.5f", self._precision, variant, found[variant])
            if found[variant] >= TARGET_COSINE:
                return variant, found[variant]
        best = max(variants, key=lambda one: found[one])
        if best != variants[-1]:
            self._attempt(best, make, expected)
        return best, found[best]

    def _attempt(self, variant: Variant, make: Callable[[Any, Variant], None], expected: Sequence[Any]) -> float:
        """Writes the graph as ``variant``; returns its worst cosine."""
        import onnx
        import onnxruntime

        model = onnx.load(self._graph)
        make(model, variant)
        _save(model, self._target)
        del model
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = self._threads
        session = onnxruntime.InferenceSession(self._target, options, providers=["CPUExecutionProvider"])
        return observing.worst_cosine(expected, observing.answers(session, self._texts))


def _together(seen: Sequence[Seen]) -> Seen:
    """Of the inputs of one group: in models whose layers share weights there are several."""
    import numpy as np

    return Seen(
        np.min([one.low for one in seen], axis=0),
        np.max([one.high for one in seen], axis=0),
        tuple(rows for one in seen for rows in one.rows),
    )


def _limit() -> int:
    """x86 without VNNI sums products of bytes in pairs of 16 bits, which weights of seven bits do not exceed."""
    facts = cpu.facts()
    usable = {feature.id for feature in facts.features if feature.usable}
    return 127 if usable & set(_NO_OVERFLOW) else 63


def _save(model: Any, file: Path) -> None:
    import onnx

    size_bytes = sum(len(tensor.raw_data) for tensor in model.graph.initializer)
    file.with_suffix(".data").unlink(missing_ok=True)
    beside = {"save_as_external_data": True, "location": file.with_suffix(".data").name}
    onnx.save(model, file, **(beside if size_bytes > _MOST_INLINE_BYTES else {}))
