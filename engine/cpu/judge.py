"""From what a system tells to the list of features that a person reads."""

from collections.abc import Callable, Collection

from engine.cpu.features import Known
from engine.wire.messages import Feature

NOT_THERE = "This CPU does not have it."
NO_TILES = "The CPU has it, but the system does not let programs use the tile registers."


def from_linux(known: Collection[Known], words: Collection[str], tiles_allowed: bool) -> tuple[Feature, ...]:
    """``words``: of the flags or Features line of /proc/cpuinfo, kept by the kernel to what it supports."""

    def one(entry: Known) -> Feature:
        if not all(word in words for word in entry.linux):
            return _feature(entry, False, False, _unlisted("Linux", entry))
        if entry.tiles and not tiles_allowed:
            return _feature(entry, True, False, NO_TILES)
        return _feature(entry, True, True, "")

    return tuple(one(entry) for entry in known)


def from_macos(known: Collection[Known], sysctl: Callable[[str], int | None]) -> tuple[Feature, ...]:
    """``sysctl`` gives a number by name, None where there is no such name."""

    def one(entry: Known) -> Feature:
        if any(sysctl(name) for name in entry.macos):
            return _feature(entry, True, True, "")
        return _feature(entry, False, False, NOT_THERE if entry.macos else _not_told("macOS"))

    return tuple(one(entry) for entry in known)


def from_windows(known: Collection[Known], is_present: Callable[[int], bool]) -> tuple[Feature, ...]:
    """``is_present``: IsProcessorFeaturePresent, which also answers no to numbers that its Windows is too old
    for.
    """

    def one(entry: Known) -> Feature:
        if entry.windows is None:
            return _feature(entry, False, False, _not_told("Windows"))
        if is_present(entry.windows):
            return _feature(entry, True, True, "")
        return _feature(entry, False, False, "Windows does not report it.")

    return tuple(one(entry) for entry in known)


def signature(features: Collection[Feature]) -> str:
    """The usable features as one text: what was compiled for one CPU is not taken for another."""
    return " ".join(sorted(feature.id for feature in features if feature.usable))


_LATE_WORDS = frozenset({"avx_vnni_int8", "avx_ifma", "amx_fp16", "avx10"})
"""Features that many kernels know without showing them in /proc/cpuinfo, so that silence proves nothing."""


def _unlisted(system: str, entry: Known) -> str:
    if entry.id in _LATE_WORDS:
        return f"This CPU does not have it, or this {system} is too old to list it."
    return NOT_THERE


def _not_told(system: str) -> str:
    return f"Not known: {system} does not tell."


def _feature(entry: Known, present: bool, usable: bool, reason: str) -> Feature:
    return Feature(
        id=entry.id,
        title=entry.title,
        group=entry.group,
        explains=entry.explains,
        present=present,
        usable=usable,
        reason=reason,
    )
