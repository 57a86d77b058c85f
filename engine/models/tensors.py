"""Names for what goes into a model and comes out."""

from collections.abc import Mapping
from typing import Any

Inputs = Mapping[str, Any]
"""Keyword tensors, as a Transformers model takes them: ``input_ids`` [batch, tokens] int64 and so on."""

Outputs = Mapping[str, Any]
"""Named float tensors of a Transformers ``ModelOutput``."""
