"""A connection that lives but hardly sends."""

import time


class Trickle:
    """Notices when fewer than ``slow_bytes_per_s`` arrive over ``window_s``."""

    def __init__(self, window_s: float, slow_bytes_per_s: float) -> None:
        self._window_s = window_s
        self._slow_bytes_per_s = slow_bytes_per_s
        self._since = time.monotonic()
        self._bytes = 0

    def is_stalled(self, more_bytes: int) -> bool:
        """Told of each piece as it arrives."""
        self._bytes += more_bytes
        passed_s = time.monotonic() - self._since
        if passed_s < self._window_s:
            return False
        stalled = self._bytes < self._slow_bytes_per_s * passed_s
        self._since, self._bytes = time.monotonic(), 0
        return stalled
