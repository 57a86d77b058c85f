"""Text classification: which label fits a text."""

import dataclasses
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from engine.models import arrays
from engine.models.facts import ModelFacts
from engine.models.tensors import Outputs
from engine.models.tokenizer import Tokenizer, all_tokens, as_batch
from engine.models.tokenizer import encode as tokenize
from engine.models.tokenizer_loading import open_tokenizer
from engine.task import SCORE_TOLERANCE, Encoded, cut_notice, example, labels_of, output, read_fields
from engine.wire.values import Field, Result, TaskCard

if TYPE_CHECKING:
    from engine.models.arrays import Array

__all__ = ["auto_class", "card", "decode", "encode", "open", "same"]

card = TaskCard(
    id="text-classification",
    title="Text classification",
    plain="Tells which of the model's labels fits a text, such as its mood or topic.",
    fields=(Field(id="inputs", title="Text", kind="text", plain="The text to classify."),),
    output="labels",
    example=example("text-classification"),
)
auto_class = "SequenceClassification"


@dataclasses.dataclass(frozen=True, slots=True)
class _Reader:
    tokenizer: Tokenizer
    labels: Mapping[int, str]
    problem_type: str


def open(facts: ModelFacts, tokenizer: str) -> Any:
    """See ``Task.open``."""
    return _Reader(open_tokenizer(facts, tokenizer), labels_of(facts), str(facts.config.get("problem_type") or ""))


def encode(reader: _Reader, fields: Mapping[str, Any]) -> Encoded:
    """One row."""
    encoding = tokenize(reader.tokenizer, read_fields(card, fields)["inputs"])
    return Encoded(
        batches=(as_batch(reader.tokenizer, [encoding]),),
        notices=cut_notice([all_tokens(encoding)], reader.tokenizer.max_tokens),
    )


def decode(reader: _Reader, encoded: Encoded, outputs: Sequence[Outputs]) -> Result:
    """Every label with its score, the highest first: the pipeline's answer with ``top_k=None``."""
    scores = _scores(output(outputs[0], "logits")[0], reader.problem_type)
    found = [
        {"label": reader.labels.get(index, f"LABEL_{index}"), "score": float(score)}
        for index, score in enumerate(scores)
    ]
    return Result(kind=card.output, value=sorted(found, key=lambda label: -float(label["score"])))


def same(reference: Result, other: Result) -> Sequence[bool]:
    """The same where the first label is, and every label's score is within the tolerance (of a regression's
    value, which has no bounds, that share).
    """
    if reference.value[0]["label"] != other.value[0]["label"]:
        return [False]
    given = {label["label"]: label["score"] for label in other.value}
    return [
        len(given) == len({label["label"] for label in reference.value})
        and all(
            abs(label["score"] - given[label["label"]]) <= SCORE_TOLERANCE * max(1, abs(label["score"]))
            for label in reference.value
        )
    ]


def _scores(logits: "Array", problem_type: str) -> "Array":
    if problem_type == "regression":
        return logits
    if problem_type == "multi_label_classification" or len(logits) == 1:
        return arrays.sigmoid(logits)
    return arrays.softmax(logits)
