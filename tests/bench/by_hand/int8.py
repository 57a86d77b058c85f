"""By hand: a linear layer in int8, activations scaled by token and weights by channel (``torch._int_mm``)."""

import torch


class Int8Linear(torch.nn.Module):  # type: ignore[misc]
    """Takes [..., inputs] in fp32 and gives [..., outputs] in fp32."""

    def __init__(self, linear: torch.nn.Linear) -> None:
        super().__init__()
        weight = linear.weight.detach().float()
        scale = weight.abs().amax(1).clamp(min=1e-8) / 127
        self.weight = (weight / scale[:, None]).round().to(torch.int8).t().contiguous()  # inputs x outputs
        self.scale = scale
        self.bias = linear.bias.detach().float()

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        rows = x.reshape(-1, x.shape[-1])
        scale = rows.abs().amax(1, keepdim=True).clamp(min=1e-8) / 127
        product = torch._int_mm((rows / scale).round().to(torch.int8), self.weight)
        return torch.addcmul(self.bias, product * scale, self.scale).view(*x.shape[:-1], -1)
