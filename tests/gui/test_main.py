"""The program's entry: what its words do, and what it does where no window can be shown."""

import os
import subprocess
import sys

import pytest

from gui.__main__ import no_display

SCREENLESS = {
    key: value for key, value in os.environ.items() if key not in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM")
}


def run(*words: str, environment: dict[str, str] = SCREENLESS) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "gui", *words]
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=240)


@pytest.mark.parametrize(
    ("environment", "why"),
    [
        ({}, "neither DISPLAY nor WAYLAND_DISPLAY is set"),
        ({"QT_QPA_PLATFORM": "xcb"}, "neither"),
        ({"DISPLAY": ":987"}, ":987, which does not answer"),
        ({"WAYLAND_DISPLAY": "wayland-9", "XDG_RUNTIME_DIR": "/nowhere"}, "wayland-9, which does not answer"),
    ],
)
def test_says_why_there_is_no_display(environment: dict[str, str], why: str) -> None:
    assert why in no_display(environment, "linux")


@pytest.mark.parametrize("platform", ["offscreen", "minimal", "vnc:port=5900"])
def test_platforms_without_a_display_are_fine(platform: str) -> None:
    assert no_display({"QT_QPA_PLATFORM": platform}, "linux") == ""


def test_other_systems_have_their_display() -> None:
    assert no_display({}, "darwin") == ""
    assert no_display({}, "win32") == ""


@pytest.mark.skipif(not os.environ.get("DISPLAY"), reason="needs an X server")
def test_an_x_server_that_answers_is_found() -> None:
    assert no_display({"DISPLAY": os.environ["DISPLAY"]}, "linux") == ""


def test_words_go_to_the_command_line_without_qt() -> None:
    done = run("modes", "--json")

    assert done.returncode == 0, done.stderr
    assert '"schema"' in done.stdout


def test_a_child_is_made_without_qt() -> None:
    code = (
        "import sys; sys.argv = ['fastpath', '--engine']; import gui.__main__ as entry; "
        "print(entry.main(), 'PySide6' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)

    assert done.stdout.split() == ["2", "False"], done.stderr
