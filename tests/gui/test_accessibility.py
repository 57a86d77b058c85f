"""The window on a real accessibility bus, as a screen reader meets it: AT-SPI under a virtual display."""

import json
import os
import shutil
import subprocess
import sys
import textwrap
from pathlib import Path
from typing import Any

import pytest

from tasks import ACCESSIBILITY_BUS

ROOT = Path(__file__).parents[2]
SYSTEM_PYTHON = Path("/usr/bin/python3")
SESSION = textwrap.dedent("""
    import os, subprocess, sys
    launcher, python, reader = sys.argv[1:]
    bus = subprocess.Popen([launcher, "--launch-immediately"], stderr=subprocess.DEVNULL)
    window = subprocess.Popen([sys.executable, "-m", "gui"], env=os.environ | {"QT_LINUX_ACCESSIBILITY_ALWAYS_ON": "1"})
    try:
        status = subprocess.run([python, reader], timeout=240).returncode
    finally:
        window.terminate()
        window.wait()
        bus.terminate()
        bus.wait()
    sys.exit(status)
""")


def lacking() -> str:
    """Why no bus can be had here, or ""."""
    if not os.environ.get("DISPLAY"):
        return "no X server"
    if not shutil.which("dbus-run-session"):
        return "no dbus-run-session"
    if not launcher():
        return "no at-spi-bus-launcher (at-spi2-core)"
    found = SYSTEM_PYTHON.exists() and not subprocess.call(
        [SYSTEM_PYTHON, "-c", "import pyatspi"], stderr=subprocess.DEVNULL
    )
    return "" if found else "no pyatspi for the system's Python"


def launcher() -> str:
    return next((name for name in ACCESSIBILITY_BUS if Path(name).exists()), "")


@pytest.fixture(scope="module")
def met(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What the reader met: every node of the tree before the run, after it and on the CPU page; what it heard."""
    if why := lacking():
        pytest.skip(why)
    home = tmp_path_factory.mktemp("bus")
    kept = home / "data" / "window" / "settings.json"
    kept.parent.mkdir(parents=True)
    kept.write_text('{"schema": 1}')  # not the first start
    environment = os.environ | {
        "FASTPATH_HOME": str(home / "data"),
        "QT_QPA_PLATFORM": "xcb",
        "XDG_RUNTIME_DIR": str(home),
    }
    reader = str(Path(__file__).with_name("screen_reader.py"))
    command = ["dbus-run-session", "--", sys.executable, "-c", SESSION, launcher(), str(SYSTEM_PYTHON), reader]
    done = subprocess.run(command, env=environment, cwd=ROOT, capture_output=True, text=True, timeout=280)
    assert done.returncode == 0, done.stderr[-3_000:]
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])  # the bus itself may have said something before
    return found


def of_role(nodes: list[dict[str, Any]], role: str) -> list[str]:
    return [node["name"] for node in nodes if node["role"] == role and node["showing"]]


@pytest.mark.slow
def test_what_can_be_focused_has_a_name_and_says_what_it_is_for(met: dict[str, Any]) -> None:
    controls = ("push button", "check box", "radio button", "combo box", "text", "tree", "list")
    nodes = [node for part in ("before", "after", "cpu") for node in met[part]]
    focusable = [node for node in nodes if node["focusable"] and node["showing"] and node["role"] in controls]

    assert len(focusable) > 30
    assert [node for node in focusable if not (node["name"] or node["relations"].get("labelled-by"))] == []
    assert [node["name"] for node in focusable if not node["description"]] == []


@pytest.mark.slow
def test_a_choice_is_told_with_its_label_and_a_field_with_its_name(met: dict[str, Any]) -> None:
    labels = {
        node["name"]: node["relations"].get("labelled-by") for node in met["before"] if node["role"] == "combo box"
    }

    assert labels["Sentence similarity"] == ["Task"]
    assert labels["Full precision (fp32)"] == ["Precision"]
    assert {"Source sentence", "Sentences"} <= set(of_role(met["before"], "text"))
    assert "None (eager)" in of_role(met["before"], "radio button")


@pytest.mark.slow
def test_pressing_run_on_the_bus_runs_and_its_end_is_told_once(met: dict[str, Any]) -> None:
    before, after = (of_role(met[part], "table cell") for part in ("before", "after"))

    assert not any("performs music" in name for name in before)
    assert any("Someone performs music outdoors with a guitar., 0." in name for name in after)
    assert len(met["heard"]) == 1
    assert met["heard"][0].startswith("Best: Someone performs music")
    assert "Median" in met["heard"][0]


@pytest.mark.slow
def test_rows_of_the_cpu_page_say_all_they_have(met: dict[str, Any]) -> None:
    cells = of_role(met["cpu"], "table cell")
    headers = of_role(met["cpu"], "table column header")

    assert "Allowed by the system" in headers
    assert any(": " in name and "usable" in name for name in cells)
    assert sum("In the silicon: " in name and "Used by the last run: " in name for name in cells) > 5
