"""What the tests of the modes share: jobs, as a run gives them to a mode."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from engine.mode import Job
from engine.models import calibration
from engine.models.calibration import Texts
from engine.models.look import look
from engine.modes import eager
from engine.store.artefacts import Shelf
from tests.engine.modes.trying import assert_agrees, prepared, tokens

MakeJob = Callable[..., Job]


@pytest.fixture(scope="module")
def make_job(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MakeJob]:
    """``make_job(folder, head, sample, **options)``; the data folder is the test module's own."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FASTPATH_HOME", str(tmp_path_factory.mktemp("home")))

        def make(folder: Path, head: str, sample: dict[str, Any], precision: str = "fp32", **options: str) -> Job:
            facts = look(folder)
            return Job(
                facts=facts,
                auto_class=head,
                precision=precision,
                options=options,
                threads=1,
                sample=sample,
                artefacts=Shelf(f"{facts.content_key} {head}", "a CPU"),
                calibration=Texts(facts, "", calibration.bundled("calibrate")),
            )

        yield make


@pytest.fixture(scope="module")
def agrees(make_job: MakeJob) -> Callable[..., None]:
    """``agrees(mode, folder, head)``: the mode answers as eager does, on one row and on a padded batch."""

    def check(mode: Any, folder: Path, head: str, shapes: tuple[tuple[int, int], ...] = ((1, 11), (3, 24))) -> None:
        job = make_job(folder, head, tokens(folder, *shapes[0]))
        _, reference = prepared(eager, job)
        _, model = prepared(mode, job)
        for shape in shapes:
            inputs = tokens(folder, *shape)
            list(model.adapt(inputs))
            assert_agrees(reference(**inputs), model(**inputs), inputs)
        assert (model.mode, model.precision) == (mode.card.id, "fp32")
        model.close()
        reference.close()

    return check
