"""Loading a model with PyTorch and Transformers: safetensors, or pickles that the person allowed; nothing from the
network, no code of the model's.
"""

import contextlib
import gc
import importlib
import inspect
import pickle
from collections.abc import Iterator
from typing import Any

from engine.models import look, pickled, safe, starter
from engine.models.facts import ModelFacts
from engine.wire.errors import FastpathError, ModelBroken, NotEnoughMemory, NotForThisModel, UnsafeWeights

BODY = "FeatureExtraction"
"""The suffix that stands for a model without a head (AutoModel)."""

_MAPPINGS = {
    BODY: "MODEL_MAPPING_NAMES",
    "SequenceClassification": "MODEL_FOR_SEQUENCE_CLASSIFICATION_MAPPING_NAMES",
    "TokenClassification": "MODEL_FOR_TOKEN_CLASSIFICATION_MAPPING_NAMES",
    "QuestionAnswering": "MODEL_FOR_QUESTION_ANSWERING_MAPPING_NAMES",
    "MaskedLM": "MODEL_FOR_MASKED_LM_MAPPING_NAMES",
}

_SETTINGS = {"num_labels"}
"""A setting that the configuration classes keep behind a property."""

PICK_ONNX = "Pick ONNX Runtime, or a version of the model in the safetensors format."
"""Where a model is an ONNX graph alone."""

_ANOTHER_TASK = "Pick another task or another model."


def load_eager(facts: ModelFacts, auto_class: str, attention: str, precision: str = "fp32") -> Any:
    """A ``torch.nn.Module`` in evaluation mode, weights in fp32 or ``bf16``.

    ``auto_class``: see ``engine.mode.Job``; ``attention``: ``eager`` or ``sdpa``. A head that the weights
    lack would be random, so it is refused. Raises ModelBroken, NotForThisModel, NotEnoughMemory, UnsafeWeights.
    """
    name = facts.folder.name
    if facts.weights == "pickle" and not facts.pickle_allowed:
        raise pickled.consent_remedy(name)
    if facts.weights == "ONNX":
        raise NotForThisModel(
            f"{name} holds only an ONNX graph, which PyTorch cannot run.",
            PICK_ONNX,
        )
    starter.check_if_here(facts.folder)
    model_class = class_of(facts, auto_class)
    with _translated(name):
        config = clean_config(facts)
        # A pooler that the weights lack would be random, and no task reads it.
        extra = {"add_pooling_layer": False} if auto_class == BODY and _has_pooler_switch(model_class) else {}
        model, info = model_class.from_pretrained(
            facts.folder,
            config=config,
            attn_implementation=attention,
            local_files_only=True,
            use_safetensors=facts.weights == "safetensors",
            weights_only=True,
            trust_remote_code=False,
            output_loading_info=True,
            **_dtype(precision),
            **extra,
        )
        _detach_from_file(model)
    _require_all(name, model, info["missing_keys"])
    look.require_unchanged(facts)
    return model.requires_grad_(False).eval()


def warm_up_imports() -> None:
    """Imports torch and what every encoder of Transformers needs, so that a first load waits for neither.

    2.3 to 3.5 s; without pauses for garbage collection a sixth less (measured, interleaved with plain
    imports).
    """
    with _uncollected():
        import transformers
        import transformers.utils.import_utils as there

        # Were they there, Transformers would import them for what no encoder here uses: 1.4 s more.
        there._sklearn_available = there._scipy_available = there._torchao_available = False
        importlib.import_module("transformers.models.auto.modeling_auto")
        importlib.import_module("transformers.models.bert.modeling_bert")
        transformers.logging.set_verbosity_error()
        transformers.logging.disable_progress_bar()


def clean_config(facts: ModelFacts) -> Any:
    """The family's configuration object, made from the file's content with everything unsafe taken out.

    Raises ModelBroken.
    """
    from transformers.models.auto.configuration_auto import CONFIG_MAPPING

    with _translated(facts.folder.name):
        config_class = CONFIG_MAPPING[facts.model_type]
        # What is a method or a switch of the class is no setting, whatever the file says.
        reserved = set(dir(config_class)) - _SETTINGS
        settings = {key: value for key, value in safe.clean(facts.config).items() if key not in reserved}
        config = config_class.from_dict(settings)
        config.name_or_path = str(facts.folder)
        return config


def class_of(facts: ModelFacts, auto_class: str) -> Any:
    """The class of Transformers that serves the family for ``auto_class``. Raises NotForThisModel.

    Named through Transformers' own tables, so that the family's one module is imported.
    """
    warm_up_imports()
    tables = importlib.import_module("transformers.models.auto.modeling_auto")
    named = getattr(tables, _MAPPINGS[auto_class]).get(facts.model_type)
    if not named:
        raise NotForThisModel(
            f"Transformers has no {auto_class} model of the family of {facts.folder.name}.", _ANOTHER_TASK
        )
    with _uncollected():
        return getattr(importlib.import_module("transformers"), named if isinstance(named, str) else named[0])


def _require_all(name: str, model: Any, missing: list[str]) -> None:
    """A missing tensor was filled with random numbers; position buffers are computed and may be missing."""
    body = f"{model.base_model_prefix}."
    lacking = sorted(key for key in missing if not key.endswith("position_ids"))
    if not lacking:
        return
    has_head = model.base_model is not model
    details = "Missing: " + ", ".join(lacking)
    if has_head and not any(key.startswith(body) for key in lacking):
        raise NotForThisModel(f"{name} has no weights for this task.", _ANOTHER_TASK, details)
    raise ModelBroken(f"The weights of {name} are not complete: {len(lacking)} tensors are missing.", details=details)


@contextlib.contextmanager
def _translated(name: str) -> Iterator[None]:
    """The one border to Transformers and safetensors: their exceptions become ours."""
    from safetensors import SafetensorError

    try:
        yield
    except FastpathError:
        raise
    except SafetensorError as error:
        raise ModelBroken(f"The weights of {name} cannot be read.", details=str(error)) from error
    except ImportError as error:
        raise NotForThisModel(f"{name} needs a library that is not installed.", details=str(error)) from error
    except MemoryError as error:
        raise NotEnoughMemory(f"{name} does not fit into the memory that is free.", details=str(error)) from error
    except Exception as error:  # the model's configuration decides what Transformers stumbles over
        text = f"{type(error).__name__}: {error}"
        if _names_more_than_numbers(error):
            raise UnsafeWeights(f"The pickled weights of {name} hold more than numbers.", details=text) from error
        if any(words in text for words in _NO_MEMORY):
            raise NotEnoughMemory(f"{name} does not fit into the memory that is free.", details=text) from error
        if "scaled_dot_product_attention" in text:
            raise NotForThisModel(f"Transformers has no SDPA attention for {name}.", details=text) from error
        raise ModelBroken(
            f"Transformers cannot load {name}: its configuration and its weights do not fit each other.",
            details=text,
        ) from error


_NO_MEMORY = ("not enough memory", "DefaultCPUAllocator", "Cannot allocate memory", "unable to mmap", "bad_alloc")


def _names_more_than_numbers(error: BaseException | None) -> bool:
    """Whether PyTorch refused what a pickle wants to make (``weights_only``)."""
    while error is not None:
        if isinstance(error, pickle.UnpicklingError):
            return True
        error = error.__cause__ or error.__context__
    return False


def _detach_from_file(model: Any) -> None:
    """Transformers leaves weights mapped to their file: one that is replaced later would change the answers of
    a run, and one that is cut would end the process. Tied weights stay tied.
    """
    for tensor in (*model.parameters(), *model.buffers()):
        if tensor.device.type == "cpu":
            tensor.data = tensor.data.clone()


def _has_pooler_switch(model_class: Any) -> bool:
    return "add_pooling_layer" in inspect.signature(model_class.__init__).parameters


def _dtype(precision: str) -> dict[str, Any]:
    import torch

    return {"dtype": torch.bfloat16 if precision == "bf16" else torch.float32}


@contextlib.contextmanager
def _uncollected() -> Iterator[None]:
    """Imports make many objects that stay: collecting among them finds nothing and costs a sixth more."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()
