"""A small real classifier: a head on the frozen starter that tells good reviews from bad ones, learned in seconds."""

from pathlib import Path

import torch
import transformers

from tests.matrix.reviews import BAD, GOOD

LABELS = ("BAD", "GOOD")
STEPS = 300
DECAY = 0.01
SQUEEZE = 0.1
"""BERT's pooler ends in a tanh. So small a number is its own tanh, nearly: the head sees the first token's features."""


def make(starter: Path, folder: Path) -> Path:
    """Into ``folder``: the starter's weights, a pooler that passes on, a learned head."""
    tokenizer = transformers.AutoTokenizer.from_pretrained(starter)
    model = transformers.BertForSequenceClassification.from_pretrained(
        starter, id2label=dict(enumerate(LABELS)), label2id={label: i for i, label in enumerate(LABELS)}
    ).eval()
    with torch.no_grad():
        pooler = model.bert.pooler.dense
        pooler.weight.copy_(SQUEEZE * torch.eye(len(pooler.weight)))
        pooler.bias.zero_()
        inputs = tokenizer([*BAD, *GOOD], padding=True, return_tensors="pt")
        features = model.bert(**inputs).pooler_output
    _learn(model.classifier, features, torch.tensor([0] * len(BAD) + [1] * len(GOOD)))
    model.save_pretrained(folder, safe_serialization=True)
    tokenizer.save_pretrained(folder)
    return folder


def _learn(head: torch.nn.Linear, features: torch.Tensor, labels: torch.Tensor) -> None:
    torch.nn.init.zeros_(head.weight)
    torch.nn.init.zeros_(head.bias)
    optimizer = torch.optim.AdamW(head.parameters(), lr=0.05, weight_decay=DECAY)
    for _ in range(STEPS):
        optimizer.zero_grad()
        torch.nn.functional.cross_entropy(head(features), labels).backward()
        optimizer.step()
