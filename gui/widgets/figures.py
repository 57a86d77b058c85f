"""Numbers as people read them: three significant digits, and always the unit."""

import math

_TIMES = "×"


def significant(value: float, digits: int = 3) -> str:
    """4.366 is "4.37", 43.66 "43.7", 4366 "4,370", 0.04366 "0.0437"; trailing zeros stay, for they are
    measured.
    """
    if not math.isfinite(value):
        return "not a number" if math.isnan(value) else ("infinite" if value > 0 else "-infinite")
    if value == 0:
        return "0"
    places = digits - 1 - math.floor(math.log10(abs(value)))
    rounded = round(value, places)
    places = digits - 1 - math.floor(math.log10(abs(rounded)))
    return f"{rounded:,.{max(0, places)}f}"


def milliseconds(value_ms: float) -> str:
    """A latency; from ten seconds on in seconds."""
    return f"{significant(value_ms)} ms" if value_ms < 10_000 else seconds(value_ms / 1e3)


def seconds(value_s: float) -> str:
    """A duration: "9.1 ms", "0.83 s", "42 s", "3 min 5 s"."""
    if value_s < 0.0995:
        return f"{significant(value_s * 1e3, 2)} ms"
    if value_s < 100:
        return f"{significant(value_s, 2)} s"
    whole = round(value_s)
    if whole < 3_600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3_600} h {whole % 3_600 // 60} min"


def size(value_bytes: float) -> str:
    """Bytes in the decimal units that disks and the Hub use."""
    for unit, worth in (("TB", 1e12), ("GB", 1e9), ("MB", 1e6), ("kB", 1e3)):
        if value_bytes >= worth * 0.9995:
            return f"{significant(value_bytes / worth)} {unit}"
    return f"{round(value_bytes)} bytes"


def count(value: float) -> str:
    """22713216 is "22.7 M"."""
    for unit, worth in (("G", 1e9), ("M", 1e6), ("k", 1e3)):
        if value >= worth * 0.9995:
            return f"{significant(value / worth)} {unit}"
    return f"{round(value)}"


def times(value: float) -> str:
    """A ratio: "1.82×"."""
    return f"{significant(value)}{_TIMES}"


def per_second(value: float) -> str:
    return f"{significant(value)}/s"


def percent(share: float) -> str:
    """0.987 is "98.7 %"; what is not all never reads as 100 %."""
    if 0.9995 <= share < 1:
        return "99.9 %"
    return f"{significant(share * 100)} %" if 0 < share < 1 else f"{round(share * 100)} %"


def plain(value: float) -> str:
    """A number of a scale, without measured-looking zeros: "2,500", "0.05"."""
    return f"{value:,.6g}" if value < 1e6 else f"{value:,.0f}"
