"""Real texts: what the ranges of int8 activations are found on, and what answers at a lower precision are checked on.

The bundled texts are in two parts, since settings found on a text would flatter themselves on it.
"""

import dataclasses
import hashlib
from collections.abc import Sequence
from importlib import resources
from pathlib import Path

from engine.models.facts import ModelFacts
from engine.models.tensors import Inputs
from engine.models.tokenizer import as_batch, encode, readable
from engine.models.tokenizer_loading import open_tokenizer
from engine.wire.errors import BadInput

LEAST_TEXTS = 8
MOST_TEXTS = 300
MOST_BYTES = 4_000_000
_REMEDY = f"Give a text file with at least {LEAST_TEXTS} different texts, one a line, like those the model will read."


@dataclasses.dataclass(frozen=True, slots=True)
class Texts:
    """Texts for one model's tokenizer: ``engine.mode.Calibration``. ``tokenizer``: a folder, or empty for its own."""

    facts: ModelFacts
    tokenizer: str
    texts: tuple[str, ...]

    @property
    def digest(self) -> str:
        """Of the texts alone."""
        return hashlib.sha256("\n".join(self.texts).encode()).hexdigest()[:16]

    def batches(self) -> Sequence[Inputs]:
        """Each text as a batch of one row. Raises BadInput where fewer than eight differ, as tokens."""
        reader = open_tokenizer(self.facts, self.tokenizer)
        encodings = [encode(reader, text) for text in self.texts]
        if len({tuple(encoding.ids) for encoding in encodings}) < LEAST_TEXTS:
            raise BadInput("The texts for calibrating are too few, or too much alike.", _REMEDY, about="calibration")
        return [as_batch(reader, [encoding]) for encoding in encodings]


def own(file: str) -> tuple[str, ...]:
    """The texts of a person's file, one a line, at most the first 300. Raises BadInput."""
    name = Path(file).name
    try:
        content = _beginning(Path(file)).decode("utf-8-sig")
    except OSError as error:
        raise BadInput(f"The file {name} cannot be read.", _REMEDY, str(error), "calibration") from error
    except UnicodeDecodeError as error:
        raise BadInput(f"The file {name} is not UTF-8 text.", _REMEDY, str(error), "calibration") from error
    texts = _lines(content)[:MOST_TEXTS]
    if len(set(texts)) < LEAST_TEXTS:
        raise BadInput(f"The file {name} has too few different texts for calibrating.", _REMEDY, about="calibration")
    return texts


def bundled(part: str) -> tuple[str, ...]:
    """The texts that come along: ``calibrate`` or ``check``."""
    return _lines(resources.files("resources").joinpath("calibration", f"{part}.txt").read_text("utf-8"))


def _beginning(file: Path) -> bytes:
    """The whole lines in the first megabytes. Raises OSError, of a pipe too, which could be waited for without end."""
    if file.exists() and not file.is_file():
        raise OSError(f"{file} is not a file")
    with file.open("rb") as stream:
        content = stream.read(MOST_BYTES)
    return content if len(content) < MOST_BYTES else content[: content.rfind(b"\n") + 1]


def _lines(content: str) -> tuple[str, ...]:
    return tuple(readable(line.strip()) for line in content.splitlines() if line.strip())
