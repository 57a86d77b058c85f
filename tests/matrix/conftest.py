"""One engine and one set of outcomes for the whole matrix: what a test has found, the table takes."""

import functools
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from engine.models.families import ENCODERS
from engine.wire.messages import Catalogue
from tests.matrix import models
from tests.matrix.cells import Outcome, try_cell
from tests.talk import Talk, talking

LAYERS = 2
COMPILED_LAYERS = 1
"""Compiling takes long, and the second layer is as the first."""

Cells = Callable[[str, str, str], Outcome]
RealCells = Callable[[str, str], Outcome]

TEXT = "Heavy rain is expected over the mountains tonight, and walkers are told to stay in the valley."


@pytest.fixture(scope="session")
def talk(tmp_path_factory: pytest.TempPathFactory, shares_compiled: Callable[[Path], None]) -> Iterator[Talk]:
    with pytest.MonkeyPatch.context() as patch:
        home = tmp_path_factory.mktemp("matrix-home")
        shares_compiled(home)
        patch.setenv("FASTPATH_HOME", str(home))
        with talking() as talk:
            yield talk


@pytest.fixture(scope="session")
def catalogue(talk: Talk) -> Catalogue:
    return next(event for event in talk.heard if isinstance(event, Catalogue))


@pytest.fixture(scope="session")
def cells(talk: Talk, catalogue: Catalogue, tmp_path_factory: pytest.TempPathFactory) -> Cells:
    """``cells(family, mode, precision)``: the outcome, found once."""
    root = tmp_path_factory.mktemp("families")
    absent = {card.id: card.reason for card in catalogue.modes if not card.available}

    @functools.cache
    def model(family: str, layers: int) -> tuple[Path, tuple[str, str]]:
        folder = models.make(family, root / str(layers) / ENCODERS[family].title, layers)  # a reason names the folder
        return folder, models.clear_texts(folder)

    @functools.cache
    def cell(family: str, mode: str, precision: str) -> Outcome:
        if mode in absent:
            return Outcome("not applicable", absent[mode])
        folder, texts = model(family, COMPILED_LAYERS if mode == "torch-compile" else LAYERS)
        inputs = [{"inputs": text} for text in texts]
        return try_cell(talk, folder, "text-classification", mode, precision, inputs)

    return cell


@pytest.fixture(scope="session")
def real_cells(talk: Talk, catalogue: Catalogue, starter_folder: Path) -> RealCells:
    """``real_cells(mode, precision)``: the starter's outcome, with the agreement on real texts; found once."""
    absent = {card.id: card.reason for card in catalogue.modes if not card.available}

    @functools.cache
    def cell(mode: str, precision: str) -> Outcome:
        if mode in absent:
            return Outcome("not applicable", absent[mode])
        return try_cell(talk, starter_folder, "feature-extraction", mode, precision, [{"inputs": TEXT}])

    return cell
