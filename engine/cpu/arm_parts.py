"""Names of Arm CPUs by implementer and part (MIDR_EL1), as their makers publish them.

Linux on Arm gives no name of the CPU; the parts that computers and telephones of some speed have are here.
"""

_PARTS = {
    ("0x41", "0xd03"): "Cortex-A53",
    ("0x41", "0xd05"): "Cortex-A55",
    ("0x41", "0xd08"): "Cortex-A72",
    ("0x41", "0xd09"): "Cortex-A73",
    ("0x41", "0xd0b"): "Cortex-A76",
    ("0x41", "0xd0c"): "Neoverse N1",
    ("0x41", "0xd0d"): "Cortex-A77",
    ("0x41", "0xd40"): "Neoverse V1",
    ("0x41", "0xd41"): "Cortex-A78",
    ("0x41", "0xd44"): "Cortex-X1",
    ("0x41", "0xd46"): "Cortex-A510",
    ("0x41", "0xd47"): "Cortex-A710",
    ("0x41", "0xd48"): "Cortex-X2",
    ("0x41", "0xd49"): "Neoverse N2",
    ("0x41", "0xd4b"): "Cortex-A78C",
    ("0x41", "0xd4c"): "Cortex-X1C",
    ("0x41", "0xd4d"): "Cortex-A715",
    ("0x41", "0xd4e"): "Cortex-X3",
    ("0x41", "0xd4f"): "Neoverse V2",
    ("0x41", "0xd80"): "Cortex-A520",
    ("0x41", "0xd81"): "Cortex-A720",
    ("0x41", "0xd82"): "Cortex-X4",
    ("0x41", "0xd83"): "Neoverse V3AE",
    ("0x41", "0xd84"): "Neoverse V3",
    ("0x41", "0xd85"): "Cortex-X925",
    ("0x41", "0xd87"): "Cortex-A725",
    ("0x41", "0xd8e"): "Neoverse N3",
    ("0xc0", "0xac3"): "Ampere-1",
    ("0xc0", "0xac4"): "Ampere-1A",
}


def name(parts: list[tuple[str, str]]) -> str:
    """A name for processors of these implementers and parts, each kind once, or "" where there are none."""
    names = [_PARTS.get(pair, f"implementer {pair[0]}, part {pair[1]}") for pair in dict.fromkeys(parts)]
    if not names:
        return ""
    return f"Arm {', '.join(names)}" if all(pair in _PARTS for pair in parts) else f"Arm CPU ({'; '.join(names)})"
