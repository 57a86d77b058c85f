"""What a mode is, and what modes share.

A mode is a module in ``engine/modes`` with the names of ``Mode``, listed in ``engine/all_modes.py``. ``card``,
``available`` and ``fits`` import nothing heavy: the desk calls them before anything is loaded.
"""

import contextlib
import dataclasses
import time
import warnings
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal, Protocol, TypeVar

import msgspec

from engine.cpu import read as cpu
from engine.evidence.told import Told
from engine.models.facts import ModelFacts
from engine.models.tensors import Inputs, Outputs
from engine.wire.errors import DiskFull, FastpathError, NotEnoughMemory, NotForThisModel
from engine.wire.messages import Event, Stage
from engine.wire.values import ModeCard, PrecisionCard

Events = Generator[Event, None, None]
Value = TypeVar("Value")

FP32 = PrecisionCard(id="fp32", title="Full precision (fp32)")
BF16 = PrecisionCard(id="bf16", title="Half the bits (bf16)")
BF16_AUTOCAST = PrecisionCard(id="bf16-autocast", title="Half the bits where safe (bf16, autocast)")
INT8_DYNAMIC = PrecisionCard(id="int8-dynamic", title="Fewer bits (int8, dynamic)")
INT8_STATIC = PrecisionCard(id="int8-static", title="Fewer bits (int8, calibrated)", calibrated=True)
INT8_WEIGHTS = PrecisionCard(id="int8-weights", title="Smaller weights (int8)")

NO_CAP_FP32 = "In full precision PyTorch may multiply by MKL, which has no switch for the instructions that it uses."


def without(card: PrecisionCard, reason: str) -> PrecisionCard:
    """The precision as one that a mode does not have, with the reason."""
    return msgspec.structs.replace(card, available=False, reason=reason)


@dataclasses.dataclass(frozen=True, slots=True)
class Unavailable:
    """Why a mode or precision cannot run on this computer, and what would make it (a sentence or command)."""

    reason: str
    remedy: str = ""


@dataclasses.dataclass(frozen=True, slots=True)
class Fit:
    """Whether a mode suits a model: ``fits``, ``slower`` or ``no``, the latter two with their reason."""

    verdict: Literal["fits", "slower", "no"] = "fits"
    reason: str = ""


@dataclasses.dataclass(frozen=True, slots=True)
class Job:
    """What a mode needs to prepare a model.

    ``auto_class`` is the suffix of Transformers' and Optimum's class names ("SequenceClassification" of
    AutoModelForSequenceClassification and ORTModelForSequenceClassification; "FeatureExtraction" stands for AutoModel).
    ``sample`` is a first batch of real inputs. ``artefacts`` gives a folder for what can be kept on disk.
    ``calibration``: for precisions that are calibrated.
    """

    facts: ModelFacts
    auto_class: str
    precision: str
    options: Mapping[str, str]
    threads: int
    sample: Inputs
    artefacts: "ArtefactShelf"
    calibration: "Calibration"


class Calibration(Protocol):
    """Real texts for finding the ranges of activations: the person's own, or the bundled sample."""

    @property
    def digest(self) -> str:
        """Names the texts: a part of an artefact's options."""

    def batches(self) -> Sequence[Inputs]:
        """Each text as a batch of one row. Raises BadInput where they cannot serve (empty, or all alike)."""


class ArtefactShelf(Protocol):
    """Where a mode keeps what it exported; see ``engine.store.artefacts``."""

    def find(self, mode: str, precision: str, options: Mapping[str, str]) -> Path | None:
        """The whole, checked folder of an earlier run, or None."""

    def keep(self, mode: str, precision: str, options: Mapping[str, str], write: Callable[[Path], None]) -> Path:
        """Lets ``write`` fill a folder beside its place, then renames it there whole; returns the place."""


EXPORT_TASKS = {
    "FeatureExtraction": "feature-extraction",
    "SequenceClassification": "text-classification",
    "TokenClassification": "token-classification",
    "QuestionAnswering": "question-answering",
    "MaskedLM": "fill-mask",
}
"""Optimum's name of the task that its exporters make a graph for, by ``Job.auto_class``."""


class Prepared(Protocol):
    """A model made ready by a mode. Called like the Transformers model.

    ``mode`` and ``precision`` say what was executed, not what was asked.
    """

    mode: str
    precision: str

    def adapt(self, inputs: Inputs) -> Events:
        """Makes ready for inputs of this shape (traces, compiles): may take seconds, never within a timed call.

        Says again what a person should know of such a run (``Notice``): a preparation may be kept from another.
        A call without it is right too, and may be slow.
        Raises NotForThisModel.
        """

    def __call__(self, **inputs: Any) -> Outputs:
        """One forward pass; outputs have the shape of the inputs as given, whatever was padded inside."""

    def explain(self, inputs: Inputs) -> Told:
        """What really runs for inputs of this shape, read back from the runtime, by calls that nobody times."""

    def close(self) -> None:
        """Gives back memory and files. Not called again afterwards."""


class Mode(Protocol):
    """The names a module in ``engine/modes`` has."""

    card: ModeCard

    def available(self) -> Unavailable | None:
        """None where the mode can run on this computer. Light: no heavy import."""

    def fits(self, facts: ModelFacts, precision: str) -> Fit:
        """Whether the mode suits this model, judged from its files. Light."""

    def prepare(self, job: Job) -> Generator[Event, None, Prepared]:
        """Loads and prepares; yields a ``Stage`` event as each of "load" and "prepare" begins and ends.

        Raises NotForThisModel, ModeUnavailable, ModelBroken.
        """


def stage(name: str, work: Callable[[], Value], cached: bool = False) -> Generator[Event, None, Value]:
    """Does ``work`` as one stage: an event as it begins, another with its seconds as it ends.

    Returns what ``work`` returned.
    """
    yield Stage(stage=name)
    began = time.perf_counter()
    value = work()
    yield Stage(stage=name, seconds=time.perf_counter() - began, cached=cached)
    return value


def no_events() -> Events:
    """For modes whose ``adapt`` has nothing to do."""
    return
    yield


@contextlib.contextmanager
def refusing(title: str, facts: ModelFacts) -> Iterator[None]:
    """The border to a library that may not take the model: what it raises becomes NotForThisModel.

    Libraries run the model's code while they read it, so nearly any exception can come out. Memory that ran
    out becomes NotEnoughMemory; a full disk DiskFull, or stays the OSError that it is.
    """
    try:
        yield
    except (FastpathError, OSError, MemoryError):
        raise
    except Exception as error:
        text = f"{type(error).__name__}: {error}"
        if "not enough memory" in text or "DefaultCPUAllocator" in text or "bad allocation" in text:
            raise NotEnoughMemory(
                f"{facts.folder.name} does not fit into the memory that is free.", details=text
            ) from error
        if "No space left on device" in text:
            raise DiskFull(f"There is no room left for what {title} makes.", details=text) from error
        raise NotForThisModel(f"{title} cannot take {facts.folder.name}.", details=text) from error


@contextlib.contextmanager
def tracing_quietly() -> Iterator[None]:
    """TorchScript says that it is deprecated, and tracing warns of each branch: the answers are compared."""
    import torch

    with warnings.catch_warnings():
        for known in (r"`torch\.jit\.\w+` is deprecated", "You are using the legacy TorchScript-based ONNX export"):
            warnings.filterwarnings("ignore", known, DeprecationWarning)
        warnings.filterwarnings("ignore", category=torch.jit.TracerWarning)
        yield


def tensors(outputs: Outputs) -> Outputs:
    """A ``ModelOutput`` as a plain mapping from names to tensors."""
    return {name: value for name, value in outputs.items() if hasattr(value, "shape")}


def attention_of(facts: ModelFacts) -> str:
    """``sdpa`` where Transformers 4.57 has it for the family, else ``eager``."""
    return "eager" if facts.model_type in _WITHOUT_SDPA else "sdpa"


def fits_pytorch(facts: ModelFacts) -> Fit:
    """For modes that start from PyTorch weights."""
    if facts.weights != "ONNX":
        return Fit()
    return Fit("no", "The model holds only an ONNX graph, which PyTorch cannot run.")


def fits_bf16(fit: Fit) -> Fit:
    """``fit``, but slower where the CPU has no instructions for bf16: then it is emulated."""
    if fit.verdict != "fits" or any(feature.usable and feature.id in BF16_FEATURES for feature in cpu.facts().features):
        return fit
    return Fit("slower", "This CPU has no instructions for bf16 (AVX-512 BF16 or AMX), so it is emulated.")


BF16_FEATURES = ("avx512_bf16", "amx_bf16", "bf16")
"""Ids of ``engine.cpu.features``: with one of them bf16 is not emulated."""


def fits_graph(facts: ModelFacts) -> Fit:
    """For modes that make one graph of the model's PyTorch code."""
    if facts.model_type in _WITHOUT_GRAPH:
        return Fit("no", _WITHOUT_GRAPH[facts.model_type])
    return fits_pytorch(facts)


_WITHOUT_SDPA = frozenset(
    (
        *("electra", "mpnet", "deberta", "deberta-v2", "big_bird", "longformer", "squeezebert", "convbert"),
        *("roberta-prelayernorm", "data2vec-text", "mobilebert", "megatron-bert", "rembert", "roformer"),
        "ernie",
    )
)
"""Families whose classes in Transformers 4.57 have ``_supports_sdpa`` false."""

_WITHOUT_GRAPH = {
    "longformer": "Longformer cuts its attention by the input's length: no one graph serves all lengths.",
}
"""Tried: tracing, torch.compile and the ONNX export each fail on them."""
