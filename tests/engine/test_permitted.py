"""What a run needs the person's word for: pickled weights, and more memory than is free."""

import json
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import torch
import transformers

from engine.models import pickled
from engine.models.look import look
from engine.run.permitted import require_free
from engine.store import consents
from engine.wire.errors import NotEnoughMemory
from engine.wire.messages import Allow, Answer, AnyRequest, Consents, Described, Finished, ListConsents, Revoke, Stage
from engine.wire.values import Consent
from tests import hostile
from tests.engine.cli.test_commands import PROGRAM, ROOT, document
from tests.engine.models.test_pickled import as_pickle
from tests.engine.telling import described, failure
from tests.talk import Talk, only, talking

Tiny = Callable[[str, str], Path]
FEATURES = "feature-extraction"


@pytest.fixture(scope="module")
def talk() -> Iterator[Talk]:
    """One engine for all: it must live on after whatever it was given."""
    with talking() as talk:
        yield talk


# --- pickled weights --------------------------------------------------------------------------------------


def test_pickled_weights_wait_for_consent(talk: Talk, tiny: Tiny, tmp_path: Path) -> None:
    safe_folder, fields = tiny("bert", "FeatureExtraction"), {"inputs": "A cat sat."}
    folder = as_pickle(safe_folder, tmp_path / "m")

    told = described(talk, str(folder))
    assert isinstance(told, Described)
    assert told.model.weights == "pickle"
    assert "allow" in told.model.consent
    assert {cell.verdict for cell in told.cells if cell.mode == "eager"} == {"fits"}
    refused = failure(talk, talk.send(folder, FEATURES, "eager", fields))
    assert refused.code == "UnsafeWeights"
    assert "--allow-pickle" in refused.what_to_do

    expected = only(talk.run(safe_folder, FEATURES, "eager", fields, calls=1), Answer).result.value
    for mode in ("eager", "onnx-runtime"):
        events = talk.run(folder, FEATURES, mode, fields, calls=1, allow_pickle=True)
        assert only(events, Answer).result.value[0][0] == pytest.approx(expected[0][0], abs=1e-4)
        report = only(events, Finished).report
        assert report is not None
        assert report.mode_executed == mode
    # Allowed for those runs alone, though the model is still ready in memory.
    assert failure(talk, talk.send(folder, FEATURES, "eager", fields)).code == "UnsafeWeights"


def test_a_kept_consent_holds_until_it_is_revoked_or_the_weights_change(talk: Talk, tiny: Tiny, tmp_path: Path) -> None:
    folder, fields = as_pickle(tiny("bert", "FeatureExtraction"), tmp_path / "m"), {"inputs": "A cat sat."}
    key = pickled.digest(folder, look(folder).weights_files)

    consents.allow(str(folder), folder, key)
    talk.run(folder, FEATURES, "eager", fields, calls=1)
    consents.revoke(key)
    assert failure(talk, talk.send(folder, FEATURES, "eager", fields)).code == "UnsafeWeights"

    consents.allow(str(folder), folder, key)
    tensors = torch.load(folder / pickled.SINGLE, weights_only=True)
    torch.save({name: tensor * 2 for name, tensor in tensors.items()}, folder / pickled.SINGLE)
    assert failure(talk, talk.send(folder, FEATURES, "eager", fields)).code == "UnsafeWeights"
    consents.revoke(key)


def test_consents_are_given_listed_and_revoked_through_the_desk(talk: Talk, tiny: Tiny, tmp_path: Path) -> None:
    folder = as_pickle(tiny("bert", "FeatureExtraction"), tmp_path / "m")

    def asked_desk(request: AnyRequest) -> tuple[Consent, ...]:
        talk.client.send(request)
        assert isinstance(talk.end(request.id), Finished)
        return only(talk.of(request.id), Consents).consents

    given = asked_desk(Allow(id="allow", ref="mine", folder=str(folder)))
    assert (given[0].ref, given[0].folder) == ("mine", str(folder))
    assert asked_desk(ListConsents(id="list")) == given
    told = described(talk, str(folder))
    assert isinstance(told, Described)
    assert (told.model.weights, told.model.consent) == ("pickle", "")
    talk.run(folder, FEATURES, "eager", {"inputs": "x"}, calls=1)

    assert given[0] not in asked_desk(Revoke(id="revoke", weights_sha256=given[0].weights_sha256))
    assert failure(talk, talk.send(folder, FEATURES, "eager", {"inputs": "x"})).code == "UnsafeWeights"
    talk.client.send(Allow(id="safe", ref="starter", folder=str(tiny("bert", "FeatureExtraction"))))
    assert failure(talk, "safe").code == "BadInput"


def test_a_pickle_that_does_more_than_hold_numbers_never_runs(talk: Talk, tiny: Tiny, tmp_path: Path) -> None:
    folder = as_pickle(tiny("bert", "FeatureExtraction"), tmp_path / "m")
    (folder / pickled.SINGLE).write_bytes(hostile.evil_archive(tmp_path))
    found = failure(talk, talk.send(folder, FEATURES, "eager", {"inputs": "x"}, allow_pickle=True))

    assert found.code == "UnsafeWeights"
    assert not (tmp_path / "opened").exists()


@pytest.mark.slow
def test_consent_on_the_command_line_is_for_that_run(tiny: Tiny, tmp_path: Path) -> None:
    folder = as_pickle(tiny("bert", "FeatureExtraction"), tmp_path / "m")
    words = ("run", "--model", str(folder), "--task", FEATURES, "--input", "x", "--repeat", "1")

    assert document(*words, "--allow-pickle")["mode_executed"] == "eager"
    assert document(*words, status=1)["error"]["code"] == "UnsafeWeights"


# --- memory -----------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def forty_gigabytes(tiny: Tiny, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A BERT whose table of words alone has 40 GB: a sparse file with a true header."""
    folder = shutil.copytree(tiny("bert", "FeatureExtraction"), tmp_path_factory.mktemp("big") / "m")
    config = transformers.BertConfig(
        vocab_size=9_765_625, hidden_size=1024, num_hidden_layers=1, num_attention_heads=16, architectures=["BertModel"]
    )
    config.save_pretrained(folder)
    with torch.device("meta"):
        tensors = transformers.BertModel(config).state_dict()
    header, at = {}, 0
    for name, value in tensors.items():
        end = at + 4 * value.numel()
        header[name] = {"dtype": "F32", "shape": list(value.shape), "data_offsets": [at, end]}
        at = end
    text = json.dumps(header).encode()
    hostile.sparse(folder / "model.safetensors", 8 + len(text) + at, len(text).to_bytes(8, "little") + text)
    return folder


def test_not_enough_memory_is_told_before_loading(talk: Talk, forty_gigabytes: Path) -> None:
    found = described(talk, str(forty_gigabytes))
    assert isinstance(found, Described)
    assert 40e9 < found.model.memory_needed_bytes < 42e9
    if found.model.memory_free_bytes > found.model.memory_needed_bytes:
        pytest.skip("this computer has the memory")
    name = talk.send(forty_gigabytes, FEATURES, "eager", {"inputs": "x"})
    told = failure(talk, name)

    assert told.code == "NotEnoughMemory"
    assert "needs about 40." in told.what_happened
    assert "are free" in told.what_happened
    assert "--ignore-memory" in told.what_to_do
    assert not [event for event in talk.of(name) if isinstance(event, Stage) and event.stage == "load"]


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="limits of a process")
def test_the_check_can_be_set_aside(forty_gigabytes: Path, tiny: Tiny) -> None:
    """Under a limit of address space, so that the attempt costs nobody else's memory."""
    limited = ["prlimit", "--as=16000000000", *PROGRAM, "run", "--task", FEATURES, "--input", "x", "--json"]
    words = [*limited, "--ignore-memory", "--repeat", "1", "--model"]
    tried = subprocess.run([*words, str(forty_gigabytes)], capture_output=True, cwd=ROOT, timeout=120)
    error = json.loads(tried.stdout)["error"]

    assert error["code"] == "NotEnoughMemory"
    assert b"load..." in tried.stderr
    fits = subprocess.run([*words, str(tiny("bert", "FeatureExtraction"))], capture_output=True, cwd=ROOT, timeout=120)
    assert fits.returncode == 0, fits.stderr


def test_both_figures_are_in_the_sentence() -> None:
    require_free("m", 5_000_000_000, 5_000_000_000)
    with pytest.raises(NotEnoughMemory, match=r"m needs about 5\.1 GB of memory, and 5\.0 GB are free"):
        require_free("m", 5_060_000_000, 5_000_000_000)
