"""A stand-in for Python, venv and pip: a program of its own, started as a real child, whose wheels are tiny.

``behave`` says what it does at which step; ``asked`` what it was asked to do.
"""

import json
import sys
from pathlib import Path
from typing import Any

from engine.runtimes import ipex
from engine.runtimes.recipe import Recipe

SIZES = {"torch": 40_000_000, "intel-extension-for-pytorch": 35_000_000}
"""As the index tells them; the wheels themselves are tiny. The rest is small and fetched together."""

_SCRIPT = """#!{python} -IS
import json, os, shutil, sys, time, urllib.parse, zipfile
from pathlib import Path
HOME = Path({home!r})
SIZES = {sizes!r}
behaviour = json.loads((HOME / "behaviour.json").read_text())
words = [word for word in sys.argv[1:] if word != "-P"]
with (HOME / "asked").open("a") as file:
    file.write(json.dumps(words) + "\\n")

def do(step):
    what = behaviour.get(step, "")
    if what == "hang":
        print("waiting", flush=True)
        time.sleep(600)
    elif what:
        print(what, flush=True)
        sys.exit(1)

def after(word):
    return words[words.index(word) + 1]

def packages():
    return next(Path(sys.argv[0]).parent.parent.glob("lib/python3.*/site-packages"))

def wheel(name, version, folder):
    inside = name.replace("-", "_")
    with zipfile.ZipFile(folder / f"{{inside}}-{{version}}-py3-none-any.whl", "w") as archive:
        archive.writestr(f"{{inside}}/__init__.py", f"version = {{version!r}}")
        record = f"{{inside}}/__init__.py,,{{len(version) + 12}}\\n"
        archive.writestr(f"{{inside}}-{{version}}.dist-info/RECORD", record)

if words[:2] == ["-m", "venv"]:
    do("venv")
    place = Path(words[2])
    (place / "bin").mkdir(parents=True)
    (place / "lib/python3.11/site-packages").mkdir(parents=True)
    shutil.copy(sys.argv[0], place / "bin/python")
elif words[0] == "-c" and words[2].startswith("http"):
    sys.exit(0 if behaviour.get("cpu index") else 1)
elif words[0] == "-c":
    names = [url.rpartition("/")[2].partition("-")[0].replace("_", "-") for url in json.loads(words[2])]
    print(json.dumps([SIZES.get(name, 1000) for name in names]))
elif words[:3] == ["-m", "pip", "install"] and "--quiet" in words:
    do("pip")
elif words[:3] == ["-m", "pip", "install"] and "--dry-run" in words:
    do("look up")
    asked = [word.partition("==") for word in words if "==" in word]
    install = [
        {{
            "metadata": {{"name": name, "version": version}},
            "download_info": {{
                "url": f"https://index.example/{{name.replace('-', '_')}}-{{version}}-py3-none-any.whl",
                "archive_info": {{"hashes": {{"sha256": "0" * 64}}}},
            }},
        }}
        for name, _, version in asked
    ]
    Path(after("--report")).write_text(json.dumps({{"install": install}}))
elif words[:3] == ["-m", "pip", "download"]:
    folder = Path(after("--dest"))
    for word in words:
        if " @ " in word:
            name, version = word.rpartition("/")[2].split("-")[:2]
        elif "==" in word:
            name, _, version = word.partition("==")
        else:
            continue
        name = name.replace("_", "-")
        do(f"download {{name}}")
        size = SIZES.get(name, 1000)
        for done in (0, size // 2, size):
            print(f"Progress {{done}} of {{size}}", flush=True)
        wheel(name, urllib.parse.unquote(version), folder)
elif words[:3] == ["-m", "pip", "install"]:
    do("unpack")
    for word in words:
        if "==" in word:
            name, _, version = word.partition("==")
            file = f"{{name.replace('-', '_')}}-{{version}}-py3-none-any.whl"
            with zipfile.ZipFile(Path(after("--find-links")) / file) as archive:
                archive.extractall(packages())
elif words[:2] == ["-m", "engine.runtimes.self_check"]:
    do("self-check")
    assert (packages() / "engine/work.py").is_file()
    print(json.dumps({{"max_abs_diff": 0.0, "fused": 1}}))
else:
    sys.exit(f"what is {{words}}?")
"""


class StandIn:
    """The program at ``python``, and how it behaves."""

    def __init__(self, home: Path) -> None:
        home.mkdir()
        self._home = home
        self.python = home / "python"
        self.python.write_text(_SCRIPT.format(python=sys.executable, home=str(home), sizes=SIZES))
        self.python.chmod(0o755)
        self.behave()

    def behave(self, **steps: Any) -> None:
        """By step (underscores for blanks): the words it fails with, or "hang"."""
        named = {name.replace("_", " ").replace("  ", "-"): what for name, what in steps.items()}
        (self._home / "behaviour.json").write_text(json.dumps(named))

    def asked(self, command: str) -> list[list[str]]:
        """The words of each ``pip COMMAND`` so far."""
        lines = (self._home / "asked").read_text().splitlines() if (self._home / "asked").exists() else []
        return [words for words in map(json.loads, lines) if words[1:3] == ["pip", command]]

    def forget(self) -> None:
        (self._home / "asked").unlink(missing_ok=True)

    def recipe(self) -> Recipe:
        return Recipe(
            python=self.python,
            requirements=(
                f"intel-extension-for-pytorch=={ipex.IPEX}",
                *(f"{name}=={version}" for name, version in ipex.light().items()),
            ),
            torch=ipex.TORCH,
            cpu_index="https://cpu.example/whl",
            plain_bytes=(80_000_000, 1_000_000),
        )
