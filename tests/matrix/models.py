"""The models of the matrix: tiny, random, and so made that a cosine tells something of them."""

from pathlib import Path
from typing import Any

import torch
import transformers

from engine.models import calibration
from tests import tiny

LABELS = 16
"""A cosine of two logits that happen to be small is all noise; of sixteen it is steady."""

SIZES: dict[str, Any] = {"hidden_size": 64, "intermediate_size": 128, "initializer_range": 0.15}
"""Larger weights than a fresh model has, so that its answers differ from text to text (by cosines of 0.1 to 0.9)."""

DISTILBERT: dict[str, Any] = {"dim": 64, "hidden_dim": 128, "initializer_range": 0.15}


def make(family: str, folder: Path, layers: int) -> Path:
    """A classifier of ``family`` in ``folder``; of ModernBERT two layers at least, the second being of another kind."""
    layers = max(layers, 2) if family == "modernbert" else layers
    is_distilbert = family == "distilbert"
    sizes = {**DISTILBERT, "n_layers": layers} if is_distilbert else {**SIZES, "num_hidden_layers": layers}
    labels = {f"LABEL_{index}": index for index in range(LABELS)}
    named = {"label2id": labels, "id2label": {index: label for label, index in labels.items()}}
    return tiny.make(family, "SequenceClassification", folder, **sizes, **named)


def clear_texts(folder: Path) -> tuple[str, str]:
    """A short and a long text on which the model's first label is well ahead.

    On most texts the best two of a random model nearly tie, and a rounding may then change which is first.
    """
    lines = calibration.bundled("calibrate")
    longer = [" ".join(lines[start : start + 4]) for start in range(0, len(lines), 2)]
    tokenizer = transformers.AutoTokenizer.from_pretrained(folder)
    model = transformers.AutoModelForSequenceClassification.from_pretrained(folder).eval()

    def ahead(text: str) -> float:
        with torch.inference_mode():
            inputs = tokenizer(text, return_tensors="pt", truncation=True)
            first, second = model(**inputs).logits[0].sort(descending=True).values[:2].tolist()
        return float(first - second)

    return max(lines, key=ahead), max(longer, key=ahead)
