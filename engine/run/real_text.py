"""Are the answers at a lower precision still plain PyTorch's, on real texts and not on this input alone?"""

from collections.abc import Sequence

from engine import task as shared
from engine.mode import Prepared
from engine.models import calibration
from engine.models.arrays import arrays
from engine.models.tensors import Inputs
from engine.run.session import Session
from engine.store import outputs as references
from engine.store import samples
from engine.wire.values import Agreement


def known(session: Session) -> Agreement | None:
    """What was found before, for this model, mode, precision and options."""
    return samples.find(_named(session))


def measured(session: Session, eager: Prepared) -> Agreement:
    """On the bundled texts, by the raw outputs: the task's rule needs fields that a text alone does not fill.

    ``eager``: fp32. The model is called without being adapted to each text, which takes long and changes no answer.
    """
    batches = _texts(session).batches()
    reference, given = _outputs(session, eager, batches), _outputs(session, session.prepared, batches)
    found = shared.agreement(session.prepared.precision, reference, given, batches, [True] * len(batches))
    samples.keep(_named(session), found)
    return found


def _texts(session: Session) -> calibration.Texts:
    return calibration.Texts(session.facts, session.run.tokenizer, calibration.bundled("check"))


def _named(session: Session) -> str:
    run, prepared = session.run, session.prepared
    parts = (session.facts.content_key, session.task.auto_class, prepared.mode, prepared.precision)
    return " ".join((*parts, str(sorted(run.options.items())), run.calibration, run.tokenizer, _texts(session).digest))


def _outputs(session: Session, prepared: Prepared, batches: Sequence[Inputs]) -> references.Batches:
    found = []
    for batch in batches:
        session.go_on()
        found.append(arrays(prepared(**batch)))
    return tuple(found)
