"""Are the answers at a lower precision still plain PyTorch's, on real texts and not on this input alone?"""

import hashlib
import logging
import os
from collections.abc import Sequence
from pathlib import Path

from engine import task as shared
from engine.all_modes import MODES
from engine.mode import Prepared
from engine.models import calibration
from engine.models.arrays import arrays
from engine.models.tensors import Inputs, Outputs
from engine.run.ready import chosen_options
from engine.run.session import Session
from engine.store import samples
from engine.wire.errors import BadInput
from engine.wire.values import Agreement

_log = logging.getLogger(__name__)


def known(session: Session) -> Agreement | None:
    """What was found before, for this model, mode, precision and options."""
    return samples.find(_named(session))


def measured(session: Session, eager: Prepared) -> Agreement | None:
    """On the bundled texts, by the raw outputs: the task's rule needs fields that a text alone does not fill.

    ``eager``: fp32. The model is called without being adapted to each text, which takes long and changes no answer.
    None for a model that takes so few tokens, or knows so few, that all texts are the same to it. Raises Stopped.
    """
    try:
        batches = _texts(session).batches()
    except BadInput as error:
        _log.info("Not held against real texts: %s", error.what_happened)
        return None
    found = _together([_one(session, eager, batch) for batch in batches])
    samples.keep(_named(session), found)
    return found


def _one(session: Session, eager: Prepared, batch: Inputs) -> Agreement:
    """Text by text, since the outputs of all at once may be large: a number for each token and word of a vocabulary."""
    reference, given = _called(session, eager, batch), _called(session, session.prepared, batch)
    return shared.agreement(session.prepared.precision, [reference], [given], [batch], [True])


def _called(session: Session, prepared: Prepared, batch: Inputs) -> Outputs:
    session.go_on()
    return arrays(prepared(**batch))


def _together(found: Sequence[Agreement]) -> Agreement:
    """Of single texts; by the shares that ``engine.task.agreement`` tells its verdicts by."""
    share = sum(one.share for one in found) / len(found)
    same = "same answers" if share >= 0.99 else "close" if share >= 0.95 else "different answers"
    identical = all(one.verdict == "identical" for one in found)
    return Agreement(
        verdict="identical" if identical else same,  # type: ignore[arg-type]
        share=share,
        max_abs_diff=max(one.max_abs_diff for one in found),
        cosine_worst=min(one.cosine_worst for one in found),
        n=len(found),
    )


def _texts(session: Session) -> calibration.Texts:
    return calibration.Texts(session.facts, session.run.tokenizer, calibration.bundled("check"))


def _named(session: Session) -> str:
    """All that the agreement hangs on; the CPU too, since int8 products round otherwise without its instructions."""
    run, prepared, bench = session.run, session.prepared, session.bench
    options = str(sorted(chosen_options(MODES[run.mode], run.options).items()))
    parts = (session.facts.content_key, session.task.auto_class, prepared.mode, prepared.precision, options)
    cpu = f"{bench.cpu_signature} {os.environ.get('ONEDNN_MAX_CPU_ISA', '')}"
    return " ".join((*parts, _content(run.calibration), _state(run.tokenizer), _texts(session).digest, cpu))


def _content(file: str) -> str:
    """Of a person's file for calibrating, which may change under its name."""
    try:
        return hashlib.sha256(Path(file).read_bytes()).hexdigest() if file else ""
    except OSError:
        return file


def _state(folder: str) -> str:
    """Of a tokenizer that another folder lends."""
    if not folder:
        return ""
    files = sorted(file for file in Path(folder).iterdir() if file.is_file())
    return " ".join((folder, *(f"{file.name} {file.stat().st_size} {file.stat().st_mtime_ns}" for file in files)))
