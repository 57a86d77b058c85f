"""Records tests/data/*.events.jsonl anew from the real engine: ``python -m tests.gui.record [NAME...]``.

What tells of the machine (folders, the CPU's name) is replaced, so that a recording holds nothing of whose it was.
"""

import json
import os
import signal
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from engine.client import Client, is_last
from engine.wire import codec
from engine.wire.messages import (
    AnyEvent,
    AnyRequest,
    Catalogue,
    Compare,
    Describe,
    Described,
    Ready,
    Run,
    Samples,
    Stage,
    Stop,
    Update,
)
from tests.gui.replay import DATA

EXAMPLES = Path(__file__).parent.parent.parent / "resources" / "examples"
FOLDER = "/models/all-MiniLM-L6-v2"
SIMILARITY = json.loads((EXAMPLES / "sentence-similarity.json").read_text("utf-8"))
CHANGED = {"source_sentence": "Interest rates are rising.", "sentences": SIMILARITY["sentences"]}


class Recorder:
    """A client whose requests and events are written down."""

    def __init__(self, threads: int = 1) -> None:
        self._threads = threads
        self._client = Client(threads=threads)
        self._lines: list[dict[str, Any]] = []
        self._folder = ""
        self.work_pid = 0
        self._client.start()

    def send(self, request: AnyRequest) -> None:
        self._note("request", codec.encode(request))
        if isinstance(request, Stop):
            self._client.stop(request.id)
        else:
            self._client.send(request)

    def until(self, wanted: Callable[[AnyEvent], bool]) -> AnyEvent:
        while True:
            found = None
            for event in self._client.events(120.0) or []:
                if isinstance(event, Described):
                    self._folder = event.model.folder
                if isinstance(event, Ready) and event.role == "work":
                    self.work_pid = event.pid
                self._note("event", codec.encode(event))
                found = event if found is None and wanted(event) else found
            if found is not None:
                return found

    def open(self) -> None:
        self.until(lambda event: isinstance(event, Catalogue))
        self.send(Describe(id="describe-1", ref="starter"))
        self.until(is_last)

    def run(self, mode: str, **more: Any) -> None:
        fields = more.pop("fields", SIMILARITY)
        task = "sentence-similarity"
        request = {"id": "run-2", "threads": self._threads, **more}
        self.send(Run(folder=self._folder, task=task, mode=mode, fields=fields, **request))

    def compare(self, **more: Any) -> None:
        request = {"id": "compare-2", "task": "sentence-similarity", "model_name": "all-MiniLM-L6-v2", **more}
        self.send(Compare(folder=self._folder, **request))

    def until_samples(self, batches: int) -> None:
        for _ in range(batches):
            self.until(lambda event: isinstance(event, Samples))

    def _note(self, what: str, line: bytes) -> None:
        self._lines.append({"at_s": round(time.monotonic(), 3), what: json.loads(line)})

    def leave_out(self, kind: str) -> None:
        """Events of this kind, which are many and are told once more at the end."""
        self._lines = [line for line in self._lines if line.get("event", {}).get("type") != kind]

    def write(self, name: str) -> None:
        """Ends the client and writes the file."""
        self._client.close()
        self._client.events()
        text = "\n".join(json.dumps(line, ensure_ascii=False) for line in self._lines)
        (DATA / f"{name}.events.jsonl").write_text(text.replace(self._folder, FOLDER) + "\n", "utf-8")


def opened() -> None:
    recorder = Recorder()
    recorder.open()
    recorder.write("opened")


def repeating() -> None:
    recorder = Recorder()
    recorder.open()
    recorder.run("eager", calls=0)
    recorder.until_samples(20)
    recorder.write("repeating")


def changed() -> None:
    recorder = Recorder()
    recorder.open()
    recorder.run("eager", calls=0)
    recorder.until_samples(5)
    recorder.send(Update(id="run-2", fields=CHANGED, revision=1))
    recorder.until_samples(10)
    recorder.send(Stop(id="run-2"))
    recorder.until(is_last)
    recorder.write("changed")


def checked() -> None:
    recorder = Recorder()
    recorder.open()
    recorder.run("onnx-runtime", check="always", ratio=True, explain=True)
    recorder.until(is_last)
    recorder.write("checked")


def shown() -> None:
    """A check against eager, and then 30 s of the same: what a person sees who demonstrates."""
    recorder = Recorder(threads=0)
    recorder.open()
    recorder.run("onnx-runtime", check="always", ratio=True, explain=True)
    recorder.until(is_last)
    recorder.run("onnx-runtime", id="run-3", calls=0)
    recorder.until_samples(300)
    recorder.write("shown")


def explained() -> None:
    """Fewer bits, held against eager here and on real texts, with what ran."""
    recorder = Recorder(threads=0)
    recorder.open()
    recorder.run("onnx-runtime", precision="int8-dynamic", check="always", ratio=True, explain=True)
    recorder.until(is_last)
    recorder.write("explained")


def died() -> None:
    recorder = Recorder()
    recorder.open()
    recorder.run("eager")
    recorder.until(lambda event: isinstance(event, Stage) and event.stage == "load")
    os.kill(recorder.work_pid, signal.SIGKILL)
    recorder.until(is_last)
    recorder.write("died")


def compared() -> None:
    """Every acceleration that is quick to prepare, in three precisions."""
    recorder = Recorder(threads=0)
    recorder.open()
    recorder.compare(
        modes=("eager", "torchscript", "better-transformer", "onnx-runtime", "openvino"),
        precisions=("fp32", "bf16", "int8-dynamic", "int8-static"),
        calls=48,
        seconds=0.5,
    )
    recorder.until(is_last)
    recorder.leave_out("cell_told")
    recorder.write("compared")


def bad_input() -> None:
    recorder = Recorder()
    recorder.open()
    recorder.run("eager", fields={"source_sentence": "", "sentences": []})
    recorder.until(is_last)
    recorder.write("bad_input")


if __name__ == "__main__":
    every = (opened, repeating, changed, checked, shown, explained, compared, died, bad_input)
    conversations = {made.__name__: made for made in every}
    with tempfile.TemporaryDirectory() as home:
        os.environ["FASTPATH_HOME"] = home
        for name in sys.argv[1:] or conversations:
            print(name)
            conversations[name]()
