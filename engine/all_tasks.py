"""Every task, in the window's order."""

from engine.task import Task
from engine.tasks import (
    feature_extraction,
    fill_mask,
    question_answering,
    sentence_similarity,
    text_classification,
    token_classification,
)

TASKS: dict[str, Task] = {
    "sentence-similarity": sentence_similarity,
    "feature-extraction": feature_extraction,
    "text-classification": text_classification,
    "token-classification": token_classification,
    "question-answering": question_answering,
    "fill-mask": fill_mask,
}
