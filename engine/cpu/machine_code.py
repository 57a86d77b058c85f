"""Executes CPUID and XGETBV, which no library of Python's offers: a few bytes of machine code in a page of our own.

The page is writable or executable, never both: written first, then made read-only and executable. Where a system
forbids even that (SELinux without execmem, systemd's MemoryDenyWriteExecute, macOS's hardened runtime), ``registers``
says so by None, and the caller asks the system instead.
"""

import contextlib
import ctypes
import sys
from collections.abc import Iterator
from typing import Any

from engine.cpu.registers import Answers, Registers, read

_CPUID_BODY = bytes.fromhex("0fa2 418900 41895804 41894808 4189500c 5b c3")
"""cpuid; stores eax, ebx, ecx and edx at [r8]; pop rbx; ret."""
_CPUID = {
    # push rbx; mov r8, rdx; mov eax, edi; mov ecx, esi (System V: leaf, subleaf, where)
    "posix": bytes.fromhex("f30f1efa 53 4989d0 89f8 89f1") + _CPUID_BODY,
    # push rbx; mov eax, ecx; mov ecx, edx; r8 is the third argument already (Windows x64)
    "windows": bytes.fromhex("f30f1efa 53 89c8 89d1") + _CPUID_BODY,
}
"""Each begins with endbr64, a no-op where indirect branches are not tracked."""
_XGETBV = bytes.fromhex("f30f1efa 31c9 0f01d0 48c1e220 4809d0 c3")
"""xor ecx, ecx; xgetbv; shl rdx, 32; or rax, rdx; ret."""
_XGETBV_AT = 64
_PAGE_BYTES = 4096

_PROT_READ, _PROT_WRITE, _PROT_EXEC = 1, 2, 4
_MAP_PRIVATE = 2
_MAP_ANONYMOUS = 0x1000 if sys.platform == "darwin" else 0x20
_MAP_FAILED = ctypes.c_void_p(-1).value
_MEM_COMMIT_RESERVE, _MEM_RELEASE = 0x3000, 0x8000
_PAGE_READWRITE, _PAGE_EXECUTE_READ = 0x04, 0x20


def registers() -> Registers | None:
    """What this CPU tells of itself; None where the system lets no program execute its own code.

    Only for 64-bit x86 processes (``sys.maxsize`` above 2**32).
    """
    with _code() as address:
        if address is None:
            return None
        cpuid = ctypes.CFUNCTYPE(None, ctypes.c_uint32, ctypes.c_uint32, ctypes.c_void_p)(address)
        xgetbv = ctypes.CFUNCTYPE(ctypes.c_uint64)(address + _XGETBV_AT)

        def ask(leaf: int, subleaf: int) -> Answers:
            found = (ctypes.c_uint32 * 4)()
            cpuid(leaf, subleaf, ctypes.addressof(found))
            return found[0], found[1], found[2], found[3]

        return read(ask, lambda: int(xgetbv()))


@contextlib.contextmanager
def _code() -> Iterator[int | None]:
    """The address of the machine code while the block runs, or None where the system refuses."""
    if sys.platform == "win32":
        with _windows_page(ctypes.windll.kernel32, _program("windows")) as address:
            yield address
    else:
        with _posix_page(ctypes.CDLL(None, use_errno=True), _program("posix")) as address:
            yield address


def _program(convention: str) -> bytes:
    return _CPUID[convention].ljust(_XGETBV_AT, b"\x90") + _XGETBV


@contextlib.contextmanager
def _posix_page(libc: Any, program: bytes) -> Iterator[int | None]:
    libc.mmap.restype = ctypes.c_void_p
    libc.mmap.argtypes = [ctypes.c_void_p, ctypes.c_size_t, *[ctypes.c_int] * 3, ctypes.c_long]
    libc.mprotect.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int]
    libc.munmap.argtypes = [ctypes.c_void_p, ctypes.c_size_t]
    address = libc.mmap(None, _PAGE_BYTES, _PROT_READ | _PROT_WRITE, _MAP_PRIVATE | _MAP_ANONYMOUS, -1, 0)
    if address in (None, _MAP_FAILED):
        yield None
        return
    try:
        ctypes.memmove(address, program, len(program))
        refused = libc.mprotect(address, _PAGE_BYTES, _PROT_READ | _PROT_EXEC)
        yield None if refused else address
    finally:
        libc.munmap(address, _PAGE_BYTES)


@contextlib.contextmanager
def _windows_page(kernel32: Any, program: bytes) -> Iterator[int | None]:
    kernel32.VirtualAlloc.restype = ctypes.c_void_p
    kernel32.VirtualAlloc.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_uint32, ctypes.c_uint32]
    kernel32.VirtualProtect.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_uint32, ctypes.c_void_p]
    kernel32.VirtualFree.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_uint32]
    address = kernel32.VirtualAlloc(None, _PAGE_BYTES, _MEM_COMMIT_RESERVE, _PAGE_READWRITE)
    if not address:
        yield None
        return
    try:
        ctypes.memmove(address, program, len(program))
        before = ctypes.c_uint32(0)
        allowed = kernel32.VirtualProtect(address, _PAGE_BYTES, _PAGE_EXECUTE_READ, ctypes.byref(before))
        yield address if allowed else None
    finally:
        kernel32.VirtualFree(address, 0, _MEM_RELEASE)
