"""What a task is, and what tasks share: reading examples and fields, checking outputs, judging agreement.

A task is a module in ``engine/tasks`` with the names of ``Task``, listed in ``engine/all_tasks.py``. ``card``
imports nothing heavy.
"""

import dataclasses
import json
from collections.abc import Iterator, Mapping, Sequence
from importlib import resources
from typing import TYPE_CHECKING, Any, Protocol

from engine.models import arrays
from engine.models.facts import ModelFacts
from engine.models.tensors import Inputs, Outputs
from engine.models.tokenizer import readable
from engine.wire.errors import BadInput, ModelBroken, NotForThisModel
from engine.wire.values import Agreement, Field, NoticeText, Result, TaskCard

if TYPE_CHECKING:
    from engine.models.arrays import Array


@dataclasses.dataclass(frozen=True, slots=True)
class Encoded:
    """Model inputs for one press on Run.

    ``batches``: keyword tensors, each batch padded to its own longest row; one call of the model for each.
    ``inputs``: how many inputs of the person's are in it; ``owners``: which of them each row belongs to, empty where
    that is plain. ``state``: what ``decode`` needs (offsets, texts).
    """

    batches: tuple[Inputs, ...]
    inputs: int = 1
    owners: tuple[int, ...] = ()
    state: Any = None
    notices: tuple[NoticeText, ...] = ()


class Task(Protocol):
    """The names a module in ``engine/tasks`` has."""

    card: TaskCard
    auto_class: str
    """See ``engine.mode.Job.auto_class``."""

    def open(self, facts: ModelFacts, tokenizer: str) -> Any:
        """Loads the tokenizer (a folder, or the model's own where empty). Raises as ``open_tokenizer``."""

    def encode(self, reader: Any, fields: Mapping[str, Any]) -> Encoded:
        """Fields of the form to model inputs. Raises BadInput."""

    def decode(self, reader: Any, encoded: Encoded, outputs: Sequence[Outputs]) -> Result:
        """One ``Outputs`` a batch to the answer."""

    def same(self, reference: Result, other: Result) -> Sequence[bool]:
        """For each input: is it the same answer by this task's rule?"""


SCORE_TOLERANCE = 0.02
"""Scores this near count as the same; a changed order among nearer ones is no other ranking."""


def example(task_id: str) -> dict[str, Any]:
    """The fields of the task's example, from resources/examples."""
    text = resources.files("resources").joinpath("examples", f"{task_id}.json").read_text("utf-8")
    fields: dict[str, Any] = json.loads(text)
    return fields


def read_fields(card: TaskCard, fields: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of a form, checked: a text for ``line`` and ``text``, a list of texts for ``lines``; lone
    surrogates are replaced. Raises BadInput, which names the field as the form does.
    """
    known = {field.id: field for field in card.fields}
    titles = " and ".join(field.title for field in card.fields)
    for name in fields:
        if name not in known:
            raise BadInput(f"{card.title} has no field named {readable(str(name))!r}.", f"Give {titles} only.")
    return {name: _read_field(field, fields.get(name)) for name, field in known.items()}


def _read_field(field: Field, value: Any) -> str | list[str]:
    if value is None:
        raise BadInput(f"{field.title} is missing.", f"Fill in {field.title} and run again.")
    if field.kind != "lines":
        return _read_text(field.title, value)
    if not isinstance(value, list | tuple):
        raise BadInput(f"{field.title} is not a list of texts.", "Give a list with one text for each line.")
    if not value:
        raise BadInput(f"{field.title} is empty.", "Give at least one line.")
    return [_read_text(f"Line {number} of {field.title}", text) for number, text in enumerate(value, start=1)]


def _read_text(title: str, value: Any) -> str:
    if not isinstance(value, str):
        raise BadInput(f"{title} is not a text.", "Give it as text.")
    if not value.strip():
        raise BadInput(f"{title} is empty.", "Write something there and run again.")
    return readable(value)


def cut_notice(lengths: Sequence[int], kept: int) -> tuple[NoticeText, ...]:
    """A notice where texts of ``lengths`` tokens were cut to ``kept``; none where all were short."""
    cut = [length for length in lengths if kept and length > kept]
    if not cut:
        return ()
    if len(lengths) == 1:
        return (NoticeText(text=f"The text was cut: {kept:,} of its {cut[0]:,} tokens were kept."),)
    which = "1 text was cut" if len(cut) == 1 else f"{len(cut):,} texts were cut"
    return (NoticeText(text=f"{which}: {kept:,} of {max(cut):,} tokens were kept of the longest."),)


WINDOWS_IN_BATCH = 8
"""Windows over one long text go to the model in batches of at most so many rows."""


def window_notice(windows: int, length: int) -> tuple[NoticeText, ...]:
    """A notice where a text is read in several windows of ``length`` tokens."""
    if windows == 1:
        return ()
    return (NoticeText(text=f"The text is long: it is read in {windows:,} overlapping windows of {length} tokens."),)


def labels_of(facts: ModelFacts) -> dict[int, str]:
    """Names of labels by index, from the configuration; empty where it has none. Raises ModelBroken."""
    named = facts.config.get("id2label") or {}
    try:
        return {int(index): str(label) for index, label in named.items()}
    except (AttributeError, ValueError) as error:
        raise ModelBroken("The model's config.json names its labels in an unknown way.") from error


def output(outputs: Outputs, name: str) -> "Array":
    """One output as a float32 array. Raises NotForThisModel where the model did not give it."""
    if name not in outputs:
        raise NotForThisModel(f"The model gave no {name}.", "Pick a task that this model was made for.")
    return arrays.array(outputs[name])


def check_outputs(outputs: Outputs, inputs: Inputs) -> None:
    """Raises NotForThisModel where an output is missing, empty, not finite, or not of the inputs' batch."""
    import numpy as np

    rows = len(inputs["input_ids"])
    found = arrays.arrays(outputs)
    if not found:
        raise NotForThisModel("The model gave no output.")
    for name, value in found.items():
        if not value.size:
            raise NotForThisModel(f"The model gave an empty output ({name}).")
        if not value.ndim or len(value) != rows:
            raise NotForThisModel(f"The model gave an output of the wrong shape ({name}: {value.shape}).")
        if not np.isfinite(value).all():
            raise NotForThisModel(f"The model gave an output that is not finite ({name}).")


@dataclasses.dataclass(frozen=True, slots=True)
class _Gap:
    """How far one row of a batch is from the reference."""

    max_abs_diff: float
    cosine: float
    within_fp32: bool


def agreement(
    precision: str,
    reference: Sequence[Outputs],
    other: Sequence[Outputs],
    batches: Sequence[Inputs],
    same: Sequence[bool],
    owners: Sequence[int] = (),
) -> Agreement:
    """Judges ``other`` (made at ``precision``) against eager fp32 outputs of the same ``batches``.

    ``same``: the task's rule, one truth for each input. Raw outputs must be near as well: in fp32 within 1e-3
    (times the largest value of the reference where that is above one), in bf16 at a cosine of at least 0.999,
    in int8 of 0.99. Each input is held to its own rows: ``owners`` names each row's input; without, to its own
    row where there are as many rows as inputs, else to all rows. Padding and outputs that one side alone has are
    left out. Raises NotForThisModel where an output is missing, not finite or of another shape.
    """
    gaps = [gap for parts in zip(reference, other, batches, strict=True) for gap in _gaps(*parts)]
    near = [_is_near(precision, gap) for gap in gaps]
    if owners:
        far = {owner for owner, is_near in zip(owners, near, strict=True) if not is_near}
        near = [number not in far for number in range(len(same))]
    elif len(near) != len(same):
        near = [all(near)] * len(same)
    share = sum(one and two for one, two in zip(near, same, strict=True)) / len(same)
    verdict: Any = "different answers"
    if share == 1 and all(gap.within_fp32 for gap in gaps):
        verdict = "identical"
    elif share >= 0.99:
        verdict = "same answers"
    elif share >= 0.95:
        verdict = "close"
    return Agreement(
        verdict=verdict,
        share=share,
        max_abs_diff=max(gap.max_abs_diff for gap in gaps),
        cosine_worst=min(gap.cosine for gap in gaps),
        n=len(same),
    )


def _is_near(precision: str, gap: _Gap) -> bool:
    if precision == "fp32":
        return gap.within_fp32
    return gap.cosine >= (0.999 if precision.startswith(("bf16", "fp16")) else 0.99)


def _gaps(reference: Outputs, other: Outputs, batch: Inputs) -> Iterator[_Gap]:
    """One gap a row of the batch: the worst over the outputs that both sides have."""
    check_outputs(reference, batch)
    check_outputs(other, batch)
    expected, given = arrays.arrays(reference), arrays.arrays(other)
    names = [name for name in expected if name in given]
    if not names:
        raise NotForThisModel("The model's outputs have other names than eager's.")
    for name in names:
        if expected[name].shape != given[name].shape:
            shapes = f"{name}: {given[name].shape}, not {expected[name].shape}"
            raise NotForThisModel(f"The model gave an output of the wrong shape ({shapes}).")
    mask = arrays.array(batch["attention_mask"]) > 0
    for row in range(len(mask)):
        parts = []
        for name in names:
            # Two-dimensional logits are labels, not tokens, but for the two of question answering.
            tokens = expected[name].ndim > 2 or name in ("start_logits", "end_logits")
            kept = mask[row] if tokens and expected[name].shape[1] == mask.shape[1] else ...
            parts.append(_gap(expected[name][row][kept].ravel(), given[name][row][kept].ravel()))
        yield _Gap(
            max(part.max_abs_diff for part in parts),
            min(part.cosine for part in parts),
            all(part.within_fp32 for part in parts),
        )


def _gap(expected: "Array", given: "Array") -> _Gap:
    import numpy as np

    def dot(one: "Array", two: "Array") -> float:
        return float(np.einsum("i,i->", one, two, dtype=np.float64))

    lengths = (dot(expected, expected) * dot(given, given)) ** 0.5
    # Two vectors of zeros are the same; one alone has no direction to share.
    cosine = dot(expected, given) / lengths if lengths else float(not expected.any() and not given.any())
    difference = float(np.abs(expected - given).max(initial=0))
    tolerance = 1e-3 * max(1.0, float(np.abs(expected).max(initial=0)))
    return _Gap(difference, min(cosine, 1.0), difference <= tolerance)
