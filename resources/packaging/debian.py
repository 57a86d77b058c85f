"""What Debian wants of a package besides Briefcase's part: whose it is, sizes, sums, what goes well with it."""

import datetime
import gzip
import hashlib
import os
import re
import shutil
import subprocess
import textwrap
import tomllib
from collections.abc import Sequence
from pathlib import Path

from resources.packaging import icons, trim
from resources.packaging.plan import ROOT, SETTINGS
from tasks import TaskFailed, say, step

SUITE = "bookworm"
SUGGESTED = "g++, python3-dev, python3-venv, xdg-utils"
"""For torch.compile; for Intel Extension for PyTorch's own environment; for links in a browser."""

BUILD_NEEDS = ("build-essential", "python3-dev", "python3-venv", "desktop-file-utils", "appstream")
CHECK_NEEDS = ("debootstrap", "lintian", "xdotool", "imagemagick", "xvfb", "libx11-6")
CHANGES = ROOT / "CHANGELOG.md"
COPYRIGHT = """\
Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/
Upstream-Name: Fastpath
Comment: What comes along of others, in usr/lib/fastpath/app_packages, is under the licences that are told
 in full in third-party-licences.txt.gz beside this file.

Files: *
Copyright: {year} Fastpath authors
License: Apache-2.0

License: Apache-2.0
 On Debian systems the text of the Apache License, version 2.0, is in
 /usr/share/common-licenses/Apache-2.0.
"""


def runtime_packages() -> list[str]:
    """The system packages that the program needs, as briefcase.toml lists them."""
    settings = tomllib.loads(SETTINGS.read_text(encoding="utf-8"))
    wanted: list[str] = settings["tool"]["briefcase"]["app"]["fastpath"]["linux"]["system"]["debian"][
        "system_runtime_requires"
    ]
    return wanted


def require_suite() -> None:
    """Raises TaskFailed where this is another system than the package is for."""
    release = Path("/etc/os-release")
    told = release.read_text(encoding="utf-8") if release.is_file() else ""
    if not re.search(rf'^VERSION_CODENAME="?{SUITE}"?$', told, re.M):
        raise TaskFailed("The package is built on Debian 12: in a container of it, for example.")


def missing(names: Sequence[str]) -> list[str]:
    """Those of the system packages ``names`` that are not installed."""
    words = ["dpkg-query", "--show", "--showformat=${Package} ${db:Status-Status}\n", *names]
    told = subprocess.run(words, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL).stdout.decode()
    there = {line.split()[0] for line in told.splitlines() if line.endswith(" installed")}
    return [name for name in names if name not in there]


def ensure(names: Sequence[str]) -> None:
    """Installs those that are missing where we may, else raises TaskFailed with the command for it."""
    lacking = missing(names)
    if not lacking:
        return
    command = ["apt-get", "install", "-y", "--no-install-recommends", *lacking]
    if os.geteuid() != 0:
        raise TaskFailed(f"This system lacks {', '.join(lacking)}. This installs it:\n    sudo {' '.join(command)}")
    quiet = ["env", "DEBIAN_FRONTEND=noninteractive"]
    try:
        step(f"System packages ({len(lacking)})", *quiet, *command)
    except TaskFailed:  # apt's lists are old, or there are none
        step("apt-get update", *quiet, "apt-get", "update")
        step("System packages", *quiet, *command)


def changelog(text: str, released: str) -> str:
    """CHANGELOG.md as Debian writes one; ``released``: the day of each, which the file does not tell."""
    author = tomllib.loads(SETTINGS.read_text(encoding="utf-8"))["tool"]["briefcase"]["author_email"]
    day = datetime.datetime.fromisoformat(released).strftime("%a, %d %b %Y 00:00:00 +0000")
    entries = []
    for part in re.split(r"^## ", text, flags=re.M)[1:]:
        version, _, body = part.partition("\n")
        points = re.split(r"^- ", re.sub(r"^###.*", "", body, flags=re.M), flags=re.M)[1:]
        lines = [
            textwrap.fill(" ".join(point.split()), 78, initial_indent="  * ", subsequent_indent="    ")
            for point in points
        ]
        head = f"fastpath ({version.split()[0]}) stable; urgency=medium"
        entries.append("\n".join([head, "", *lines, "", f" -- Fastpath authors <{author}>  {day}", ""]))
    return "\n".join(entries)


def complete(usr: Path, third_party: Path, released: str) -> None:
    """After ``briefcase build``: licences, changes, the drawn icon, nothing that only the repository needs. ``usr``:
    the bundle's folder of that name; ``released``: the day, "2026-01-31".
    """
    documents = usr / "share" / "doc" / "fastpath"
    (documents / "copyright").write_text(COPYRIGHT.format(year=released[:4]), encoding="utf-8")
    (documents / "third-party-licences.txt.gz").write_bytes(gzip.compress(third_party.read_bytes(), mtime=0))
    told = changelog(CHANGES.read_text(encoding="utf-8"), released)
    (documents / "changelog.gz").write_bytes(gzip.compress(told.encode(), mtime=0))
    scalable = usr / "share" / "icons" / "hicolor" / "scalable" / "apps"
    scalable.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(icons.DRAWN, scalable / "dev.fastpath.fastpath.svg")
    (usr / "lib" / "fastpath" / ".keep").unlink(missing_ok=True)
    for file in usr.rglob("*"):
        if file.is_file() and not file.is_symlink():
            runs = file.parent == usr / "bin" or file.name == "torch_shm_manager"
            file.chmod(0o755 if runs else 0o644)
        elif file.is_dir():
            file.chmod(0o755)


def pack(root: Path, into: Path, version: str = "", packed: tuple[str, int] = ("xz", 0)) -> Path:
    """The package made of Briefcase's folder ``root`` (it holds DEBIAN and usr), its control file completed.

    ``version``: another one than the control file's; ``packed``: how, and how tightly. Lintian knows no zstd, and
    xz's first level takes 20 s. Returns the package's path.
    """
    control = root / "DEBIAN" / "control"
    before = control.read_text(encoding="utf-8")
    text = re.sub(r"^(Homepage: None|Installed-Size: .*|Suggests: .*)\n", "", before, flags=re.M)
    if version:
        text = re.sub(r"^Version: .*$", f"Version: {version}", text, flags=re.M)
    size = f"Installed-Size: {-(-trim.size(root / 'usr') // 1024)}\nSuggests: {SUGGESTED}\n"
    control.write_text(text.rstrip("\n") + "\n" + size, encoding="utf-8")
    (root / "DEBIAN" / "md5sums").write_text(_sums(root), encoding="utf-8")
    told = dict(line.split(": ", 1) for line in text.splitlines() if re.match(r"[A-Z]\w+: ", line))
    into.mkdir(exist_ok=True)
    package = into / f"{told['Package']}_{told['Version']}_{told['Architecture']}.deb"
    for own in into.glob(f"{told['Package']}_*~*.deb"):
        own.unlink()  # Briefcase's, without what was completed
    how = [f"-Z{packed[0]}", f"-z{packed[1]}", "--root-owner-group"]
    step(f"{package.name}, {packed[0]} {packed[1]}", "dpkg-deb", *how, "--build", root, package)
    control.write_text(before, encoding="utf-8")
    return package


def _sums(root: Path) -> str:
    """As dpkg checks them; it knows no other kind of sum."""
    lines = []
    for file in sorted((root / "usr").rglob("*")):
        if file.is_file() and not file.is_symlink():
            with file.open("rb") as stream:
                sum_ = hashlib.file_digest(stream, lambda: hashlib.md5(usedforsecurity=False)).hexdigest()
            lines.append(f"{sum_}  {file.relative_to(root)}\n")
    return "".join(lines)


def validate(root: Path) -> None:
    """What desktops and software centres say of the package's descriptions. Raises TaskFailed for an error."""
    (desktop,) = root.glob("usr/share/applications/*.desktop")
    (about,) = root.glob("usr/share/metainfo/*.xml")
    step("desktop-file-validate", "desktop-file-validate", desktop)
    step("appstreamcli validate", "appstreamcli", "validate", "--no-net", about)


def lint(package: Path) -> None:
    """Lintian's errors. Raises TaskFailed where there is one; warnings are shown."""
    words = ["lintian", "--no-cfg", "--allow-root", "--fail-on", "error", str(package)]
    say(f"lintian {package.name}...")
    done = subprocess.run(words, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, encoding="utf-8")
    kinds: dict[str, int] = {}
    for line in done.stdout.splitlines():
        head = " ".join(line.split()[:3])
        kinds[head] = kinds.get(head, 0) + 1
    for head, often in kinds.items():
        say(f"    {head} ({often})")
    if done.returncode:
        errors = "\n".join(line for line in done.stdout.splitlines() if line.startswith("E:"))
        raise TaskFailed(f"{errors}\nlintian found errors in {package.name}.")
