"""The text encoder families that run here, and which tasks an architecture can do."""

import dataclasses
from typing import Any

from engine.wire.errors import NotForThisModel


@dataclasses.dataclass(frozen=True, slots=True)
class Family:
    """``skipped_positions``: rows of the position table before the first token's (RoBERTa's padding index +
    1). ``positions``: the rows of that table where the configuration does not say.
    """

    title: str
    skipped_positions: int = 0
    positions: int = 512


ENCODERS = {
    "bert": Family("BERT"),
    "roberta": Family("RoBERTa", 2),
    "xlm-roberta": Family("XLM-RoBERTa", 2),
    "xlm-roberta-xl": Family("XLM-RoBERTa-XL", 2, positions=514),
    "camembert": Family("CamemBERT", 2),
    "distilbert": Family("DistilBERT"),
    "albert": Family("ALBERT"),
    "electra": Family("ELECTRA"),
    "mpnet": Family("MPNet", 2),
    "deberta": Family("DeBERTa"),
    "deberta-v2": Family("DeBERTa-v2"),
    "modernbert": Family("ModernBERT", positions=8192),
    "big_bird": Family("BigBird", positions=4096),
    "longformer": Family("Longformer", 2),
    "roberta-prelayernorm": Family("RoBERTa-PreLayerNorm", 2),
    "data2vec-text": Family("Data2VecText", 2),
    "mobilebert": Family("MobileBERT"),
    "squeezebert": Family("SqueezeBERT"),
    "convbert": Family("ConvBERT"),
    "megatron-bert": Family("Megatron-BERT"),
    "rembert": Family("RemBERT"),
    "roformer": Family("RoFormer", positions=1536),
    "ernie": Family("ERNIE"),
}

_HEADS = {
    "ForSequenceClassification": "text-classification",
    "ForTokenClassification": "token-classification",
    "ForQuestionAnswering": "question-answering",
    "ForMaskedLM": "fill-mask",
    "ForPreTraining": "fill-mask",
}

_OTHER_KINDS = (
    ("ForCausalLM", "a text generation model"),
    ("LMHeadModel", "a text generation model"),
    ("ForConditionalGeneration", "a model that generates text from an input"),
    ("ForSpeechSeq2Seq", "a speech recognition model"),
    ("ForCTC", "a speech recognition model"),
    ("ForAudioClassification", "an audio model"),
    ("ForImageClassification", "an image classification model"),
    ("ForObjectDetection", "an object detection model"),
    ("ForSemanticSegmentation", "an image segmentation model"),
    ("ForDepthEstimation", "a depth estimation model"),
    ("VisionEncoderDecoderModel", "a model that generates text from an input"),
)


def tasks_of(model_type: str, architecture: str, sentences: bool | None) -> tuple[str, ...]:
    """Task ids that a model can do, its own first.

    ``sentences``: True for a sentence model, None where the model has sentence steps that Fastpath does not
    know, so that its vectors would be wrong. The body of every encoder gives features. Sentence similarity is
    offered for models without a head and for masked language models, not for classifiers, whose bodies were
    bent to their labels.
    """
    own = _own_task(model_type, architecture)
    features = ("feature-extraction",)
    similarity = () if sentences is None else ("sentence-similarity",)
    if sentences:
        return similarity + features + own
    if own in ((), ("fill-mask",)):
        return own + features + similarity
    return own + features


_SPANS = frozenset({"start_logits", "end_logits"})
_OUTPUTS = {
    "feature-extraction": frozenset({"last_hidden_state"}),
    "sentence-similarity": frozenset({"last_hidden_state"}),
    "question-answering": _SPANS,
}
"""What a task reads of a graph; any other reads the logits."""


def tasks_of_graph(tasks: tuple[str, ...], outputs: tuple[str, ...]) -> tuple[str, ...]:
    """Those of ``tasks`` that an ONNX graph with these outputs serves; all where it names none.

    Logits serve the task of the architecture: nothing in the graph tells labels of texts from those of tokens.
    """
    if not outputs:
        return tasks
    found = frozenset(outputs)
    if found >= _SPANS and "question-answering" not in tasks:
        tasks = ("question-answering", *tasks)
    return tuple(task for task in tasks if found >= _OUTPUTS.get(task, {"logits"}))


def _own_task(model_type: str, architecture: str) -> tuple[str, ...]:
    # ELECTRA's pre-training head tells real tokens from replaced ones; it has no words to fill in.
    if model_type == "electra" and architecture.endswith("ForPreTraining"):
        return ()
    return tuple(task for suffix, task in _HEADS.items() if architecture.endswith(suffix))


def require_encoder(name: str, model_type: str, architecture: str) -> Family:
    """The family of a model. Raises NotForThisModel, which says what the model is instead."""
    if model_type in ENCODERS:
        family = ENCODERS[model_type]
        if any(architecture.endswith(suffix) for suffix in ("ForCausalLM", "LMHeadModel")):
            raise NotForThisModel(*_not_yet(name, "a text generation model"))
        return family
    kinds = (kind for suffix, kind in _OTHER_KINDS if architecture.endswith(suffix))
    raise NotForThisModel(*_not_yet(name, next(kinds, f"a model of the family “{model_type}”")))


def _not_yet(name: str, kind: str) -> tuple[str, str]:
    return (
        f"{name} is {kind}; Fastpath does not run that kind yet.",
        "Pick a text encoder such as BERT or RoBERTa.",
    )


def max_tokens_of(model_type: str, config: dict[str, Any], *limits: Any) -> int:
    """The longest input in tokens, special tokens included; 0 where nothing tells.

    ``limits`` are what tokenizer and sentence configuration say. Tokenizers without a limit say 1e30, so a
    limit above a million is none.
    """
    family = ENCODERS[model_type]
    positions = _limit(config.get("max_position_embeddings", family.positions))
    if positions:
        positions = max(0, positions - family.skipped_positions)
    return min(filter(None, (positions, *map(_limit, limits))), default=0)


def _limit(value: Any) -> int:
    is_number = isinstance(value, int) and not isinstance(value, bool)
    return value if is_number and 0 < value < 1_000_000 else 0
