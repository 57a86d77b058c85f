"""The wheels of everything that is shipped, checked against the lock's hashes, in one folder.

Briefcase then installs from that folder alone: nothing is resolved anew, and nothing comes from elsewhere.
"""

import hashlib
import re
import shutil
import zipfile
from pathlib import Path

from resources.packaging.plan import LOCK, WORK, read, shipped
from tasks import TaskFailed, install_torch, split_off_torch, step

FOLDER = WORK / "wheels"


def gather(python: Path) -> list[str]:
    """Fetches the wheels for ``python`` where they are not there yet; each as "name==version".

    Raises TaskFailed, also where there is no build of PyTorch for the CPU alone.
    """
    text = LOCK.read_text(encoding="utf-8")
    torch, _ = split_off_torch(text)
    wanted = "\n".join(package.text for package in shipped(read(text)) if package.name != "torch") + "\n"
    stamp, now = FOLDER / "stamp", hashlib.sha256(f"{wanted}{torch}".encode()).hexdigest()
    if not (stamp.is_file() and stamp.read_text() == now):
        if FOLDER.exists():
            shutil.rmtree(FOLDER)
        FOLDER.mkdir(parents=True)
        asked = WORK / "requirements.txt"
        asked.write_text(wanted, encoding="utf-8")
        options: list[str | Path] = ["--quiet", "--no-input", "--disable-pip-version-check", "--no-deps"]
        pip: list[str | Path] = [python, "-m", "pip"]
        step("Wheels", *pip, "wheel", *options, "--require-hashes", "-r", asked, "-w", FOLDER)
        install_torch(torch, [*pip, "download", *options, "-d", FOLDER], ())
        _refuse_cuda()
        stamp.write_text(now)
    return sorted(_requirement(wheel.name) for wheel in FOLDER.glob("*.whl"))


def _requirement(file_name: str) -> str:
    name, version, _ = file_name.split("-", 2)
    return f"{re.sub('[-_.]+', '-', name).lower()}=={version}"


def _refuse_cuda() -> None:
    (wheel,) = FOLDER.glob("torch-*.whl")
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
    if any(re.search(r"/lib\w*(torch|c10)_?\w*cuda\w*\.(so|dll)", name) for name in names):
        shutil.rmtree(FOLDER)
        raise TaskFailed("Only PyTorch with CUDA could be had, which is no part of the package. Look at the network.")
