"""What tests of failures share: the failure that ends a request, what the desk says of a model, weights cut short."""

import time
from pathlib import Path

from engine.wire.messages import Describe, Described, Failed
from engine.wire.values import Failure
from tests.talk import Talk, only


def failure(talk: Talk, name: str) -> Failure:
    last = talk.end(name)
    assert isinstance(last, Failed), last
    assert last.failure.what_happened.endswith(".")
    assert last.failure.what_to_do
    return last.failure


def described(talk: Talk, ref: str) -> Failure | Described:
    name = f"describe {time.monotonic_ns()}"
    talk.client.send(Describe(id=name, ref=ref))
    last = talk.end(name)
    return last.failure if isinstance(last, Failed) else only(talk.of(name), Described)


def cut_weights(folder: Path) -> None:
    with (folder / "model.safetensors").open("ab") as stream:
        stream.truncate(5000)
