"""Reference outputs come back bit by bit; a damaged one is not known; the oldest go first."""

import hashlib
import io
import os
from pathlib import Path

import numpy
import pytest
import torch

from engine.store import outputs
from engine.store.outputs import Batches
from engine.wire.errors import DiskFull

pytestmark = pytest.mark.usefixtures("own_home")


def reference(batches: int = 2, numbers: int = 64) -> Batches:
    arrays = numpy.random.default_rng(1).normal(size=(batches, numbers)).astype(numpy.float32)
    return tuple({"logits": array, "hidden": array * 2} for array in arrays)


def test_a_reference_comes_back_as_it_was():
    kept = reference(batches=12)
    outputs.keep("key", kept)

    found = outputs.find("key")

    assert outputs.is_known("key")
    assert found is not None
    assert len(found) == 12
    for batch, other in zip(found, kept, strict=True):
        assert sorted(batch) == ["hidden", "logits"]
        for name in batch:
            assert batch[name].dtype == numpy.float32
            numpy.testing.assert_array_equal(batch[name], other[name])


def test_nothing_is_known_of_another_key():
    outputs.keep("key", reference())

    assert outputs.find("other") is None


@pytest.mark.parametrize("length", [0, 10, 32, 500])
def test_a_reference_that_was_cut_is_removed_and_not_known(own_home: Path, length: int):
    outputs.keep("key", reference())
    file = own_home / "outputs" / "key.reference"
    file.write_bytes(file.read_bytes()[:length])

    assert not outputs.is_known("key")
    assert not file.exists()
    assert outputs.find("key") is None


def test_a_change_of_any_byte_makes_a_reference_not_known(own_home: Path):
    outputs.keep("key", reference(1, 4))
    file = own_home / "outputs" / "key.reference"
    content = file.read_bytes()

    for at in range(len(content)):
        file.write_bytes(content[:at] + bytes([content[at] ^ 1]) + content[at + 1 :])
        assert outputs.find("key") is None, at


def test_a_pickle_in_the_place_of_an_array_is_not_opened(own_home: Path):
    outputs.keep("key", reference())
    stream = io.BytesIO()
    numpy.savez(stream, result=numpy.array([{}], dtype=object))
    digest = hashlib.sha256(stream.getvalue()).digest()
    (own_home / "outputs" / "key.reference").write_bytes(digest + stream.getvalue())

    assert outputs.find("key") is None


def test_the_least_recently_used_go_first(own_home: Path):
    outputs.keep("a", reference())
    size_bytes = (own_home / "outputs" / "a.reference").stat().st_size
    outputs.keep("b", reference())
    for number, name in enumerate("ab"):
        os.utime(own_home / "outputs" / f"{name}.reference", (number, number))
    assert outputs.find("a")

    outputs.keep("c", reference(), limit_bytes=2 * size_bytes)

    assert sorted(file.name for file in (own_home / "outputs").iterdir()) == ["a.reference", "c.reference"]


def test_one_that_is_larger_than_all_room_drives_out_none():
    outputs.keep("a", reference())

    outputs.keep("b", reference(numbers=100_000), limit_bytes=10_000)

    assert outputs.find("a") is not None
    assert outputs.find("b") is None


def test_a_full_disk_is_told_and_leaves_nothing_half(own_home: Path, monkeypatch: pytest.MonkeyPatch):
    def full(self: Path, content: bytes) -> int:
        self.touch()
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full)

    with pytest.raises(DiskFull):
        outputs.keep("key", reference())
    assert list((own_home / "outputs").iterdir()) == []


def test_a_key_names_model_task_and_input():
    ids = torch.tensor([[1, 2, 3]])
    base = outputs.key("model", "fill-mask", [{"input_ids": ids}])

    assert outputs.key("model", "fill-mask", [{"input_ids": ids.numpy()}]) == base
    others = [
        outputs.key("other", "fill-mask", [{"input_ids": ids}]),
        outputs.key("model", "other", [{"input_ids": ids}]),
        outputs.key("model", "fill-mask", [{"input_ids": ids + 1}]),
        outputs.key("model", "fill-mask", [{"input_ids": ids.T}]),
        outputs.key("model", "fill-mask", [{"attention_mask": ids}]),
        outputs.key("model", "fill-mask", [{"input_ids": ids}, {"input_ids": ids}]),
        outputs.key("model", "fill-mask", [{"input_ids": ids.int()}]),
    ]
    assert len({base, *others}) == len(others) + 1
    zeros = [outputs.key("m", "t", [{"x": torch.zeros(2, dtype=kind)}]) for kind in (torch.int32, torch.float32)]
    assert zeros[0] != zeros[1]
