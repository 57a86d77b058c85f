"""See what a compiler does: the example in this process, through the client, on the command line; and its failures."""

import inspect
import json
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest

from engine.modes import torch_compile
from engine.run import compiler_demo
from engine.wire.errors import ModeUnavailable, Stopped
from engine.wire.messages import CompilerShown, Failed, ShowCompiler, Stage
from engine.work import Control
from tests.talk import gone_within, processes_under, talking

needs_compiler = pytest.mark.skipif(torch_compile.available() is not None, reason="no C++ compiler here")
needs_sh = pytest.mark.skipif(sys.platform == "win32", reason="a compiler made of a shell script")


@needs_compiler
@pytest.mark.slow
def test_two_passes_become_one_and_the_kernel_is_shown(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("TORCHINDUCTOR_CACHE_DIR", str(tmp_path))
    *stages, shown = compiler_demo.show(Control())

    assert isinstance(shown, CompilerShown)
    assert [event.stage for event in stages if isinstance(event, Stage)] == ["prepare"] * 2 + ["running"] * 2
    assert (shown.eager_kernels, shown.compiled_kernels) == (2, 1)
    assert shown.compiled_ms > 0  # how much faster it is, the benchmark tells
    assert shown.eager_ms > 0
    assert shown.kernel.startswith('extern "C"')
    assert ".cos()" in shown.kernel
    assert ".sin()" in shown.kernel
    assert "#include" not in shown.kernel


def test_source_that_is_shown_is_the_function_that_runs() -> None:
    body = inspect.getsource(compiler_demo._function)

    assert "return torch.sin(torch.cos(x))" in textwrap.dedent(body)
    assert "return torch.sin(torch.cos(x))" in compiler_demo.SOURCE


def test_without_a_compiler_nothing_is_shown_and_the_remedy_is(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("CXX", raising=False)
    with pytest.raises(ModeUnavailable) as refused:
        list(compiler_demo.show(Control()))

    assert refused.value.what_happened.endswith("There is no C++ compiler on this computer.")
    assert "Install" in refused.value.what_to_do


@needs_compiler
@pytest.mark.slow
def test_stop_between_calls_ends_it(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("TORCHINDUCTOR_CACHE_DIR", str(tmp_path))
    control = Control()
    control.begin("one")
    control.stop("one")
    with pytest.raises(Stopped):
        list(compiler_demo.show(control))


@needs_compiler
@pytest.mark.slow
def test_command_prints_one_document(own_home: Path) -> None:
    words = [sys.executable, "-m", "gui", "show-compiler", "--json"]
    done = subprocess.run(words, capture_output=True, timeout=240, cwd=Path(__file__).parents[2])
    found = json.loads(done.stdout)

    assert done.returncode == 0, done.stderr.decode()
    assert set(found) == {
        *("schema", "source", "kernel", "eager_ms", "compiled_ms", "eager_kernels", "compiled_kernels"),
    }


@needs_compiler
@needs_sh
@pytest.mark.slow
def test_compiler_that_hangs_is_stopped_with_all_that_it_started(
    own_home: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """It answers no question, not even for its version."""
    hanging, began = tmp_path / "hanging-g++", tmp_path / "began"
    hanging.write_text(f"#!/bin/sh\ntouch {began}\nsleep 600\n")
    hanging.chmod(0o755)
    monkeypatch.setenv("CXX", str(hanging))
    with talking(threads=1) as talk:
        talk.client.send(ShowCompiler(id="one", threads=1))
        end = time.monotonic() + 120
        while not began.exists():
            assert time.monotonic() < end
            talk.client.events(0.1)
        stopped_at = time.monotonic()
        talk.client.stop("one")
        last = talk.end("one", 30)
        assert time.monotonic() - stopped_at < 5
        assert isinstance(last, Failed)
        assert last.failure.code == "Stopped"
        sleeping = [one for one in processes_under(own_home) if one.name() in ("sleep", "hanging-g++")]
        assert sleeping == []
    assert gone_within(own_home, 10) == []
