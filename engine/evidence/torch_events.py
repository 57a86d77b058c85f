"""PyTorch's profile of one call as the operators that computed: the leaves of its tree of events.

``aten::linear`` only calls ``aten::addmm``, which computes: the dispatcher knows such operators as composite
(``CompositeImplicitAutograd``), and they are looked through. Views and allocations compute nothing.
"""

import contextlib
import dataclasses
import functools
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from engine.evidence.kinds import kind_of

_TYPES = (
    ("int8", ("signed char", "unsigned char")),
    ("bf16", ("c10::BFloat16",)),
    ("fp16", ("c10::Half",)),
    ("fp32", ("float",)),
)
"""The fewest bits among an operator's inputs decide, as with the kernels themselves."""

_LOOKED_THROUGH = {"aten::_transformer_encoder_layer_fwd", "aten::_native_multi_head_attention"}
"""PyTorch's fused fastpath: one operator of the dispatcher, which calls others."""

_NO_WORK = re.compile(
    r"aten::(empty|new_empty|resolve|_local_scalar|_has_compatible|is_nonzero|item|lift|detach|alias)"
)


@dataclasses.dataclass(frozen=True, slots=True)
class Ran:
    """One operator, or one generated kernel. ``precision`` is empty where it is of no matter or unknown.

    ``fused``: what it joins ("add + layer norm"), empty where nothing. ``library``: not one of ATen's own loops.
    """

    name: str
    kind: str
    time_us: float = 0.0
    precision: str = ""
    fused: str = ""
    library: bool = False


def computed(events: Iterable[Any], generated: Mapping[str, Ran]) -> Iterator[Ran]:
    """``events``: of ``torch.profiler.profile.events()``. ``generated``: kernels that are known by their name."""
    for event in events:
        if event.cpu_parent is None:
            yield from _leaves(event, generated)


def _leaves(event: Any, generated: Mapping[str, Ran]) -> Iterator[Ran]:
    name = event.name
    if name in generated:
        yield dataclasses.replace(generated[name], time_us=event.cpu_time_total)
        return
    region = "::" not in name  # a name that the profiler was given, not an operator
    composite = "all" if region or name in _LOOKED_THROUGH else _overloads_composite(name)
    inside = [leaf for child in event.cpu_children for leaf in _leaves(child, generated)] if composite != "none" else []
    yield from inside
    if composite != "all" and not inside and not _is_idle(name):
        kind = kind_of(name)
        yield Ran(name, kind, event.cpu_time_total, _precision(event, kind), library=not name.startswith("aten::"))


@functools.lru_cache(maxsize=1024)
def _overloads_composite(name: str) -> str:
    """``all``, ``some`` or ``none`` of the operator's overloads; the profile does not say which one ran."""
    import torch

    found = set()
    for schema in torch._C._jit_get_schemas_for_operator(name):
        full = f"{name}.{schema.overload_name}" if schema.overload_name else name
        with contextlib.suppress(RuntimeError):  # TorchScript's own overloads are none of the dispatcher's
            found.add(torch._C._dispatch_has_kernel_for_dispatch_key(full, "CompositeImplicitAutograd"))
    return ("all" if found == {True} else "some") if True in found else "none"


@functools.lru_cache(maxsize=1024)
def _is_idle(name: str) -> bool:
    """Views (whatever they return is an alias that is not written) and what only allocates or reads one number."""
    import torch

    if _NO_WORK.match(name):
        return True
    schemas = torch._C._jit_get_schemas_for_operator(name)
    return any(value.alias_info and not value.alias_info.is_write for schema in schemas for value in schema.returns)


def _precision(event: Any, kind: str) -> str:
    if kind in ("layout", "other"):
        return ""
    types = set(getattr(event, "input_dtypes", None) or ())
    return next((precision for precision, names in _TYPES if types & set(names)), "")
