"""A child never outlives its parent, however the parent ends.

POSIX: the child leads a process group of its own; in it a guardian, forked before anything else, blocks on a pipe
whose other end only the parent holds. When the parent is gone (or lets go) the pipe ends and the guardian kills the
group: the child, its compilers and exporters, and itself. ``PR_SET_PDEATHSIG`` would not do: it fires when the
starting *thread* ends. Windows: a job object that kills its members when its last handle closes.
"""

import os
import signal
import sys


def guard(lifeline: int) -> None:
    """In the child, first thing: forks the guardian that watches the descriptor ``lifeline``. POSIX only."""
    if os.fork() != 0:
        os.close(lifeline)
        return
    try:
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(number, signal.SIG_IGN)
        os.closerange(0, lifeline)
        os.closerange(lifeline + 1, 65536)
        while os.read(lifeline, 1):
            pass
    finally:
        os.killpg(0, signal.SIGKILL)


if sys.platform == "win32":
    import ctypes
    from ctypes import wintypes

    class _BasicLimits(ctypes.Structure):
        _fields_ = (
            ("PerProcessUserTimeLimit", wintypes.LARGE_INTEGER),
            ("PerJobUserTimeLimit", wintypes.LARGE_INTEGER),
            ("LimitFlags", wintypes.DWORD),
            ("MinimumWorkingSetSize", ctypes.c_size_t),
            ("MaximumWorkingSetSize", ctypes.c_size_t),
            ("ActiveProcessLimit", wintypes.DWORD),
            ("Affinity", ctypes.c_size_t),
            ("PriorityClass", wintypes.DWORD),
            ("SchedulingClass", wintypes.DWORD),
        )

    class _ExtendedLimits(ctypes.Structure):
        _fields_ = (
            ("BasicLimitInformation", _BasicLimits),
            ("IoInfo", ctypes.c_uint64 * 6),
            ("ProcessMemoryLimit", ctypes.c_size_t),
            ("JobMemoryLimit", ctypes.c_size_t),
            ("PeakProcessMemoryUsed", ctypes.c_size_t),
            ("PeakJobMemoryUsed", ctypes.c_size_t),
        )

    _KILL_ON_CLOSE = 0x2000
    _EXTENDED_LIMIT_INFORMATION = 9

    def job_of(process_handle: int) -> int:
        """Puts a process into a new job that ends with the returned handle. Raises OSError."""
        kernel = ctypes.WinDLL("kernel32", use_last_error=True)
        kernel.CreateJobObjectW.restype = wintypes.HANDLE
        job = kernel.CreateJobObjectW(None, None)
        limits = _ExtendedLimits()
        limits.BasicLimitInformation.LimitFlags = _KILL_ON_CLOSE
        put = kernel.SetInformationJobObject
        put.argtypes = (wintypes.HANDLE, ctypes.c_int, ctypes.c_void_p, wintypes.DWORD)
        if not put(job, _EXTENDED_LIMIT_INFORMATION, ctypes.byref(limits), ctypes.sizeof(limits)):
            raise ctypes.WinError(ctypes.get_last_error())
        kernel.AssignProcessToJobObject.argtypes = (wintypes.HANDLE, wintypes.HANDLE)
        if not kernel.AssignProcessToJobObject(job, process_handle):
            raise ctypes.WinError(ctypes.get_last_error())
        return int(job)

    def let_go(job: int) -> None:
        """Closes the job's handle: every process in it ends."""
        ctypes.WinDLL("kernel32").CloseHandle(wintypes.HANDLE(job))
