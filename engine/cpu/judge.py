"""From what a system tells to the list of features that a person reads."""

from collections.abc import Callable, Collection, Mapping

from engine.cpu.features.known import Known, State
from engine.cpu.registers import Registers
from engine.cpu.tiles import Tiles
from engine.wire.values import Feature

NOT_THERE = "This CPU does not have it."
NOT_SWITCHED_ON = "The CPU has it, but the system has not switched on its registers."
NO_TILES: Mapping[Tiles, str] = {
    "granted": "",
    "not offered": "The CPU has it, but the system does not offer the tile registers to programs.",
    "refused": "The CPU has it, but the system refuses the tile registers to this program.",
}


def from_registers(
    known: Collection[Known], registers: Registers, ask_tiles: Callable[[], Tiles]
) -> tuple[Feature, ...]:
    """Silicon by CPUID, permission by XCR0 and, for tiles, by ``ask_tiles``.

    That is called once, and only where CPUID and XCR0 both have the tiles.
    """
    present = [entry for entry in known if registers.has(entry)]
    refusals: dict[State, str] = {
        state: "" if registers.saves(state) else NOT_SWITCHED_ON for state in {entry.state for entry in present}
    }
    if refusals.get("tiles") == "":
        refusals["tiles"] = NO_TILES[ask_tiles()]

    def one(entry: Known) -> Feature:
        if entry not in present:
            return _feature(entry, False, False, NOT_THERE)
        return _feature(entry, True, not refusals[entry.state], refusals[entry.state])

    return tuple(one(entry) for entry in known)


def from_words(known: Collection[Known], words: Collection[str], ask_tiles: Callable[[], Tiles]) -> tuple[Feature, ...]:
    """``words``: of the flags or Features line of /proc/cpuinfo, kept by the kernel to what it supports."""
    refusal = NO_TILES[ask_tiles()] if "amx_tile" in words else ""

    def one(entry: Known) -> Feature:
        if not entry.linux:
            return _feature(entry, False, False, _not_told("Linux"))
        if not all(word in words for word in entry.linux):
            return _feature(entry, False, False, MAYBE_NOT_LISTED if entry.id in _LATE else NOT_THERE)
        reason = refusal if entry.state == "tiles" else ""
        return _feature(entry, True, not reason, reason)

    return tuple(one(entry) for entry in known)


def from_hwcap(known: Collection[Known], hwcap: int, hwcap2: int) -> tuple[Feature, ...]:
    """``hwcap`` and ``hwcap2``: what Linux on Arm tells each process, kept to what it supports."""

    def one(entry: Known) -> Feature:
        there = bool(hwcap & entry.hwcap or hwcap2 & entry.hwcap2)
        return _feature(entry, there, there, "" if there else NOT_THERE)

    return tuple(one(entry) for entry in known)


def from_macos(known: Collection[Known], sysctl: Callable[[str], int | None]) -> tuple[Feature, ...]:
    """``sysctl`` gives a number by name, None where there is no such name."""

    def one(entry: Known) -> Feature:
        if any(sysctl(name) for name in entry.macos):
            return _feature(entry, True, True, "")
        return _feature(entry, False, False, NOT_THERE if entry.macos else _not_told("macOS"))

    return tuple(one(entry) for entry in known)


def from_windows(known: Collection[Known], is_present: Callable[[int], bool]) -> tuple[Feature, ...]:
    """``is_present``: IsProcessorFeaturePresent, which also answers no to numbers that its Windows is too old for."""

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


MAYBE_NOT_LISTED = "This CPU does not have it, or this Linux is too old to list it."
_LATE = frozenset(
    ("avx_ifma", "avx_vnni_int8", "avx_vnni_int16", "avx_ne_convert", "avx10_1", "amx_fp16", "amx_complex")
)
"""Features that many kernels know without showing them in /proc/cpuinfo, so that silence proves nothing."""


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
