"""What the check found: figures against their bars, and pictures; in build/package and in docs/packaging.md."""

import json
import platform
import re
import time
from pathlib import Path
from typing import Any

from resources.packaging import trim
from resources.packaging.plan import MOST_DISK_BYTES, MOST_DOWNLOAD_BYTES, ROOT, WORK
from tasks import TaskFailed, say, write

DOCUMENT = ROOT / "docs" / "packaging.md"
_TABLE = re.compile(r"(<!-- figures: begin[^>]*-->\n).*?(<!-- figures: end -->)", re.S)
AT_MOST = {
    "to download, MB": MOST_DOWNLOAD_BYTES / 1e6,
    "on the disk, MB": MOST_DISK_BYTES / 1e6,
    "first start: window, seconds": 1.5,
    "first start: from Run to the answer, seconds": 10.0,
    "second start against from source": 1.2,
}


class Report:
    """Collects while the check goes on; ``write`` ends it."""

    def __init__(self, package: Path, bundle: Path) -> None:
        self.told: dict[str, Any] = {"package": package.name, "system": "Debian 12, made by debootstrap"}
        self.figures: dict[str, float] = {}
        self.note("to download, MB", package.stat().st_size / 1e6)
        self.note("on the disk, MB", trim.size(bundle / "usr") / 1e6)

    def note(self, name: str, value: float) -> None:
        """Keeps a figure and says it."""
        self.figures[name] = round(value, 3)
        say(f"{name}: {_plain(value)}")

    def picture(self, name: str) -> Path:
        """Where a picture of this name belongs."""
        folder = WORK / "pictures"
        folder.mkdir(exist_ok=True)
        return folder / f"{name}.png"

    def write(self) -> None:
        """Raises TaskFailed where a figure is above its bar."""
        self.told["on"] = f"{time.strftime('%Y-%m-%d')}, {platform.processor() or platform.machine()}"
        self.told["figures"] = self.figures
        write(WORK / "check.json", json.dumps(self.told, indent=1) + "\n")
        rows = [f"| {name} | {_plain(value)} | {_bar(name)} |" for name, value in self.figures.items()]
        table = "\n".join(["", "| what | measured | at most |", "| --- | --- | --- |", *rows, "", ""])
        write(DOCUMENT, _TABLE.sub(lambda found: found[1] + table + found[2], DOCUMENT.read_text(encoding="utf-8")))
        above = [name for name, most in AT_MOST.items() if self.figures.get(name, 0) > most]
        if above:
            raise TaskFailed(f"More than it may be: {', '.join(above)}. See build/package/check.json.")


def _bar(name: str) -> str:
    return _plain(AT_MOST[name]) if name in AT_MOST else "–"


def _plain(value: float) -> str:
    return f"{value:.0f}" if value >= 1000 else f"{value:.3g}"
