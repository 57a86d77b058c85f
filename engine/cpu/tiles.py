"""Linux's leave for AMX's tile registers, which each process must ask for (docs.kernel.org/arch/x86/xstate.html).

CPUID and XCR0 are looked at before, by the caller. Asking turns larger signal frames on for the whole process and
what it starts, so a process that computes nothing asks in a throw-away child.
"""

import contextlib
import ctypes
import os
import signal
from collections.abc import Callable
from typing import Literal

Tiles = Literal["granted", "not offered", "refused"]
Call = Callable[[int, int], int | None]
"""arch_prctl: ``call(code, feature)`` gives the mask that a question answers, 0 for a request that was granted, None
where the kernel refused."""

_SYS_ARCH_PRCTL = 158
_GET_SUPPORTED, _GET_PERMITTED, _REQUEST = 0x1021, 0x1022, 0x1023
"""ARCH_GET_XCOMP_SUPP, ARCH_GET_XCOMP_PERM and ARCH_REQ_XCOMP_PERM of arch/x86/include/uapi/asm/prctl.h."""
_TILE_DATA = 18
_BOTH = 1 << 17 | 1 << _TILE_DATA
_OUTCOMES: tuple[Tiles, ...] = ("granted", "not offered", "refused")
_CHILD_S = 2


def _arch_prctl(code: int, feature: int) -> int | None:
    libc = ctypes.CDLL(None, use_errno=True)
    if code == _REQUEST:
        refused = libc.syscall(_SYS_ARCH_PRCTL, code, ctypes.c_ulong(feature))
        return None if refused else 0
    mask = ctypes.c_uint64(0)
    return None if libc.syscall(_SYS_ARCH_PRCTL, code, ctypes.byref(mask)) else mask.value


def request(call: Call = _arch_prctl) -> Tiles:
    """Asks for this process and all that it will start. Before any thread has a small signal stack."""
    if (call(_GET_SUPPORTED, 0) or 0) & _BOTH != _BOTH:
        return "not offered"
    if call(_REQUEST, _TILE_DATA) is None:
        return "refused"
    permitted = call(_GET_PERMITTED, 0) or 0
    return "granted" if permitted & _BOTH == _BOTH else "refused"


def probe(ask: Callable[[], Tiles] = request) -> Tiles:
    """What ``ask`` answers in a child of this process, which is gone when this returns."""
    child = os.fork()
    if child == 0:
        signal.alarm(_CHILD_S)  # a child that hangs must not hold the parent
        outcome = len(_OUTCOMES)
        with contextlib.suppress(BaseException):
            outcome = _OUTCOMES.index(ask())
        os._exit(outcome)
    _, status = os.waitpid(child, 0)
    code = os.waitstatus_to_exitcode(status)
    return _OUTCOMES[code] if 0 <= code < len(_OUTCOMES) else "refused"
