"""What a container lets its processes use, from Linux control groups of either version.

``root`` stands for /, so that recorded trees can be fed in. A limit on any group above counts too.
"""

import dataclasses
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

_GROUPS = "sys/fs/cgroup"
_NO_LIMIT_BYTES = 1 << 60
"""Version 1 writes nearly 2**63 for no limit."""


@dataclasses.dataclass(frozen=True, slots=True)
class Limits:
    """None: no limit. ``cpus`` may be a fraction."""

    cpus: float | None = None
    memory_bytes: int | None = None
    memory_used_bytes: int | None = None
    """Of the group that sets ``memory_bytes``, without the page cache that the kernel would give back."""


def limits(root: Path = Path("/")) -> Limits:
    """Reads a handful of small files; none of them need exist."""
    groups = _groups(root)
    quotas = [quota for folder in groups for quota in _quota(folder)]
    memory = [(limit, folder) for folder in groups for limit in _memory(folder)]
    lowest, where = min(memory, default=(None, None), key=lambda pair: pair[0])
    return Limits(
        cpus=min(quotas, default=None),
        memory_bytes=lowest,
        memory_used_bytes=_used(where) if where else None,
    )


def _groups(root: Path) -> list[Path]:
    """Folders of the groups that this process is in, and of those above them."""
    found: list[Path] = []
    for line in _text(root / "proc/self/cgroup").splitlines():
        _, controllers, path = line.split(":", 2)
        for controller in controllers.split(",") if controllers else [""]:
            if controller not in ("", "cpu", "memory"):
                continue
            top = root / _GROUPS / controller
            parts = PurePosixPath(path).parts[1:]
            found += [top.joinpath(*parts[:depth]) for depth in range(len(parts) + 1) if ".." not in parts]
    return found


def _quota(folder: Path) -> Iterator[float]:
    quota, _, period = _text(folder / "cpu.max").partition(" ")
    if not quota:
        quota, period = _text(folder / "cpu.cfs_quota_us"), _text(folder / "cpu.cfs_period_us")
    if quota.isdigit() and period.isdigit() and int(period) > 0:
        yield int(quota) / int(period)


def _memory(folder: Path) -> Iterator[int]:
    limit = _text(folder / "memory.max") or _text(folder / "memory.limit_in_bytes")
    if limit.isdigit() and int(limit) < _NO_LIMIT_BYTES:
        yield int(limit)


def _used(folder: Path) -> int | None:
    used = _text(folder / "memory.current") or _text(folder / "memory.usage_in_bytes")
    if not used.isdigit():
        return None
    entries = dict(line.split(" ", 1) for line in _text(folder / "memory.stat").splitlines() if " " in line)
    reclaimable = entries.get("inactive_file") or entries.get("total_inactive_file") or "0"
    return max(0, int(used) - int(reclaimable))


def _text(file: Path) -> str:
    try:
        return file.read_text("utf-8").strip()
    except OSError:
        return ""
