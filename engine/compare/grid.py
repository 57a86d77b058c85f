"""The cells of a comparison: every combination that was asked for, and why some have no place on this machine."""

import itertools
from collections.abc import Iterator, Sequence

import msgspec

from engine.all_modes import MODES
from engine.compare import caps, sample
from engine.cpu import read as cpu
from engine.mode import Mode
from engine.models.facts import ModelFacts
from engine.wire.comparison import ISA_CAPS, CellResult
from engine.wire.errors import BadInput
from engine.wire.messages import Compare, Hold
from engine.wire.values import PrecisionCard

BASELINE = ("eager", "fp32")


def cells(asked: Compare, facts: ModelFacts) -> list[CellResult]:
    """The baseline of each batch size first, which is eager fp32, then the modes in their order. Eager fp32 is among
    these only where several counts of threads are to be seen. Raises BadInput for an unknown id.
    """
    modes = _known(asked.modes, list(MODES), "acceleration")
    every = dict.fromkeys(card.id for mode in MODES.values() for card in mode.card.precisions)
    precisions = _known(asked.precisions, list(every), "precision")
    threads = tuple(dict.fromkeys(count or cpu.default_threads(cpu.facts()) for count in asked.threads)) or (1,)
    isa_caps = _known(asked.isa_caps, ["", *ISA_CAPS], "instruction-set cap")
    found = []
    for batch in dict.fromkeys(asked.batches):
        few = f"It needs {batch} inputs, and was given {len(asked.inputs)}." if 1 < batch > len(asked.inputs) else ""
        first = CellResult(mode=BASELINE[0], precision=BASELINE[1], threads=0, batch=batch)
        found.append(msgspec.structs.replace(first, status="not applicable", reason=few) if few else first)
        for mode, precision, cap, count in itertools.product(modes, precisions, isa_caps, threads):
            if (mode, precision, cap) != (*BASELINE, "") or len(threads) > 1:
                wanted = CellResult(mode=mode, precision=precision, threads=count, isa_cap=cap, batch=batch)
                found += _cell(wanted, facts, few)
    return found


def _cell(wanted: CellResult, facts: ModelFacts, few: str) -> Iterator[CellResult]:
    """Nothing for a precision that this mode has never heard of. ``few``: why its batch has no inputs."""
    mode = MODES[wanted.mode]
    card = next((card for card in mode.card.precisions if card.id == wanted.precision), None)
    if card is None:
        return
    status, reason = ("not applicable", few) if few else _obstacle(mode, card, wanted.isa_cap, facts)
    yield msgspec.structs.replace(wanted, status=status, reason=reason) if status else wanted


def _obstacle(mode: Mode, card: PrecisionCard, cap: str, facts: ModelFacts) -> tuple[str, str]:
    if not card.available:
        return "not applicable", card.reason
    if missing := mode.available():
        return "unavailable", missing.reason
    fit = mode.fits(facts, card.id)
    if fit.verdict == "no":
        return "not applicable", fit.reason
    reason = caps.obstacle(mode, card.id, cap)
    return ("not applicable", reason) if reason else ("", "")


def hold_of(asked: Compare, cell: CellResult, number: int) -> Hold:
    """What is asked of the cell's ``work``."""
    return Hold(
        id=f"cell-{number}",
        folder=asked.folder,
        task=asked.task,
        mode=cell.mode,
        inputs=asked.inputs,
        also=sample.more(asked),
        precision=cell.precision,
        batch=cell.batch,
        runtime=MODES[cell.mode].card.runtime,
        tokenizer=asked.tokenizer,
        threads=cell.threads,
        calibration=asked.calibration,
        allow_pickle=asked.allow_pickle,
        ignore_memory=asked.ignore_memory,
    )


def _known(named: Sequence[str], known: Sequence[str], what: str) -> tuple[str, ...]:
    for name in named:
        if name not in known:
            raise BadInput(f"There is no {what} named {name!r}.", f"Pick some of: {', '.join(known)}.")
    return tuple(dict.fromkeys(named)) or tuple(known)
