"""What kind of work an operator is, by its name in PyTorch: one of ``told.KINDS``."""

import re

_KINDS = {
    "linear": (
        r"addmm\w*|_?addmm_activation|mm|addmv|mv|dot|_int_mm|(\w+_)?linear\w*|_?linear_pointwise|qlinear\w*"
        r"|_weight_int\d+pack_mm\w*"
    ),
    "attention": (
        r"_?scaled_dot_product\w*|_?(safe_)?softmax|_masked_softmax|bmm|baddbmm|matmul|\w*multi_head_attention"
    ),
    "normalization": r"(native_)?layer_norm\w*|add_?layer_?norm\w*|(_fused_)?rms_norm|(native_)?batch_norm",
    "activation": r"gelu|relu6?|tanh|silu|sigmoid|hardswish|elu|leaky_relu",
    "embedding": r"embedding(_bag)?|index_select|index|gather",
    "elementwise": (
        r"r?sub|add|mul|div|neg|exp2?|log|r?sqrt|pow|abs|clamp(_min|_max)?|round|where|masked_fill|maximum|minimum"
        r"|(bitwise|logical)_\w+|eq|ne|lt|le|gt|ge|cos|sin|sign|floor|ceil|reciprocal|addcmul|lerp|square|erf|fill"
    ),
    "layout": (
        r"copy|clone|cat|contiguous|_?to_copy|to|to_\w+|_?reorder\w*|pad|constant_pad_nd|_pack_padded_sequence|stack"
        r"|(de)?quantize\w*|_nested_tensor\w*|_to_padded_tensor|nested_\w+|index_put|scatter|repeat"
    ),
}
_PATTERNS = {kind: re.compile(pattern) for kind, pattern in _KINDS.items()}
_SPOKEN = {"native_layer_norm": "layer norm", "_to_copy": "convert", "_softmax": "softmax", "addmm": "linear"}


def kind_of(operator: str) -> str:
    """Of ``aten::addmm``, ``mkldnn::_linear_pointwise`` or a bare name; in place ("add_") or not."""
    name = operator.rpartition("::")[2].rstrip("_")
    return next((kind for kind, pattern in _PATTERNS.items() if pattern.fullmatch(name)), "other")


def spoken(operator: str) -> str:
    """The operator as a person reads it: ``layer norm`` for ``aten::native_layer_norm``."""
    name = operator.rpartition("::")[2]
    return _SPOKEN.get(name, name.strip("_").replace("_", " "))
