"""How a model is made ready for IPEX at each precision.

int8 is smoothed (SmoothQuant, arXiv 2211.10438): outliers of single channels of the activations are moved into the
weights. Measured on MiniLM and real texts, the worst cosine against plain PyTorch: calibrated 0.989 plainly and 0.997
smoothed; dynamic 0.959 and 0.993. But PyTorch's dynamic int8 has one scale for a whole batch, padding included, where
that fell to 0.981; with the layers that narrow (a block's second linear layer, heads) in fp32 it is 0.995, and 0.998 on
single texts.
"""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from engine.measure import memory
from engine.mode import BF16, FP32, INT8_DYNAMIC, INT8_STATIC, Job, attention_of, refusing, tensors
from engine.models.load import load_eager
from engine.models.tensors import Outputs
from engine.modes.ipex import smooth
from engine.runtimes import ipex as runtime
from engine.wire.errors import ModeUnavailable

TITLE = "IPEX"
ALPHA = 0.8
"""How much of the outliers goes into the weights: tried from 0.5 to 0.9, best for both int8 precisions."""

_RANGES = "ranges.json"


def require() -> None:
    """Imports IPEX. Beside a wrong PyTorch it prints an error and calls ``os.exit``, which does not exist.

    Raises ModeUnavailable.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            import intel_extension_for_pytorch  # noqa: F401
    except (ImportError, AttributeError, OSError) as error:
        raise ModeUnavailable(
            "IPEX cannot be imported here: its runtime is damaged, or this is not its runtime.",
            runtime.REPAIR,
            f"{type(error).__name__}: {error}",
        ) from error


def load(job: Job) -> Any:
    """In fp32, with the attention that IPEX does best: SDPA in fp32 and int8; in bf16 the plain one, whose operations
    it fuses into multi-head attention.
    """
    attention = "eager" if job.precision == BF16.id else attention_of(job.facts)
    return load_eager(job.facts, job.auto_class, attention)


def ready(job: Job, model: Any) -> tuple[Any, Outputs]:
    """The model to be traced, and what the model before answers to the sample. Raises NotForThisModel."""
    import torch

    with torch.no_grad(), refusing(TITLE, job.facts), _quietly():
        expected = tensors(model(**job.sample))
        if job.precision == INT8_DYNAMIC.id:
            return _dynamic(job, model), expected
        if job.precision == INT8_STATIC.id:
            return _static(job, model), expected
        return _optimized(job, model), expected


def _optimized(job: Job, model: Any) -> Any:
    import intel_extension_for_pytorch as ipex
    import torch

    dtype = {FP32.id: torch.float32, BF16.id: torch.bfloat16}[job.precision]
    optimized = ipex.optimize(model, dtype=dtype, inplace=True, auto_kernel_selection=True)
    memory.give_back()  # the weights as they were before they were packed
    return optimized


def _dynamic(job: Job, model: Any) -> Any:
    from intel_extension_for_pytorch import quantization

    smooth.keep_narrowing(model)
    smooth.smooth(model, job.calibration.batches(), ALPHA)
    prepared = quantization.prepare(
        model, quantization.default_dynamic_qconfig_mapping, example_kwarg_inputs=dict(job.sample), inplace=True
    )
    return quantization.convert(prepared, inplace=True)


def _static(job: Job, model: Any) -> Any:
    """Ranges are found on the texts once and kept. By IPEX's own histograms that would take a minute for a small
    model, and the answers are the same.
    """
    from intel_extension_for_pytorch import quantization
    from torch.ao.quantization import MinMaxObserver

    mapping = quantization.get_smooth_quant_qconfig_mapping(alpha=ALPHA, act_observer=MinMaxObserver)
    prepared = quantization.prepare(model, mapping, example_kwarg_inputs=dict(job.sample), inplace=True)
    options = {**job.options, "calibration": job.calibration.digest, "ipex": runtime.IPEX, "alpha": str(ALPHA)}

    def write(folder: Path) -> None:
        for batch in job.calibration.batches():
            prepared(**batch)
        prepared.save_qconf_summary(qconf_summary=str(folder / _RANGES))

    kept = job.artefacts.find("ipex", job.precision, options)
    kept = kept or job.artefacts.keep("ipex", job.precision, options, write)
    prepared.load_qconf_summary(qconf_summary=str(kept / _RANGES))
    return quantization.convert(prepared, inplace=True)


@contextmanager
def _quietly() -> Iterator[None]:
    """IPEX warns of what it leaves as it is, and of PyTorch's own deprecations."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield
