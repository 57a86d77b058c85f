"""Weights in formats that can carry code: which files these are, and what a person is told of them.

PyTorch's pickles run what they name when they are opened; with the person's consent they are opened by
``weights_only=True``, which allows tensors alone (https://pytorch.org/docs/stable/notes/serialization.html).
"""

import hashlib
import zipfile
from pathlib import Path

from engine.wire.errors import ModelBroken, NotForThisModel, UnsafeWeights

SINGLE = "pytorch_model.bin"
INDEX = "pytorch_model.bin.index.json"

CONSENT = (
    "These weights are a pickle, a format that can carry code. If you allow it, PyTorch takes only numbers out of it; "
    "allow it only for a model from people you trust."
)
REMEDY = (
    "Pick a version of the model in the safetensors format; or, if you trust the people it is from, allow its "
    "pickled weights (--allow-pickle on the command line)."
)

_CODE = {
    **dict.fromkeys((".bin", ".pt", ".pth", ".ckpt", ".pkl", ".pickle", ".joblib"), "pickle"),
    **dict.fromkeys((".h5", ".keras"), "Keras"),
    ".pb": "TensorFlow",
}
_OTHERS = {".msgpack": "Flax", ".gguf": "GGUF", ".ot": "Rust", ".tflite": "TensorFlow Lite", ".npz": "NumPy"}
_NO_WEIGHTS = ("training_args", "optimizer", "scheduler", "rng_state", "scaler")
"""What a trainer leaves beside the weights."""

_POINTER = b"version https://git-lfs"
_MOST_ENTRIES = 100_000


def consent_remedy(name: str) -> UnsafeWeights:
    """The refusal where nobody allowed the pickled weights of the model ``name``."""
    return UnsafeWeights(f"The weights of {name} are only in a pickle ({SINGLE}), which can run code.", REMEDY)


def refuse_others(folder: Path) -> None:
    """Where no weights of ours are there: raises UnsafeWeights or NotForThisModel by what is, if anything."""
    files = [file for file in sorted(folder.iterdir()) if not file.name.startswith(_NO_WEIGHTS)]
    for file in files:
        if file.is_file():
            refuse_disguise(file)
    dangerous = {_CODE[file.suffix]: file.name for file in reversed(files) if file.suffix in _CODE}
    if dangerous:
        kinds, names = " and ".join(sorted(dangerous)), " and ".join(sorted(dangerous.values()))
        raise UnsafeWeights(f"The weights of {folder.name} are only in {kinds} files ({names}), which can run code.")
    for file in files:
        if file.suffix in _OTHERS:
            raise NotForThisModel(
                f"The weights of {folder.name} are in the {_OTHERS[file.suffix]} format, which Fastpath does not read.",
                "Pick a version of the model in the safetensors format.",
            )


def refuse_disguise(file: Path) -> None:
    """Whatever a weights file's name says: raises UnsafeWeights for TorchScript and for a pickle or archive
    that is called safetensors, ModelBroken for a pointer of Git LFS and for an archive that would swell.
    """
    with file.open("rb") as stream:
        head = stream.read(len(_POINTER))
    if head == _POINTER:
        raise ModelBroken(
            f"The file {file.name} of {file.parent.name} is only a pointer of Git LFS, not the weights.",
            "Run “git lfs pull” in the model's folder.",
        )
    is_archive = head.startswith(b"PK\x03\x04")
    if file.suffix == ".safetensors" and (is_archive or _is_pickle(head, file.stat().st_size)):
        raise UnsafeWeights(f"The file {file.name} of {file.parent.name} is really a pickle, which can run code.")
    if is_archive:
        _refuse_archive(file)


def _is_pickle(head: bytes, size_bytes: int) -> bool:
    """By the head of protocols 2 to 5, where it cannot be the length of a safetensors header."""
    is_head = head[:1] == b"\x80" and head[1:2] in (b"\x02", b"\x03", b"\x04", b"\x05")
    return is_head and int.from_bytes(head[:8], "little") > size_bytes - 8


def _refuse_archive(file: Path) -> None:
    try:
        with zipfile.ZipFile(file) as archive:
            entries = archive.infolist()
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as error:
        raise ModelBroken(
            f"The file {file.name} of {file.parent.name} is cut short or damaged.", details=str(error)
        ) from error
    names = [entry.filename.split("/") for entry in entries]
    if any(name[-1] == "constants.pkl" or "code" in name[1:-1] for name in names):
        raise UnsafeWeights(f"The file {file.name} of {file.parent.name} is a TorchScript program, which is code.")
    # PyTorch stores without packing: an archive that unpacks to more than it is was made to fill the memory.
    if len(entries) > _MOST_ENTRIES or sum(entry.file_size for entry in entries) > file.stat().st_size:
        raise ModelBroken(f"The file {file.name} of {file.parent.name} would unpack to far more than it is.")


def digest(folder: Path, names: tuple[str, ...]) -> str:
    """SHA-256 of the content of weights files: what consent was given for. Reads about 1 GB a second."""
    whole = hashlib.sha256()
    for name in names:
        with (folder / name).open("rb") as stream:
            whole.update(hashlib.file_digest(stream, "sha256").digest())
    return whole.hexdigest()
