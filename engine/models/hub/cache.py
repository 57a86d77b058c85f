"""The cache that the Hugging Face libraries share: where a repository's files lie in it.

``models--org--name/`` holds ``blobs/ETAG`` (contents), ``snapshots/COMMIT/PATH`` (links to them, or the files
themselves where links cannot be made) and ``refs/REVISION`` (the commit of a branch or tag). An etag is the SHA-256
of a large file, the Git blob's SHA-1 of a small one. Read only; ``place`` writes.
"""

import re
from pathlib import Path

import msgspec

from engine.models import unreadable, weights
from engine.models.hub import surroundings
from engine.models.hub.address import Address

COMMIT = re.compile(r"[0-9a-f]{40}")
PICKLES = (".bin", ".pt", ".pth", ".ckpt", ".h5")
TOKENIZER_FILES = ("tokenizer.json", "vocab.txt", "vocab.json", "tokenizer.model", "spiece.model")
_SENTENCE_PIECES = "sentencepiece.bpe.model"


def home(repo: str) -> Path:
    """The folder of a repository, whether it is there or not."""
    return (surroundings.cache() / f"models--{repo.replace('/', '--')}").absolute()


@unreadable.told()
def snapshot(address: Address) -> Path | None:
    """The folder of that revision's files, as far as they are there."""
    commit = address.revision
    place = home(address.repo)
    if not COMMIT.fullmatch(commit):
        reference = place / "refs" / address.revision
        if not reference.is_file():
            return None
        commit = reference.read_text("utf-8", errors="replace").strip()
    folder = place / "snapshots" / commit
    return folder if COMMIT.fullmatch(commit) and folder.is_dir() else None


@unreadable.told()
def is_model(folder: Path) -> bool:
    """Whether a configuration and all weights are there: another program may have fetched a part alone."""
    if not (folder / "config.json").is_file():
        return False
    if any((folder / name).is_file() for name in (weights.SINGLE, *weights.ONNX_PLACES)):
        return True
    if (folder / weights.INDEX).is_file():
        return all((folder / name).is_file() for name in _shards(folder / weights.INDEX))
    return any(file.suffix in PICKLES and file.is_file() for file in folder.iterdir())


@unreadable.told()
def is_tokenizer(folder: Path) -> bool:
    return any((folder / name).is_file() for name in (*TOKENIZER_FILES, _SENTENCE_PIECES))


def _shards(index: Path) -> list[str]:
    try:
        listed = msgspec.json.decode(index.read_bytes())["weight_map"].values()
    except (OSError, msgspec.DecodeError, KeyError, TypeError, AttributeError, RecursionError):
        return []  # a broken index is told by whoever opens the model
    # A name that leads elsewhere is no file of this model, and so never there.
    return [name if isinstance(name, str) and "/" not in name and "\0" not in name else "?" for name in set(listed)]
