"""What people give by mistake: a clear sentence each, and the engine lives on.

Through the real client and the real command line.
"""

import json
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from engine.wire.messages import Answer, Failed, Finished, Notice
from engine.wire.values import Failure
from tests.engine.cli.test_commands import PROGRAM, ROOT, document
from tests.engine.telling import cut_weights, described, failure
from tests.talk import Talk, only, talking

Tiny = Callable[[str, str], Path]
FEATURES = "feature-extraction"


@pytest.fixture(scope="module")
def talk() -> Iterator[Talk]:
    """One engine for all: it must live on after whatever it was given."""
    with talking() as talk:
        yield talk


# --- texts ------------------------------------------------------------------------------------------------

TASKS: dict[str, tuple[str, str, dict[str, Any]]] = {
    "feature-extraction": ("FeatureExtraction", "inputs", {}),
    "sentence-similarity": ("FeatureExtraction", "source_sentence", {"sentences": ["A cat.", "A dog."]}),
    "text-classification": ("SequenceClassification", "inputs", {}),
    "token-classification": ("TokenClassification", "inputs", {}),
    "question-answering": ("QuestionAnswering", "context", {"question": "Who lives in Paris?"}),
    "fill-mask": ("MaskedLM", "inputs", {}),
}
ODD = {
    "emoji": "👍🏽👩‍👩‍👧‍👦 🏴󠁧󠁢󠁳󠁣󠁴󠁿",
    "right to left": "שלום עולם \u202e مرحبا بالعالم",
    "a zero": "a\0b\0",
    "control characters": "\x1b[2J\x07\x7f\u200b\ufeff\u2028",
    "combining marks": "Z" + "\u0301" * 500,
    "another plane": "\U0010ffff\U000e0001𝔘𝔫𝔦",
    "one long word": "x" * 20_000,
}


def asked(talk: Talk, tiny: Tiny, task: str, text: str) -> str:
    head, field, others = TASKS[task]
    return talk.send(tiny("bert", head), task, "eager", {field: text, **others}, calls=1)


@pytest.mark.parametrize("task", TASKS)
@pytest.mark.parametrize("odd", ODD)
def test_odd_texts_are_answered(talk: Talk, tiny: Tiny, task: str, odd: str) -> None:
    mask = "[MASK] " if task == "fill-mask" else ""
    name = asked(talk, tiny, task, mask + ODD[odd])

    assert isinstance(talk.end(name), Finished)
    assert only(talk.of(name), Answer).result.value is not None


@pytest.mark.parametrize("task", TASKS)
@pytest.mark.parametrize("text", ["", " ", "\n\t\u00a0\u2003"])
def test_an_empty_text_is_refused(talk: Talk, tiny: Tiny, task: str, text: str) -> None:
    found = failure(talk, asked(talk, tiny, task, text))

    assert found.code == "BadInput"
    assert "is empty" in found.what_happened


@pytest.mark.parametrize("task", TASKS)
def test_half_a_character_is_refused(talk: Talk, tiny: Tiny, task: str) -> None:
    assert failure(talk, asked(talk, tiny, task, "a\ud800b")).code == "BadInput"


EVERYDAY = "text-classification"
"""The others cut their text as it does, or read a megabyte in 500 windows and more, which takes long."""


@pytest.mark.parametrize("task", [pytest.param(task, marks=[pytest.mark.slow] * (task != EVERYDAY)) for task in TASKS])
def test_a_megabyte_of_text_is_answered_and_said_to_be_long(talk: Talk, tiny: Tiny, task: str) -> None:
    name = asked(talk, tiny, task, "[MASK] " + "Maria lives in Paris. " * 50_000)
    answer = talk.until(lambda event: event.id == name and isinstance(event, Answer | Failed))
    talk.client.stop(name)  # five hundred windows and more: seconds a call, and several calls to warm up
    talk.end(name)

    assert isinstance(answer, Answer)
    assert any("cut" in event.text or "window" in event.text for event in talk.of(name) if isinstance(event, Notice))


@pytest.mark.slow
def test_a_megabyte_reaches_the_program_through_its_standard_input(tiny: Tiny) -> None:
    words = ("run", "--model", str(tiny("bert", "FeatureExtraction")), "--task", FEATURES, "--input", "-")
    found = document(*words, "--repeat", "1", given="été ".encode() * 250_000)

    assert len(found["output"][0]) == 512
    assert "cut" in found["notices"][0]


@pytest.mark.parametrize(
    ("given", "words"),
    [(b"x" * 10_000_001, "characters"), (b"\xff\xfe", "UTF-8"), (b"", "empty"), (b'{"inputs": "\\ud800"}', "half")],
)
def test_what_standard_input_cannot_be(tiny: Tiny, given: bytes, words: str) -> None:
    command = ("run", "--model", str(tiny("bert", "FeatureExtraction")), "--task", FEATURES, "--input", "-")
    error = document(*command, given=given, status=1)["error"]

    assert error["code"] == "BadInput"
    assert words in error["what_happened"]


@pytest.mark.skipif(sys.platform == "win32", reason="words are text there")
@pytest.mark.parametrize(
    ("place", "status"), [("--model", 1), ("--input", 1), ("--task", 2), ("--mode", 2), ("--option", 2)]
)
def test_words_that_are_no_text(place: str, status: int) -> None:
    given = {"--model": b"starter", "--task": FEATURES.encode(), "--input": b"x", place: b"\xff\x1b=\xfe"}
    words = [word for pair in given.items() for word in (pair[0].encode(), pair[1])]
    done = subprocess.run([*PROGRAM, "run", *words, "--json"], capture_output=True, cwd=ROOT, timeout=120)

    assert done.returncode == status, done.stderr
    assert json.loads(done.stdout)["error"]["what_happened"]


# --- models -----------------------------------------------------------------------------------------------


def no_model(folder: Path) -> None:
    for file in folder.iterdir():
        file.unlink()


def broken_configuration(folder: Path) -> None:
    (folder / "config.json").write_text('{"model_type": "bert",')


def no_weights(folder: Path) -> None:
    (folder / "model.safetensors").unlink()


def own_code(folder: Path) -> None:
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps({**config, "model_type": "mine", "auto_map": {"AutoModel": "m.M"}}))


def no_tokenizer(folder: Path) -> None:
    for file in folder.glob("*tok*"):
        file.unlink()
    (folder / "vocab.txt").unlink(missing_ok=True)


BAD_FOLDERS: dict[str, tuple[Callable[[Path], None], str, str]] = {
    "no model": (no_model, "ModelNotFound", "holds no model"),
    "broken configuration": (broken_configuration, "ModelBroken", "config.json"),
    "cut weights": (cut_weights, "ModelBroken", "cut short"),
    "no weights": (no_weights, "ModelBroken", "no weights"),
    "own code": (own_code, "NeedsRemoteCode", "code from its own repository"),
}


@pytest.mark.parametrize("name", BAD_FOLDERS)
def test_a_bad_folder_is_told_when_it_is_picked_and_when_it_is_run(
    talk: Talk, tiny: Tiny, tmp_path: Path, name: str
) -> None:
    spoil, code, words = BAD_FOLDERS[name]
    folder = shutil.copytree(tiny("bert", "FeatureExtraction"), tmp_path / "m")
    spoil(folder)

    picked = described(talk, str(folder))
    run = failure(talk, talk.send(folder, FEATURES, "eager", {"inputs": "x"}))

    for found in (picked, run):
        assert isinstance(found, Failure)
        assert found.code == code
        assert words in found.what_happened


def test_a_bad_folder_on_the_command_line(tiny: Tiny, tmp_path: Path) -> None:
    folder = shutil.copytree(tiny("bert", "FeatureExtraction"), tmp_path / "m")
    cut_weights(folder)
    error = document("run", "--model", str(folder), "--task", FEATURES, "--input", "x", status=1)["error"]

    assert error["code"] == "ModelBroken"
    assert "cut short" in error["what_happened"]


def test_a_folder_without_a_tokenizer(talk: Talk, tiny: Tiny, tmp_path: Path) -> None:
    folder = shutil.copytree(tiny("bert", "FeatureExtraction"), tmp_path / "m")
    no_tokenizer(folder)

    assert "tokenizer" in failure(talk, talk.send(folder, FEATURES, "eager", {"inputs": "x"})).what_happened


@pytest.mark.parametrize("entry", [{"layer_norm_eps": "small"}, {"type_vocab_size": 1, "pad_token_id": 10**9}])
def test_a_configuration_that_fails_only_when_the_model_runs(
    talk: Talk, tiny: Tiny, tmp_path: Path, entry: dict[str, Any]
) -> None:
    folder = shutil.copytree(tiny("albert", "FeatureExtraction"), tmp_path / "m")
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps({**config, **entry}))
    found = failure(talk, talk.send(folder, FEATURES, "eager", {"inputs": "x"}))

    assert found.code == "ModelBroken"
    assert found.details


@pytest.mark.parametrize(
    "ref", ["../..", "org/..", "../org/name", "org/../../name", "..", "no/such-model", "", "a" * 5000]
)
def test_ids_that_are_none(talk: Talk, ref: str) -> None:
    found = described(talk, ref)

    assert isinstance(found, Failure)
    assert found.code in ("ModelNotFound", "NotDownloaded")
    assert (found.code == "NotDownloaded") <= (ref == "no/such-model")


def test_a_task_that_the_model_cannot_do(talk: Talk, tiny: Tiny) -> None:
    found = failure(talk, talk.send(tiny("bert", "MaskedLM"), "question-answering", "eager", {}))

    assert found.code == "NotForThisModel"
    assert "cannot do question answering" in found.what_happened
