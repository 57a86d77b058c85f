"""Files and folders that may not be read: a sentence that names them, never a defect of ours."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from engine.models.look import look
from engine.wire.errors import ModelBroken
from tests.engine.models.folders import write

_TRY = """
import sys
from engine.models.look import look, look_at_tokenizer
from engine.models.resolve import resolve
from engine.wire.errors import FastpathError
try:
    {"look": lambda ref: look(resolve(ref)), "tokenizer": lambda ref: look_at_tokenizer(resolve(ref))}[sys.argv[1]](
        sys.argv[2]
    )
except FastpathError as error:
    print(type(error).__name__, error.what_happened)
"""

IS_ROOT = sys.platform != "win32" and os.geteuid() == 0
pytestmark = pytest.mark.skipif(
    sys.platform == "win32" or (IS_ROOT and not shutil.which("setpriv")), reason="nothing can be closed to us here"
)


def told(closed: Path, ref: str, how: str = "look", **environment: str) -> str:
    """What is said of ``ref`` while ``closed`` may not be read; root must lay down its capabilities for that."""
    powerless = ["setpriv", "--bounding-set=-all", "--inh-caps=-all"] if IS_ROOT else []
    mode = closed.stat().st_mode
    closed.chmod(0)
    try:
        done = subprocess.run(
            [*powerless, sys.executable, "-c", _TRY, how, ref],
            capture_output=True,
            text=True,
            env={**os.environ, **environment},
        )
    finally:
        closed.chmod(mode)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


@pytest.mark.parametrize("name", ["config.json", "tokenizer.json", "vocab.txt", "1_Pooling/config.json"])
def test_a_file_is_named(tmp_path: Path, name: str) -> None:
    folder = write(tmp_path / "m", tokenizer={})
    (folder / name).parent.mkdir(exist_ok=True)
    (folder / name).touch()
    file = folder / name

    assert told(file, str(folder)) == f"ModelBroken The file {file.name} of {file.parent.name} cannot be read."


def test_a_folder_is_named(tmp_path: Path) -> None:
    folder = write(tmp_path / "outer" / "m")
    (folder / "1_Pooling").mkdir()

    for closed in (folder.parent, folder, folder / "1_Pooling"):
        assert told(closed, str(folder)) == f"ModelBroken The folder {closed} cannot be read."
    assert told(folder, str(folder), "tokenizer") == f"ModelBroken The folder {folder} cannot be read."


def test_a_card_that_cannot_be_read_is_no_card(tmp_path: Path) -> None:
    folder = write(tmp_path / "m")
    (folder / "README.md").write_text("---\nlicense: mit\n---\n")

    assert told(folder / "README.md", str(folder)) == ""


def test_the_cache_of_the_hub_is_named(tmp_path: Path) -> None:
    place = tmp_path / "hub"
    (place / "models--org--name" / "refs").mkdir(parents=True)
    (place / "models--org--name" / "refs" / "main").write_text("0" * 40)
    write(place / "models--org--name" / "snapshots" / ("0" * 40))

    said = told(place, "org/name", HF_HOME=str(tmp_path), HF_HUB_CACHE="")
    assert said == f"ModelBroken The folder {place} cannot be read."
    reference = place / "models--org--name" / "refs" / "main"
    said = told(reference, "org/name", HF_HOME=str(tmp_path), HF_HUB_CACHE="")
    assert said == "ModelBroken The file main of refs cannot be read."


def test_a_file_that_goes_while_it_is_read_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = write(tmp_path / "m", tokenizer={})
    whole = Path.read_bytes

    def gone(file: Path) -> bytes:
        if file.name == "tokenizer.json":
            file.unlink()
        return whole(file)

    monkeypatch.setattr(Path, "read_bytes", gone)
    with pytest.raises(ModelBroken, match=r"tokenizer\.json of m cannot be read"):
        look(folder)
