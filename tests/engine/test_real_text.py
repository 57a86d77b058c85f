"""At a lower precision the answers are held against plain PyTorch's on real texts too: once, and kept."""

import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from engine.store import samples
from engine.wire.messages import AnyEvent, Failed, Finished, Stage
from engine.wire.values import Agreement, RunReport
from tests import tiny as maker
from tests.talk import Talk, only, talking

Tiny = Callable[[str, str], Path]

TEXT = {"inputs": "The train to London was late, and the coffee at the station cold."}
TASK = "feature-extraction"
TEXTS = 16
LOWER: dict[str, Any] = {"precision": "bf16", "check": "always", "calls": 2}


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("home")


@pytest.fixture(scope="module")
def talk(home: Path) -> Iterator[Talk]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FASTPATH_HOME", str(home))
        with talking(threads=1) as talk:
            yield talk


def report(events: list[AnyEvent]) -> RunReport:
    found = only(events, Finished).report
    assert found is not None
    return found


def compared(events: list[AnyEvent]) -> bool:
    return any(isinstance(event, Stage) and event.stage == "compare" for event in events)


def kept(home: Path) -> set[Path]:
    return set((home / "outputs").glob("*.agreement"))


def test_found_once_and_known_from_then_on(talk: Talk, home: Path, starter_folder: Path) -> None:
    first = talk.run(starter_folder, TASK, "eager", TEXT, **LOWER)
    files = kept(home)
    second = talk.run(starter_folder, TASK, "eager", TEXT, **LOWER)
    sample = report(first).sample_agreement

    assert sample is not None
    assert (sample.verdict, sample.n, sample.share) == ("same answers", TEXTS, 1)
    assert 0.999 <= sample.cosine_worst < 1
    assert sample.max_abs_diff > 0
    assert len(files) == 1
    assert compared(first)
    assert not compared(second)
    assert report(second).sample_agreement == sample
    assert kept(home) == files


def test_another_input_needs_it_no_second_time(talk: Talk, home: Path, starter_folder: Path) -> None:
    talk.run(starter_folder, TASK, "eager", TEXT, **LOWER)
    files = kept(home)
    other = talk.run(starter_folder, TASK, "eager", {"inputs": "Another text."}, **LOWER)

    assert report(other).sample_agreement is not None
    assert kept(home) == files


def test_int8_and_other_options_have_their_own(talk: Talk, home: Path, starter_folder: Path) -> None:
    talk.run(starter_folder, TASK, "eager", TEXT, **LOWER)
    before = kept(home)
    int8 = report(talk.run(starter_folder, TASK, "eager", TEXT, **{**LOWER, "precision": "int8-dynamic"}))
    with_int8 = kept(home)
    talk.run(starter_folder, TASK, "eager", TEXT, **LOWER, options={"attention": "eager"})
    with_option = kept(home)
    talk.run(starter_folder, TASK, "eager", TEXT, **LOWER, options={"attention": "sdpa"})  # the default, said aloud

    assert int8.sample_agreement is not None
    assert int8.sample_agreement.n == TEXTS
    assert 0.9 < int8.sample_agreement.cosine_worst < 1
    same = int8.sample_agreement.cosine_worst >= 0.99
    assert (int8.sample_agreement.verdict != "different answers") == same
    assert len(with_int8) == len(before) + 1
    assert len(with_option) == len(with_int8) + 1
    assert kept(home) == with_option


def test_full_precision_is_judged_by_the_input_alone(talk: Talk, home: Path, starter_folder: Path) -> None:
    before = kept(home)
    found = report(talk.run(starter_folder, TASK, "torchscript", TEXT, check="always", calls=2))

    assert found.agreement is not None
    assert found.sample_agreement is None
    assert kept(home) == before


def test_unasked_it_is_told_only_where_it_is_known(talk: Talk, starter_folder: Path, tiny: Tiny) -> None:
    talk.run(starter_folder, TASK, "eager", TEXT, **LOWER)
    unasked = {**LOWER, "check": "if_known"}
    known = talk.run(starter_folder, TASK, "eager", {"inputs": "A text that nobody compared."}, **unasked)
    unknown = talk.run(tiny("distilbert", "FeatureExtraction"), TASK, "eager", TEXT, **unasked)

    assert report(known).sample_agreement is not None
    assert report(unknown).sample_agreement is None
    assert not compared(known)
    assert not compared(unknown)


def test_no_ratio_where_real_texts_are_answered_otherwise(talk: Talk, home: Path, tiny: Tiny) -> None:
    """The input itself agrees; what is kept says that real texts did not."""
    folder, before = tiny("roberta", "FeatureExtraction"), kept(home)
    agreeing = report(talk.run(folder, TASK, "eager", TEXT, **LOWER, ratio=True))
    (file,) = kept(home) - before
    document = json.loads(file.read_bytes())
    file.write_text(json.dumps(document | {"verdict": "different answers", "share": 0.5, "cosine_worst": 0.7}))
    differing = report(talk.run(folder, TASK, "eager", TEXT, **LOWER, ratio=True))

    assert agreeing.ratio is not None
    assert differing.agreement == agreeing.agreement
    assert differing.sample_agreement is not None
    assert differing.sample_agreement.verdict == "different answers"
    assert differing.ratio is None


def test_what_is_kept_damaged_is_found_again(talk: Talk, home: Path, tiny: Tiny) -> None:
    folder, before = tiny("electra", "FeatureExtraction"), kept(home)
    first = report(talk.run(folder, TASK, "eager", TEXT, **LOWER))
    (file,) = kept(home) - before
    file.write_bytes(b"\xff{")
    again = report(talk.run(folder, TASK, "eager", TEXT, **LOWER))

    assert again.sample_agreement == first.sample_agreement is not None


@pytest.mark.parametrize("most", [3, 8])
def test_models_that_take_few_tokens(talk: Talk, tmp_path: Path, most: int) -> None:
    """Cut to a word each, the texts may be the same to a model: then nothing is told, and the run goes on."""
    folder = maker.make("bert", "FeatureExtraction", tmp_path / "short", max_position_embeddings=most)
    found = report(talk.run(folder, TASK, "eager", {"inputs": "the cat"}, **LOWER))

    assert found.agreement is not None
    if most == 8:
        assert found.sample_agreement is not None
    assert found.sample_agreement is None or found.sample_agreement.n == TEXTS


def test_a_tokenizer_of_another_folder_is_used_and_watched(talk: Talk, home: Path, tiny: Tiny, tmp_path: Path) -> None:
    folder = maker.make("bert", "FeatureExtraction", tmp_path / "bare")
    lent = maker.make("bert", "FeatureExtraction", tmp_path / "lends")
    for file in folder.glob("*token*"):
        file.unlink()
    (folder / "vocab.txt").unlink(missing_ok=True)
    before = kept(home)
    first = report(talk.run(folder, TASK, "eager", TEXT, **LOWER, tokenizer=str(lent)))
    once = kept(home)
    os.utime(lent / "tokenizer.json", (1, 1))
    talk.run(folder, TASK, "eager", TEXT, **LOWER, tokenizer=str(lent))

    assert first.sample_agreement is not None
    assert first.sample_agreement.n == TEXTS
    assert len(once) == len(before) + 1
    assert len(kept(home)) == len(once) + 1


@pytest.mark.slow
def test_stop_ends_it_and_keeps_nothing(talk: Talk, home: Path, tmp_path: Path) -> None:
    sizes = {"hidden_size": 768, "intermediate_size": 3072, "num_hidden_layers": 12}  # so that there is time to stop
    folder = maker.make("bert", "FeatureExtraction", tmp_path / "large", **sizes)
    before = kept(home)
    name = talk.send(folder, TASK, "eager", TEXT, **LOWER)
    talk.until(lambda event: event.id == name and isinstance(event, Stage) and event.stage == "compare")
    talk.client.stop(name)
    ended = talk.end(name)

    assert isinstance(ended, Failed)
    assert ended.failure.code == "Stopped"
    assert kept(home) == before
    assert report(talk.run(folder, TASK, "eager", TEXT, **LOWER)).sample_agreement is not None


def test_a_data_folder_that_is_lost_costs_only_time(own_home: Path) -> None:
    own_home.write_text("a file in its place")
    samples.keep("a name", Agreement(verdict="close", share=1, max_abs_diff=0, cosine_worst=1, n=1))

    assert samples.find("a name") is None
