"""Linear layers in int8, for Inductor to compile around oneDNN's int8 product (``torch._int_mm``).

Weights are rounded once with a scale for each output channel, activations at each call with a scale for each token:
one scale for a whole tensor would ruin the answers of small models. Inductor joins the scaling back, the bias, the
activation and the next rounding into one pass over memory.

Both scales are multiplied with each other first. Written one after the other, Inductor's freezing recognises the
expression (``torch/_inductor/fx_passes/quantization.py``, ``_register_smooth_quant_int_mm_pattern``) and puts
``onednn::qlinear_pointwise`` in its place, which for signed activations of unknown shape is oneDNN's reference product:
hundreds of times slower (PyTorch 2.13).
"""

from typing import Any

LARGEST = 127
_SMALLEST_SCALE = 1e-12
"""So that a token or channel of zeros divides by something."""


def quantize(model: Any) -> Any:
    """``model`` with every linear layer of its body in int8, in place. A task's head stays in fp32: it is small, and
    what it rounds is the answer itself.
    """
    import torch

    for parent in list(model.base_model.modules()):
        for name, child in list(parent.named_children()):
            if type(child) is torch.nn.Linear:
                setattr(parent, name, _int8(child))
    return model


def _int8(linear: Any) -> Any:
    import torch

    weight = linear.weight.detach()
    scale = (weight.abs().amax(1) / LARGEST).clamp(min=_SMALLEST_SCALE)
    rounded = torch.round(weight / scale[:, None]).to(torch.int8)

    class Int8Linear(torch.nn.Module):  # type: ignore[misc]
        """``weight``: [in, out], int8. ``forward``: [..., in] to [..., out]."""

        def __init__(self) -> None:
            super().__init__()
            self.register_buffer("weight", rounded.t().contiguous())
            self.register_buffer("scale", scale)
            self.bias = linear.bias

        def forward(self, inputs: Any) -> Any:
            rows = inputs.reshape(-1, inputs.shape[-1])
            row_scale = (rows.abs().amax(-1, keepdim=True) / LARGEST).clamp(min=_SMALLEST_SCALE)
            quantized = torch.round(rows / row_scale).to(torch.int8)
            outputs = torch._int_mm(quantized, self.weight).to(inputs.dtype) * (row_scale * self.scale)
            if self.bias is not None:
                outputs = outputs + self.bias
            return outputs.reshape(*inputs.shape[:-1], -1)

    return Int8Linear()
