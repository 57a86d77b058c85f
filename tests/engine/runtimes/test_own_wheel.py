"""Fastpath's own code as a wheel: complete, right by its own list, renewed where it is another's."""

import base64
import csv
import hashlib
import io
import subprocess
import sys
import zipfile
from pathlib import Path

import msgspec

from engine.runtimes import ipex, own_wheel
from engine.runtimes.place import Place
from tests.engine.runtimes.standing_in import StandIn
from tests.engine.runtimes.test_installing import install


def test_wheel_lists_what_it_holds() -> None:
    archive = zipfile.ZipFile(io.BytesIO(own_wheel.build()))
    (listing,) = [name for name in archive.namelist() if name.endswith(".dist-info/RECORD")]
    rows = list(csv.reader(io.TextIOWrapper(archive.open(listing))))

    assert {row[0] for row in rows} == set(archive.namelist())
    for name, digest, size in rows:
        content = archive.read(name)
        if name != listing:
            expected = base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()
            assert (digest, int(size)) == (f"sha256={expected}", len(content))
    assert {"engine/work.py", "resources/calibration/check.txt"} <= set(archive.namelist())
    assert not [name for name in archive.namelist() if name.startswith("gui") or "__pycache__" in name]


def test_installed_code_runs_and_makes_the_same_wheel(tmp_path: Path) -> None:
    """From an installed application as from a checkout."""
    own_wheel.install(own_wheel.build(), tmp_path)
    said = subprocess.run(
        [
            sys.executable,
            "-P",
            "-c",
            "import engine, engine.runtimes.own_wheel as o; print(engine.__file__, o.digest())",
        ],
        env={"PYTHONPATH": str(tmp_path)},
        cwd="/",
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split()

    assert said == [str(tmp_path / "engine/__init__.py"), own_wheel.digest()]


def test_changed_code_is_renewed_on_the_way(stand_in: StandIn, place: Place) -> None:
    install(stand_in, place)
    manifest = place.manifest()
    assert manifest is not None
    assert place.packages is not None
    (place.packages / "engine/gone_by_now.py").write_text("old")
    place.write(msgspec.structs.replace(manifest, own_digest="another"))
    stand_in.forget()

    assert ipex.interpreter() == place.python
    assert not (place.packages / "engine/gone_by_now.py").exists()
    assert place.manifest() == manifest
    assert stand_in.asked("install") == []


def test_lost_own_code_is_renewed_on_the_way(stand_in: StandIn, place: Place) -> None:
    install(stand_in, place)
    assert place.packages is not None
    (place.packages / "engine/__main__.py").unlink()
    ipex.interpreter()

    assert (place.packages / "engine/__main__.py").is_file()
