"""What may be tried again, how often and when."""

import dataclasses
import email.utils
import random
import time
from collections.abc import Callable, Mapping

from engine.models.hub.halt import Halt
from engine.wire.errors import FastpathError, TimedOut

KEPT = "Try again later; what was received is kept, and the download goes on from there."


@dataclasses.dataclass(frozen=True, slots=True)
class Limits:
    """``stall_s``: silence after which a connection is given up. A trickle below ``slow_bytes_per_s`` over that time
    counts as silence too, and so at worst twice ``stall_s`` pass before either is noticed.
    ``tries``: how many in a row may fail with less than ``gain_bytes`` received.
    """

    connect_s: float = 10
    stall_s: float = 14
    slow_bytes_per_s: float = 1000
    tries: int = 6
    gain_bytes: int = 16 * 1024
    first_wait_s: float = 0.5
    longest_wait_s: float = 30
    longest_asked_s: float = 120


class Cut(Exception):
    """An exchange failed in a way that may pass. ``final`` is what a person reads if it does not.

    ``after_s``: how long the server asks to wait.
    """

    def __init__(self, final: FastpathError, after_s: float | None = None) -> None:
        super().__init__(final.what_happened)
        self.final = final
        self.after_s = after_s


class Patience:
    """Counts failures in a row; a gain forgets them."""

    def __init__(self, limits: Limits, halt: Halt, tell: Callable[[str], None]) -> None:
        self._limits = limits
        self._halt = halt
        self._tell = tell
        self._failed = 0
        self._gained_bytes = 0

    def answered(self) -> None:
        """All is well."""
        self._failed = self._gained_bytes = 0

    def gained(self, count_bytes: int) -> None:
        """So much more is there than ever before. A few bytes before each failure would be no gain."""
        self._gained_bytes += count_bytes
        if self._gained_bytes >= self._limits.gain_bytes:
            self.answered()

    def wait(self, cut: Cut) -> None:
        """Waits until it is time for the next try. Raises Stopped, or ``cut.final`` where it was the last."""
        self._halt.check()
        self._failed += 1
        self._gained_bytes = 0
        if self._failed >= self._limits.tries:
            raise cut.final from None
        if cut.after_s is not None and cut.after_s > self._limits.longest_asked_s:
            minutes = round(cut.after_s / 60)
            raise TimedOut(f"The Hub asks to wait {minutes} minutes.", KEPT, cut.final.details) from None
        wait_s = self._wait_s() if cut.after_s is None else cut.after_s
        when = f" in {wait_s:.0f} s" if wait_s >= 1 else ""
        self._tell(f"{cut.final.what_happened} Trying again{when}.")
        self._halt.wait(wait_s)

    def _wait_s(self) -> float:
        """Doubles each time; a quarter at random, so that many clients of one troubled server do not come at once."""
        wait_s = self._limits.first_wait_s * 2.0 ** (self._failed - 1)
        return min(wait_s, self._limits.longest_wait_s) * random.uniform(0.75, 1.25)


def asked_wait_s(headers: Mapping[str, str]) -> float | None:
    """Retry-After in seconds: a number, or a date (RFC 9110, 10.2.3). None where it is missing or neither."""
    text = headers.get("Retry-After", "").strip()
    if text.isdecimal():
        return float(text[:9])
    try:
        return max(0.0, email.utils.parsedate_to_datetime(text).timestamp() - time.time())
    except (ValueError, TypeError, OverflowError):
        return None
