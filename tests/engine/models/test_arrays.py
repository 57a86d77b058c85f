"""What tasks compute from outputs, against PyTorch's own functions."""

import numpy as np
import pytest
import torch
from numpy.testing import assert_allclose

from engine.models import arrays

GENERATOR = np.random.default_rng(3)
LOGITS = np.concatenate([GENERATOR.normal(size=(4, 7)) * 10, [[1e4, -1e4, 0, 88, -88, 1, 2]]]).astype(np.float32)


def test_softmax_and_sigmoid_are_those_of_pytorch_also_where_powers_overflow() -> None:
    wanted = torch.tensor(LOGITS)
    with np.errstate(over="raise"):
        assert_allclose(arrays.softmax(LOGITS), torch.softmax(wanted, -1), atol=1e-6)
        assert_allclose(arrays.sigmoid(LOGITS), torch.sigmoid(wanted), atol=1e-6)


def test_mean_pooling_leaves_padding_out() -> None:
    hidden = GENERATOR.normal(size=(2, 5, 3)).astype(np.float32)
    mask = torch.tensor([[1, 1, 1, 0, 0], [1, 1, 1, 1, 1]])
    pooled = arrays.pool(hidden, {"attention_mask": mask}, "mean")

    assert_allclose(pooled, [hidden[0, :3].mean(axis=0), hidden[1].mean(axis=0)], rtol=1e-5)
    assert_allclose(arrays.pool(hidden, {"attention_mask": mask}, "cls"), hidden[:, 0])


def test_rows_of_length_one_and_a_row_of_zeros() -> None:
    vectors = np.array([[3.0, 4.0], [0.0, 0.0]], dtype=np.float32)

    assert_allclose(arrays.unit(vectors), [[0.6, 0.8], [0.0, 0.0]], rtol=1e-6)


@pytest.mark.parametrize("precision", [torch.float32, torch.bfloat16, torch.float16])
def test_outputs_of_any_precision_become_float32(precision: torch.dtype) -> None:
    made = arrays.arrays({"logits": torch.ones(2, 3, dtype=precision, requires_grad=True), "name": "none"})

    assert list(made) == ["logits"]
    assert made["logits"].dtype == np.float32
    assert made["logits"].shape == (2, 3)
