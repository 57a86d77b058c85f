"""From an fp32 graph to one in int8, on the shelf: settings found on real texts, judged on them, kept with a report."""

import hashlib
import logging
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec

from engine.cpu import read as cpu
from engine.mode import INT8_DYNAMIC, INT8_STATIC, Job
from engine.models.tensors import Inputs
from engine.modes.onnx_runtime import observing, products, smoothing
from engine.modes.onnx_runtime.products import Group
from engine.modes.onnx_runtime.smoothing import Seen, Setting
from engine.wire.errors import NotForThisModel

_log = logging.getLogger(__name__)

GRAPH = "model.onnx"

TARGET_COSINE = 0.993
"""What the worst text for calibrating must keep; the bar for an answer in int8 is 0.99."""

_KEPT_FP32 = (0.0, 1 / 12, 1 / 6, 1 / 3)
"""Shares of the products that stay in fp32, tried in turns until the answers are near enough."""

_RECIPE = "1"
"""Part of the key: to be raised with every change of what is made from the same model and texts."""

_MODE = "onnx-runtime"
_REPORT = "report.json"
_MOST_TOKENS = 4096
_MOST_ROW_TOKENS = 128
_MOST_JUDGED = 32
_MOST_INLINE_BYTES = 1_800_000_000
"""A file of Protocol Buffers holds at most two gigabytes; larger weights go beside it."""

_NO_OVERFLOW = ("avx512_vnni", "avx_vnni", "amx_int8", "dotprod")


class Report(msgspec.Struct, frozen=True):
    """What the settings became: how many products there are, how many stayed in fp32, how many inputs are smoothed,
    and the worst cosine over the texts for calibrating (None: not judged).
    """

    products: int
    kept_fp32: int = 0
    smoothed: int = 0
    worst_cosine: float | None = None


def rows(job: Job) -> tuple[Inputs, ...]:
    """The texts for precisions whose settings are found on them, shortened to about 4,000 tokens. Raises BadInput."""
    if job.precision not in (INT8_DYNAMIC.id, INT8_STATIC.id):
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
        report = _weights(graph, folder) if not texts else _Calibrated(job, graph, texts, folder).write()
        (folder / _REPORT).write_bytes(msgspec.json.encode(report))

    return job.artefacts.keep(_MODE, job.precision, _options(texts, origin), write)


def report(folder: Path) -> Report:
    """Of a kept folder."""
    return msgspec.json.decode((folder / _REPORT).read_bytes(), type=Report)


def _options(texts: Sequence[Inputs], origin: str) -> Mapping[str, str]:
    """The digest is of the tokens: another tokenizer makes other texts of the same words."""
    digest = hashlib.sha256()
    for batch in texts:
        digest.update(batch["input_ids"].numpy().tobytes() + b"|")
    return {"recipe": _RECIPE, "graph": origin} | ({"calibration": digest.hexdigest()[:16]} if texts else {})


def _weights(graph: Path, folder: Path) -> Report:
    import onnx

    model = onnx.load(graph)
    count = products.to_int8_weights(model)
    if not count:
        raise _nothing_to_do(graph)
    _save(model, folder / GRAPH)
    return Report(count)


class _Calibrated:
    """One quantisation with settings found on texts."""

    def __init__(self, job: Job, graph: Path, texts: Sequence[Inputs], folder: Path) -> None:
        self._graph = graph
        self._texts = texts
        self._judged = range(0, len(texts), -(-len(texts) // _MOST_JUDGED))
        self._target = folder / GRAPH
        self._threads = job.threads
        self._static = job.precision == INT8_STATIC.id
        self._limit = _limit()

    def write(self) -> Report:
        """Writes the graph with as few products in fp32 as the answers allow."""
        settings, expected = self._settings()
        worst_first = sorted(settings, key=lambda group: -settings[group].error)
        found: dict[int, float] = {}
        for share in _KEPT_FP32:
            left_out = round(share * len(worst_first))
            if left_out in found:
                continue
            found[left_out] = self._attempt(settings, worst_first[left_out:], expected)
            _log.info("int8 with %d groups of products in fp32: cosine %.5f", left_out, found[left_out])
            if found[left_out] >= TARGET_COSINE:
                break
        best = max(found, key=lambda left_out: found[left_out])
        if best != left_out:
            self._attempt(settings, worst_first[best:], expected)
        chosen = worst_first[best:]
        return Report(
            products=sum(len(group.weights) for group in settings),
            kept_fp32=sum(len(group.weights) for group in worst_first[:best]),
            smoothed=sum(settings[group].scales is not None for group in chosen),
            worst_cosine=found[best],
        )

    def _settings(self) -> tuple[dict[Group, Setting], list[Any]]:
        """For each group of products, and the answers in fp32."""
        import onnx

        groups = products.groups(onnx.load(self._graph))
        if not groups:
            raise _nothing_to_do(self._graph)
        names = [name for group in groups for name in group.inputs]
        work = self._target.with_name("work")
        work.mkdir()
        try:
            seen, answers = observing.observe(self._graph, names, self._texts, work, self._threads)
        finally:
            shutil.rmtree(work)
        model = onnx.load(self._graph)
        settings = {}
        for group in groups:
            weights = [products.weight(model, name) for name in group.weights]
            together = _together([seen[name] for name in group.inputs])
            settings[group] = smoothing.choose(together, weights, self._static, self._limit)
        return settings, [answers[i] for i in self._judged]

    def _attempt(self, settings: Mapping[Group, Setting], chosen: Sequence[Group], expected: Sequence[Any]) -> float:
        """Writes the graph with ``chosen`` in int8; returns its worst cosine."""
        import onnx
        import onnxruntime

        model = onnx.load(self._graph)
        products.to_int8(model, {group: settings[group] for group in chosen}, self._limit)
        _save(model, self._target)
        del model
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = self._threads
        session = onnxruntime.InferenceSession(self._target, options, providers=["CPUExecutionProvider"])
        given = observing.answers(session, [self._texts[i] for i in self._judged])
        return observing.worst_cosine(expected, given)


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


def _nothing_to_do(graph: Path) -> NotForThisModel:
    return NotForThisModel(f"The ONNX graph {graph.name} has no matrix products in fp32 that int8 could replace.")
