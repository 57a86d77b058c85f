"""A program saved for others: right at every length, in its place whole or not at all, and no Python needed."""

import dataclasses
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest
import torch

from engine import cli
from engine.all_tasks import TASKS
from engine.export import export
from engine.mode import attention_of
from engine.models.load import load_eager
from engine.models.look import look
from engine.run.session import Workbench
from engine.store import whole
from engine.wire.errors import BadInput, DiskFull, ModeUnavailable, NotForThisModel, Stopped
from engine.wire.messages import Event, Export, Exported, Failed, Finished, Stage
from tests.engine.modes.trying import tokens
from tests.talk import Talk, talking

Tiny = Callable[[str, str], Path]

HEADS = {
    "feature-extraction": "FeatureExtraction",
    "text-classification": "SequenceClassification",
    "token-classification": "TokenClassification",
    "question-answering": "QuestionAnswering",
    "fill-mask": "MaskedLM",
}
EVERYDAY = {
    ("bert", "feature-extraction"),
    ("roberta", "text-classification"),
    ("mpnet", "question-answering"),
    ("distilbert", "fill-mask"),
}
ALL = [(family, task) for family in ("bert", "roberta", "distilbert", "albert", "electra", "mpnet") for task in HEADS]


@dataclasses.dataclass
class Control:
    """Stops once ``after`` events were heard (``hear`` counts them)."""

    after: float = float("inf")
    heard: int = 0

    @property
    def stopped(self) -> bool:
        return self.heard >= self.after

    updated = False

    def take_update(self) -> None:
        return None

    def next_turn(self) -> None:
        return None


@pytest.fixture(autouse=True)
def home(own_home: Path) -> Path:
    return own_home


def request(folder: Path, task: str, target: Path, **more: Any) -> Export:
    fields = TASKS[task].card.example
    asked = {"mode": "torchscript"} | more
    return Export(id="x", folder=str(folder), task=task, fields=fields, target=str(target), **asked)


def saved(asked: Export, control: Control | None = None) -> list[Event]:
    control = control or Control()
    events = []
    for event in export(asked, control, Workbench(1, "a CPU", "a CPU")):
        events.append(event)
        control.heard += 1
    return events


def opened(file: Path) -> tuple[dict[str, Any], Any]:
    extra = {"fastpath.json": ""}
    program = torch.jit.load(str(file), _extra_files=extra)
    return json.loads(extra["fastpath.json"]), program


def nothing_left(target: Path) -> bool:
    """Neither the file nor a part of it."""
    return not list(target.parent.glob(f"*{target.name}*"))


@pytest.mark.parametrize(
    ("family", "task"),
    [pytest.param(*pair, marks=() if pair in EVERYDAY else pytest.mark.slow) for pair in ALL],
)
def test_program_answers_as_the_model_at_every_length(tiny: Tiny, tmp_path: Path, family: str, task: str) -> None:
    folder = tiny(family, HEADS[task])
    events = saved(request(folder, task, tmp_path / "a.pt"))
    about, program = opened(tmp_path / "a.pt")
    model = load_eager(look(folder), HEADS[task], attention_of(look(folder)))
    for shape in ((1, 11), (3, 24), (2, 60), (1, 2)):
        inputs = tokens(folder, *shape)
        got = program(*(inputs[each["name"]] for each in about["inputs"]))
        expected = model(**inputs)
        assert len(got) == len(about["outputs"]) >= 1
        for each, value in zip(about["outputs"], got, strict=True):
            assert value.dtype == torch.float32
            assert (value - expected[each["name"]]).abs().max() <= 1e-4

    assert [event.stage for event in events if isinstance(event, Stage) and event.seconds is not None] == [
        *("checking", "load", "prepare")
    ]
    last = events[-1]
    assert isinstance(last, Exported)
    assert (last.path, last.size_bytes) == (str(tmp_path / "a.pt"), (tmp_path / "a.pt").stat().st_size)
    assert "fastpath.json" in last.how


def test_what_a_program_says_of_itself(tiny: Tiny, tmp_path: Path) -> None:
    saved(request(tiny("bert", "TokenClassification"), "token-classification", tmp_path / "a.pt"))
    about, _ = opened(tmp_path / "a.pt")

    assert [(each["name"], each["dtype"]) for each in about["inputs"]] == [
        ("input_ids", "int64"),
        ("attention_mask", "int64"),
        ("token_type_ids", "int64"),
    ]
    assert about["outputs"] == [{"name": "logits", "dtype": "float32"}]
    assert (about["precision"], about["torch"], about["max_tokens"]) == ("fp32", torch.__version__, 512)
    assert about["id2label"]["1"] == "B-PER"
    assert str(tmp_path.parent) not in json.dumps(about)


def test_bf16_program_is_half_as_large_and_near(starter_folder: Path, tmp_path: Path) -> None:
    saved(request(starter_folder, "feature-extraction", tmp_path / "a.pt", precision="bf16"))
    about, program = opened(tmp_path / "a.pt")
    model = load_eager(look(starter_folder), "FeatureExtraction", "sdpa")
    inputs = tokens(starter_folder, 1, 40)
    (got,) = program(*(inputs[each["name"]] for each in about["inputs"]))
    expected = model(**inputs)["last_hidden_state"]

    assert about["precision"] == "bf16"
    assert got.dtype == torch.float32
    assert (got - expected).abs().max() > 0
    assert float((got * expected).sum() / (got.norm() * expected.norm())) >= 0.999
    assert (tmp_path / "a.pt").stat().st_size < 0.55 * look(starter_folder).size_bytes


def test_file_of_that_name_is_replaced_and_kept_where_saving_fails(tiny: Tiny, tmp_path: Path) -> None:
    target = tmp_path / "a.pt"
    target.write_text("what was there")
    with pytest.raises(NotForThisModel):
        saved(request(tiny("bert", "TokenClassification"), "question-answering", target))
    with pytest.raises(NotForThisModel, match="can be saved"):
        saved(request(tiny("bert", "TokenClassification"), "token-classification", target, mode="eager"))
    assert target.read_text() == "what was there"
    saved(request(tiny("bert", "TokenClassification"), "token-classification", target))

    assert opened(target)[0]["head"] == "TokenClassification"
    assert list(tmp_path.glob("a.pt*")) == [target]


def test_places_that_no_file_can_take(tiny: Tiny, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tiny("bert", "TokenClassification")
    refused = {
        tmp_path / "none" / "a.pt": "There is no folder",
        tmp_path: "is not a file",
        Path("/dev/full"): "is not a file",
        Path("a.pt"): "names no file",
        tmp_path / "a\0b": "names no file",
        tmp_path / ("long" * 100): "cannot be written",
        folder / "model.pt": "among the model's own",
    }
    for target, sentence in refused.items():
        with pytest.raises(BadInput, match=sentence):
            saved(request(folder, "token-classification", target))
    monkeypatch.setattr(os, "access", lambda *_: False)
    with pytest.raises(BadInput, match="cannot be written"):
        saved(request(folder, "token-classification", tmp_path / "a.pt"))
    assert nothing_left(tmp_path / "a.pt")


@pytest.mark.parametrize("precision", ["int8-dynamic", "none"])
def test_precision_that_there_is_not_is_told(tiny: Tiny, tmp_path: Path, precision: str) -> None:
    with pytest.raises(ModeUnavailable, match="cannot run in"):
        saved(request(tiny("bert", "MaskedLM"), "fill-mask", tmp_path / "a.pt", precision=precision))


def test_stopped_anywhere_it_leaves_nothing(tiny: Tiny, tmp_path: Path) -> None:
    asked = request(tiny("bert", "TokenClassification"), "token-classification", tmp_path / "a.pt")
    for after in range(6):
        with pytest.raises(Stopped):
            saved(asked, Control(after))
        assert nothing_left(tmp_path / "a.pt")


def test_stopped_while_it_is_written_it_leaves_nothing(
    tiny: Tiny, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("engine.export._PIECE_BYTES", 1000)

    class LateStop(Control):
        """Stops once a part of the file is there."""

        @property
        def stopped(self) -> bool:
            return bool(list(tmp_path.glob("a.pt.part-*")))

    with pytest.raises(Stopped):
        saved(request(tiny("bert", "TokenClassification"), "token-classification", tmp_path / "a.pt"), LateStop())
    assert nothing_left(tmp_path / "a.pt")


def test_a_full_disk_is_told_and_nothing_is_left(tiny: Tiny, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    target = tmp_path / "a.pt"
    target.write_text("what was there")
    full = tmp_path / "a.pt.part-full"
    full.symlink_to("/dev/full")
    monkeypatch.setattr(whole, "beside", lambda _: full)
    with pytest.raises(DiskFull, match="no room left"):
        saved(request(tiny("bert", "TokenClassification"), "token-classification", target))

    assert target.read_text() == "what was there"
    assert list(tmp_path.glob("a.pt*")) == [target]


def test_what_a_killed_process_left_goes_at_the_next_export(tiny: Tiny, tmp_path: Path) -> None:
    left = tmp_path / "a.pt.part-999999999-1-0123abcd"
    others = [tmp_path / "b.pt.part-999999999-1-0123abcd", tmp_path / "a.pt.part-of-mine"]
    for file in (left, *others):
        file.write_text("half")
    saved(request(tiny("bert", "TokenClassification"), "token-classification", tmp_path / "a.pt"))

    assert sorted(tmp_path.glob("*.pt*")) == sorted([tmp_path / "a.pt", *others])


def test_without_files_in_memory_it_is_the_same(tiny: Tiny, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(os, "memfd_create", raising=False)
    saved(request(tiny("bert", "TokenClassification"), "token-classification", tmp_path / "a.pt"))

    assert opened(tmp_path / "a.pt")[0]["head"] == "TokenClassification"


def test_command_line_saves_the_starter(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    target = tmp_path / "starter.pt"
    words = ["export", "--model", "starter", "--task", "sentence-similarity", "--output", str(target), "--json"]
    status = cli.main(words)
    document = json.loads(capfd.readouterr().out)

    assert status == 0
    assert document["schema"] == 1
    assert (document["path"], document["size_bytes"]) == (str(target), target.stat().st_size)
    assert (document["mode"], document["precision"]) == ("torchscript", "fp32")
    assert opened(target)[0]["outputs"] == [{"name": "last_hidden_state", "dtype": "float32"}]


@pytest.mark.slow
def test_stop_ends_an_export_and_leaves_nothing(starter_folder: Path, tmp_path: Path) -> None:
    target = tmp_path / "a.pt"
    with talking() as talk:
        for stage in ("load", "prepare"):
            talk.client.send(
                msg := Export(
                    id=f"stop-{stage}",
                    folder=str(starter_folder),
                    task="feature-extraction",
                    mode="torchscript",
                    fields=TASKS["feature-extraction"].card.example,
                    target=str(target),
                )
            )
            _until_stage(talk, msg.id, stage)
            talk.client.stop(msg.id)
            last = talk.end(msg.id)
            assert isinstance(last, Failed)
            assert last.failure.code == "Stopped"
        assert not list(tmp_path.glob("a.pt*"))
        talk.client.send(msgspec.structs.replace(msg, id="whole"))
        assert isinstance(talk.end("whole"), Finished)
    assert opened(target)
    assert list(tmp_path.glob("a.pt*")) == [target]


def _until_stage(talk: Talk, name: str, stage: str) -> None:
    talk.until(lambda event: event.id == name and isinstance(event, Stage) and event.stage == stage)


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("g++") is None or sys.platform != "linux", reason="needs g++ on Linux")
def test_process_without_python_gives_the_same_numbers(starter_folder: Path, tmp_path: Path) -> None:
    runner = built(tmp_path)
    linked = subprocess.run(["ldd", runner], capture_output=True, text=True, check=True).stdout
    assert "libtorch_cpu" in linked
    assert "python" not in linked.replace(str(Path(torch.__file__).parent), "")
    saved(request(starter_folder, "feature-extraction", tmp_path / "a.pt"))
    model = load_eager(look(starter_folder), "FeatureExtraction", "sdpa")
    texts = [tokens(starter_folder, 1, length) for length in (9, 50)]
    given = "".join(" ".join(map(str, text["input_ids"][0].tolist())) + "\n" for text in texts)
    bare = {"PATH": "/nowhere", "OMP_NUM_THREADS": "1"}
    ran = subprocess.run([runner, tmp_path / "a.pt"], input=given, capture_output=True, text=True, env=bare)
    assert ran.returncode == 0, ran.stderr
    about, *lines = ran.stdout.splitlines()

    assert json.loads(about)["outputs"] == [{"name": "last_hidden_state", "dtype": "float32"}]
    assert len(lines) == 2
    for line, text in zip(lines, texts, strict=True):
        sizes, numbers = (part.split() for part in line.split(":"))
        got = torch.tensor([float(number) for number in numbers]).reshape([int(size) for size in sizes])
        expected = model(**text)["last_hidden_state"]
        assert got.shape == expected.shape
        assert (got - expected).abs().max() <= 1e-4
    broken = subprocess.run([runner, tmp_path / "none.pt"], input="", capture_output=True, text=True, env=bare)
    assert broken.returncode == 1


def built(folder: Path) -> Path:
    """The small C++ program, against the libtorch of the installed wheel; takes half a minute."""
    source = Path(__file__).parent / "export_loader" / "main.cpp"
    wheel = Path(torch.__file__).parent
    include, libraries = wheel / "include", wheel / "lib"
    abi = int(torch.compiled_with_cxx11_abi())
    subprocess.run(
        [
            *("g++", "-std=c++20", "-O1", f"-D_GLIBCXX_USE_CXX11_ABI={abi}"),
            *(f"-I{include}", f"-I{include}/torch/csrc/api/include", source, "-o", folder / "run_program"),
            *(f"-L{libraries}", "-ltorch", "-ltorch_cpu", "-lc10", f"-Wl,-rpath,{libraries}"),
        ],
        check=True,
    )
    return folder / "run_program"
