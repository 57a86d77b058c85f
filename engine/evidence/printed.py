"""What native libraries print on C's standard output while something is called."""

import ctypes
import os
import sys
import tempfile
from collections.abc import Callable


def printed_by(call: Callable[[], object]) -> str:
    """Calls, with descriptor 1 pointed to a file and C's buffers flushed before and after.

    "" where there is no descriptor 1, as in a windowed program of Windows.
    """
    try:
        kept = os.dup(1)
    except OSError:
        call()
        return ""
    libc = ctypes.CDLL("ucrtbase" if sys.platform == "win32" else None)
    with tempfile.TemporaryFile() as file:
        if sys.stdout is not None:
            sys.stdout.flush()
        libc.fflush(None)
        os.dup2(file.fileno(), 1)
        try:
            call()
        finally:
            libc.fflush(None)
            os.dup2(kept, 1)
            os.close(kept)
        file.seek(0)
        return file.read().decode("utf-8", "replace")
