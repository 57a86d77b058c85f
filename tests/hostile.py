"""Folders that only a bad mind or a broken disk makes: each with the failure that refuses it.

``HOSTILE`` maps a name to (make, failure, words of its sentence). ``make(root)`` writes below an empty folder and
returns the model's folder. Files of gigabytes are sparse.
"""

import io
import json
import os
import pickle
import struct
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

from tests.engine.models.folders import CONFIG, raw, tensor, write

GIGABYTE = 1_000_000_000


class Case(NamedTuple):
    make: Callable[[Path], Path]
    failure: str
    words: str


class _Evil:
    """Its pickle makes a file when it is opened without care."""

    def __init__(self, proof: Path) -> None:
        self.proof = proof

    def __reduce__(self) -> Any:
        return (os.mkdir, (str(self.proof),))


def evil_pickle(root: Path) -> bytes:
    """Whoever opens it makes the folder ``root/opened``."""
    return pickle.dumps(_Evil(root / "opened"), protocol=2)


def evil_archive(root: Path) -> bytes:
    """The same in the archive that torch.save writes today."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr("archive/data.pkl", evil_pickle(root))
        archive.writestr("archive/version", "3")
    return stream.getvalue()


def torchscript(root: Path) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr("m/data.pkl", evil_pickle(root))
        archive.writestr("m/code/__torch__.py", "def forward(self): pass")
        archive.writestr("m/constants.pkl", b"\x80\x02).")
    return stream.getvalue()


def swelling_archive(root: Path) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("archive/data.pkl", bytes(20_000_000))
    return stream.getvalue()


def _config(**entries: Any) -> Callable[[Path], Path]:
    return lambda root: write(root / "m", config={**CONFIG, **entries})


def _json(name: str, content: Any) -> Callable[[Path], Path]:
    return lambda root: write(root / "m", **{name: content})


def _text(name: str, text: bytes) -> Callable[[Path], Path]:
    def make(root: Path) -> Path:
        folder = write(root / "m")
        (folder / name).write_bytes(text)
        return folder

    return make


def _sparse(name: str, size_bytes: int, head: bytes = b"") -> Callable[[Path], Path]:
    def make(root: Path) -> Path:
        folder = write(root / "m")
        sparse(folder / name, size_bytes, head)
        return folder

    return make


def sparse(file: Path, size_bytes: int, head: bytes = b"") -> None:
    with file.open("wb") as stream:
        stream.write(head)
        stream.truncate(size_bytes)


def _weights(name: str, content: Callable[[Path], bytes]) -> Callable[[Path], Path]:
    """In place of the safe weights."""

    def make(root: Path) -> Path:
        folder = write(root / "m")
        (folder / "model.safetensors").unlink()
        (folder / name).write_bytes(content(root))
        return folder

    return make


def _header(header: Any, data: bytes) -> Callable[[Path], Path]:
    def make(root: Path) -> Path:
        folder = write(root / "m")
        raw(folder / "model.safetensors", header, data)
        return folder

    return make


def _index(name: str) -> Callable[[Path], Path]:
    def make(root: Path) -> Path:
        folder = write(root / "m", **{"model.safetensors.index": {"weight_map": {"a.weight": name}}})
        (folder / "model.safetensors").rename(root / "secret.safetensors")
        return folder

    return make


def _link(name: str, hard: bool = False) -> Callable[[Path], Path]:
    """A file of the model that is a link to one outside of its folder."""

    def make(root: Path) -> Path:
        folder = write(root / "m", tokenizer_config={})
        (folder / "1_Pooling").mkdir()
        (folder / "1_Pooling" / "config.json").write_text("{}")
        place = folder / name
        place.rename(root / "elsewhere")
        place.symlink_to(root / "elsewhere")
        return folder

    return make


def _circle(root: Path) -> Path:
    folder = write(root / "m")
    (folder / "tokenizer.json").symlink_to("vocab.json")
    (folder / "vocab.json").symlink_to("tokenizer.json")
    return folder


def snapshot(root: Path, blob_of: str = "models--org--name") -> Path:
    """A snapshot of the Hub's shared cache; its weights are a link to a blob of ``blob_of``."""
    home, other = root / "models--org--name", root / blob_of
    folder = write(home / "snapshots" / ("0" * 40))
    (other / "blobs").mkdir(parents=True, exist_ok=True)
    (folder / "model.safetensors").rename(other / "blobs" / "ab12")
    (folder / "model.safetensors").symlink_to(other / "blobs" / "ab12")
    return folder


def _onnx(graph: str, place: str, link: str = "") -> Callable[[Path], Path]:
    def make(root: Path) -> Path:
        from tests.engine.models import test_onnx_data as graphs

        folder = write(root / "m")
        (folder / "model.safetensors").unlink()
        (root / "secret").write_bytes(bytes(8))
        file = graphs.save(folder, getattr(graphs, graph)(place.replace("ROOT", str(root))))
        if link:
            getattr(file.with_name(place), link)(root / "secret")
        return folder

    return make


_LOOP = "{% for a in range(99999) %}{% for b in range(99999) %}x{% endfor %}{% endfor %}"

HOSTILE = {
    # Configurations that name code
    "attention": Case(_config(attn_implementation="evil/repo"), "UnsafeWeights", "evil/repo"),
    "attention private": Case(_config(_attn_implementation="evil/repo"), "UnsafeWeights", "evil/repo"),
    "attention internal": Case(_config(_attn_implementation_internal="evil/repo"), "UnsafeWeights", "evil/repo"),
    "attention with a version": Case(_config(attn_implementation="evil/repo@main:f"), "UnsafeWeights", "evil/repo"),
    "attention unknown": Case(_config(attn_implementation="mine"), "UnsafeWeights", "mine"),
    "attention by part": Case(_config(attn_implementation={"": "evil/repo"}), "UnsafeWeights", "evil/repo"),
    "experts": Case(_config(_experts_implementation="evil/repo"), "UnsafeWeights", "evil/repo"),
    "attention nested": Case(
        _config(text_config={"deep": [{"_attn_implementation_internal": "evil/repo"}]}), "UnsafeWeights", "evil/repo"
    ),
    "attention in another file": Case(
        _json("generation_config", {"attn_implementation": "evil/repo"}), "UnsafeWeights", "generation_config.json"
    ),
    "kernels": Case(_config(kernel_config={"RMSNorm": {"cpu": "evil/repo:Norm"}}), "UnsafeWeights", "evil/repo"),
    "trust": Case(_config(trust_remote_code=True), "UnsafeWeights", "trust"),
    "trust nested": Case(_config(keypoint_config={"trust_remote_code": "yes"}), "UnsafeWeights", "trust"),
    "trust in tokenizer": Case(_json("tokenizer_config", {"trust_remote_code": 1}), "UnsafeWeights", "trust"),
    "own code": Case(
        _config(model_type="mine", auto_map={"AutoModel": "evil.Model"}), "NeedsRemoteCode", "code from its own"
    ),
    "own tokenizer": Case(
        _json("tokenizer_config", {"tokenizer_class": "Mine", "auto_map": {"AutoTokenizer": ["evil.T", None]}}),
        "NeedsRemoteCode",
        "tokenizer",
    ),
    "a model as tokenizer": Case(
        _json("tokenizer_config", {"tokenizer_class": "AutoModel"}), "NotForThisModel", "AutoModel"
    ),
    "a module as tokenizer": Case(_config(tokenizer_class="os.system"), "NotForThisModel", "os.system"),
    "a tokenizer file elsewhere": Case(
        _json("tokenizer_config", {"vocab_file": "../../secret"}), "UnsafeWeights", "outside"
    ),
    "a tokenizer file of the system": Case(
        _json("tokenizer_config", {"fast_tokenizer_files": ["/etc/tokenizer.4.0.json"]}), "UnsafeWeights", "outside"
    ),
    "quantization": Case(_config(quantization_config={"quant_method": "evil"}), "NotForThisModel", "quantized"),
    "quantization nested": Case(
        _config(text_config={"quantization_config": {"quant_method": "evil"}}), "NotForThisModel", "quantized"
    ),
    "model type is a path": Case(_config(model_type="../../evil"), "ModelBroken", "family"),
    "model type is code": Case(_config(model_type='bert", "BertConfig"),\n("x'), "ModelBroken", "family"),
    "endless template": Case(_json("tokenizer_config", {"chat_template": _LOOP}), "UnsafeWeights", "template"),
    "endless template beside": Case(_text("chat_template.jinja", _LOOP.encode()), "UnsafeWeights", "template"),
    "deep template": Case(
        _json("chat_template", {"chat_template": "{% for a in b %}" * 9 + "{% endfor %}" * 9}),
        "UnsafeWeights",
        "template",
    ),
    "huge template": Case(_sparse("chat_template.jinja", 3 * GIGABYTE), "ModelBroken", "larger"),
    # Configurations that are no configurations
    "a list": Case(_text("config.json", b"[1, 2]"), "ModelBroken", "not what its name says"),
    "not a number": Case(_text("config.json", b'{"model_type": "bert", "x": NaN}'), "ModelBroken", "cannot be read"),
    "infinite number": Case(_text("config.json", b'{"model_type": "bert", "x": 1e999}'), "ModelBroken", "read"),
    "deep": Case(_text("config.json", b'{"a":' * 200 + b"1" + b"}" * 200), "ModelBroken", "deeper"),
    "very deep": Case(_text("tokenizer_config.json", b"[" * 1_000_000), "ModelBroken", "cannot be read"),
    "a number of a million digits": Case(
        _text("config.json", b'{"model_type": "bert", "hidden_size": ' + b"9" * 1_000_000 + b"}"), "ModelBroken", "read"
    ),
    "half a character": Case(_text("config.json", b'{"model_type": "\\ud800"}'), "ModelBroken", "cannot be read"),
    "huge configuration": Case(_sparse("config.json", 4 * GIGABYTE), "ModelBroken", "larger"),
    "layers": Case(_config(num_hidden_layers=10**9), "ModelBroken", "num_hidden_layers is 1000000000"),
    "more layers than weights": Case(_config(num_hidden_layers=500), "ModelBroken", "num_hidden_layers"),
    "vocabulary": Case(_config(vocab_size=10**12), "ModelBroken", "vocab_size"),
    "hidden size": Case(_config(hidden_size=10**40), "ModelBroken", "hidden_size"),
    "hidden size as a fraction": Case(_config(hidden_size=1e30), "ModelBroken", "hidden_size"),
    "positions": Case(_config(max_position_embeddings=10**10), "ModelBroken", "max_position_embeddings"),
    "less than nothing": Case(_config(num_attention_heads=-4), "ModelBroken", "num_attention_heads"),
    # Weights that run code
    "pickle .pt": Case(_weights("model.pt", evil_archive), "UnsafeWeights", "model.pt"),
    "pickle .pth": Case(_weights("model.pth", evil_pickle), "UnsafeWeights", "model.pth"),
    "pickle .ckpt": Case(_weights("model.ckpt", evil_pickle), "UnsafeWeights", "model.ckpt"),
    "pickle .pkl": Case(_weights("model.pkl", evil_pickle), "UnsafeWeights", "model.pkl"),
    "keras": Case(_weights("tf_model.h5", lambda _: b"\x89HDF\r\n\x1a\n"), "UnsafeWeights", "Keras"),
    "torchscript": Case(_weights("model.pt", torchscript), "UnsafeWeights", "TorchScript"),
    "torchscript renamed": Case(_weights("pytorch_model.bin", torchscript), "UnsafeWeights", "TorchScript"),
    "pickle renamed": Case(_weights("model.safetensors", evil_pickle), "UnsafeWeights", "really a pickle"),
    "archive renamed": Case(_weights("model.safetensors", evil_archive), "UnsafeWeights", "really a pickle"),
    "swelling archive": Case(_weights("pytorch_model.bin", swelling_archive), "ModelBroken", "unpack"),
    "pickled shard elsewhere": Case(
        _weights("pytorch_model.bin.index.json", lambda _: json.dumps({"weight_map": {"a": "../x.bin"}}).encode()),
        "ModelBroken",
        "not a part",
    ),
    # Weights that lie
    "huge header": Case(
        _sparse("model.safetensors", 6 * GIGABYTE, struct.pack("<Q", 4 * GIGABYTE)), "ModelBroken", "header"
    ),
    "huge header in a small file": Case(
        _weights("model.safetensors", lambda _: struct.pack("<Q", 4 * GIGABYTE) + b"{}"), "ModelBroken", "header"
    ),
    "overlapping tensors": Case(
        _header({"a": tensor(0, 8, [2]), "b": tensor(4, 12, [2])}, bytes(12)), "ModelBroken", "overlap"
    ),
    "offsets beyond the file": Case(_header({"a": tensor(0, 80, [20])}, bytes(8)), "ModelBroken", "cut short"),
    "a tensor of countless dimensions": Case(
        _header({"a": tensor(0, 8, [2**62] * 100_000)}, bytes(8)), "ModelBroken", "unknown kind"
    ),
    "a header as deep as it is long": Case(_header(b"[" * 20_000_000, b""), "ModelBroken", "header"),
    "a pointer": Case(
        _weights("model.safetensors", lambda _: b"version https://git-lfs.github.com/spec/v1\noid sha256:0\n"),
        "ModelBroken",
        "Git LFS",
    ),
    "index to the parent": Case(_index("../secret.safetensors"), "ModelBroken", "not a part"),
    "index with an escape": Case(_index("\x1b[2J.safetensors"), "ModelBroken", "not a part"),
    "missing shard": Case(_index("gone.safetensors"), "ModelBroken", "gone.safetensors is missing"),
    # Files that are elsewhere
    "linked configuration": Case(_link("config.json"), "UnsafeWeights", "link"),
    "linked tokenizer": Case(_link("tokenizer_config.json"), "UnsafeWeights", "link"),
    "linked weights": Case(_link("model.safetensors"), "UnsafeWeights", "link"),
    "linked file in a subfolder": Case(_link("1_Pooling/config.json"), "UnsafeWeights", "link"),
    "linked subfolder": Case(_link("1_Pooling"), "UnsafeWeights", "link"),
    "links in a circle": Case(_circle, "ModelBroken", "link"),
    "another repository's blob": Case(lambda root: snapshot(root, "models--org--other"), "UnsafeWeights", "link"),
    "steps in the parent": Case(
        _json("modules", [{"path": "../1_Pooling", "type": "x.Pooling"}]), "ModelBroken", "outside"
    ),
    "a tokenizer of a gigabyte": Case(_sparse("tokenizer.json", GIGABYTE), "ModelBroken", "tokenizer.json"),
    "a vocabulary of a gigabyte": Case(_sparse("vocab.txt", GIGABYTE), "ModelBroken", "vocab.txt"),
    # ONNX graphs whose data is elsewhere
    "onnx absolute": Case(_onnx("in_initializer", "ROOT/secret"), "UnsafeWeights", "outside"),
    "onnx parent": Case(_onnx("in_initializer", "../secret"), "UnsafeWeights", "outside"),
    "onnx windows": Case(_onnx("in_initializer", "C:\\secret"), "UnsafeWeights", "outside"),
    "onnx link": Case(_onnx("in_initializer", "data", "symlink_to"), "UnsafeWeights", "outside"),
    "onnx hard link": Case(_onnx("in_initializer", "data", "hardlink_to"), "UnsafeWeights", "outside"),
    "onnx sparse tensor": Case(_onnx("in_sparse_initializer", "../secret"), "UnsafeWeights", "outside"),
    "onnx sparse indices": Case(_onnx("in_sparse_indices", "../secret"), "UnsafeWeights", "outside"),
    "onnx attribute": Case(_onnx("in_attribute", "../secret"), "UnsafeWeights", "outside"),
    "onnx subgraph": Case(_onnx("in_subgraph", "../secret"), "UnsafeWeights", "outside"),
    "onnx in memory": Case(_onnx("in_initializer", "*/_ORT_MEM_ADDR_/*"), "ModelBroken", "missing"),
    "onnx zero byte": Case(_onnx("in_initializer", "a\0b"), "ModelBroken", "missing"),
    "onnx no graph": Case(_weights("model.onnx", lambda _: b"\xff" * 100), "ModelBroken", "cannot be read"),
}


def make_all(root: Path) -> dict[str, Path]:
    """Every hostile folder, by its name."""
    made = {}
    for number, (name, case) in enumerate(HOSTILE.items()):
        (root / str(number)).mkdir(parents=True)
        made[name] = case.make(root / str(number))
    return made
