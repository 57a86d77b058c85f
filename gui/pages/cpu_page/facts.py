"""The CPU in words: one name and one line for each fact, and the whole page as text."""

from collections.abc import Collection, Sequence

from engine.wire.values import Cpu
from gui.widgets import figures
from gui.widgets.feature_use import Use, use_of

_MIB = 1024 * 1024
YES_OR_NO = {True: "yes", False: "no"}
USED_WORDS: dict[Use, str] = {
    "used": "yes",
    "not seen": "not seen",
    "not told": "?",
    "usable": "?",
    "refused": "no",
    "missing": "no",
}


def facts_of(cpu: Cpu) -> list[tuple[str, str]]:
    """What is known; what is not known is left out."""
    found = [
        ("Architecture", cpu.architecture),
        ("Sockets", str(cpu.sockets) if cpu.sockets else ""),
        ("Cores", cores(cpu)),
        ("Caches", ", ".join(f"{name} {cache_size(size)}" for name, size in cpu.caches.items())),
        ("Memory", figures.size(cpu.memory_total_mb * 1_000_000) if cpu.memory_total_mb else ""),
        ("Container's limits", limits(cpu)),
    ]
    return [(name, words) for name, words in found if words]


def cores(cpu: Cpu) -> str:
    parts = [f"{cpu.cores_physical} physical"] if cpu.cores_physical else []
    parts += [f"{cpu.cores_logical} logical"] if cpu.cores_logical else []
    kinds = cpu.core_kinds
    if kinds is not None:
        parts += [f"{kinds.performance} for performance, {kinds.efficiency} for efficiency"]
    allowed = cpu.cores_allowed
    words = ", ".join(parts)
    return f"{words}; this program may use {allowed}" if allowed and allowed != cpu.cores_physical else words


def cache_size(size_bytes: int) -> str:
    """Caches are counted in powers of two, as their makers do: 65536 is "64 KiB"."""
    for unit, worth in (("MiB", _MIB), ("KiB", 1024)):
        if size_bytes >= worth:
            return f"{size_bytes / worth:,.4g} {unit}"
    return f"{size_bytes} bytes"


def limits(cpu: Cpu) -> str:
    parts = [f"{cpu.limit_cpus:g} CPU{'s' if cpu.limit_cpus != 1 else ''}"] if cpu.limit_cpus else []
    parts += [f"{figures.size(cpu.limit_memory_mb * 1_000_000)} of memory"] if cpu.limit_memory_mb else []
    return " and ".join(parts)


def groups_of(cpu: Cpu) -> list[str]:
    """The features' groups in their order."""
    return list(dict.fromkeys(feature.group for feature in cpu.features))


def as_text(cpu: Cpu, ran: bool, used: Collection[str] | None) -> str:
    """The page for the clipboard: facts, then a line for each feature, its columns parted by tabs."""
    lines = [cpu.brand, *(f"{name}: {words}" for name, words in facts_of(cpu)), ""]
    lines.append(_row("Feature", "In the silicon", "Allowed by the system", "Used by the last run", "Why not", "For"))
    for feature in cpu.features:
        use = use_of(feature, ran, used)
        words = YES_OR_NO[feature.present], YES_OR_NO[feature.usable], USED_WORDS[use]
        lines.append(_row(feature.title, *words, feature.reason, feature.explains))
    return "\n".join(lines) + "\n"


def _row(*cells: str) -> str:
    return "\t".join(cells)


def summary(cpu: Cpu, group: str) -> str:
    """How many of a group can be used."""
    of_group: Sequence[bool] = [feature.usable for feature in cpu.features if feature.group == group]
    return f"{sum(of_group)} of {len(of_group)} usable"
