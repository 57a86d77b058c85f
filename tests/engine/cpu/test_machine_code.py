"""CPUID and XGETBV executed on this computer, and what happens where a system forbids it."""

import ctypes
import platform
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from engine.cpu import linux, machine_code
from engine.cpu.features import X86

x86_linux = pytest.mark.skipif(
    sys.platform != "linux" or platform.machine() != "x86_64", reason="compares with Linux's list"
)


@x86_linux
def test_this_cpu_tells_what_the_kernel_lists():
    text = Path("/proc/cpuinfo").read_text("utf-8")
    listed = linux.words(text)

    told = machine_code.registers()

    assert told is not None
    assert told.brand() == linux.brand(text)
    usable = {entry.id for entry in X86 if told.has(entry) and told.saves(entry.state)}
    for entry in X86:
        if entry.linux and all(word in listed for word in entry.linux):
            assert entry.id in usable
        if entry.id in usable and entry.id in ("sse4_2", "avx", "fma", "avx2", "avx512_f", "avx512_vnni", "f16c"):
            assert set(entry.linux) <= listed


@x86_linux
def test_the_page_is_executable_and_never_writable_then_and_is_given_back():
    with machine_code._code() as address:
        assert address is not None
        assert permissions(address) == "r-xp"

    assert not permissions(address).startswith("r-x")


def permissions(address: int) -> str:
    for line in Path("/proc/self/maps").read_text("utf-8").splitlines():
        first, last = (int(part, 16) for part in line.split()[0].split("-"))
        if first <= address < last:
            return line.split()[1]
    return ""


class Refusing:
    """A C library whose ``mprotect`` says no, as under SELinux without execmem."""

    def __init__(self, no_memory: bool = False) -> None:
        self._real = ctypes.CDLL(None)
        self.given_back: list[int] = []
        self.munmap = self._function(self._munmap)
        self.mprotect = self._function(lambda *given: -1)
        self.mmap = self._function(lambda *given: ctypes.c_void_p(-1).value) if no_memory else self._real.mmap

    @staticmethod
    def _function(does: Any) -> Any:
        class Function:
            def __call__(self, *given: Any) -> Any:
                return does(*given)

        return Function()

    def _munmap(self, address: int, size: int) -> int:
        self.given_back.append(address)
        return int(self._real.munmap(ctypes.c_void_p(address), ctypes.c_size_t(size)))


@x86_linux
def test_a_system_that_refuses_is_told_apart_and_the_page_given_back():
    libc = Refusing()

    with machine_code._posix_page(libc, b"\xc3") as address:
        assert address is None

    assert len(libc.given_back) == 1


@x86_linux
def test_no_memory_is_a_refusal_too():
    with machine_code._posix_page(Refusing(no_memory=True), b"\xc3") as address:
        assert address is None


@x86_linux
def test_without_executing_there_are_no_registers(monkeypatch: pytest.MonkeyPatch):
    refusing = Refusing()
    monkeypatch.setattr(ctypes, "CDLL", lambda *given, **more: refusing)

    assert machine_code.registers() is None


@x86_linux
def test_a_process_that_the_kernel_forbids_new_code_still_learns_its_features():
    """PR_SET_MDWE, as systemd's MemoryDenyWriteExecute does it (Linux 6.3 and later)."""
    code = """
import ctypes, sys
from engine.cpu import machine_code, read
if ctypes.CDLL(None).prctl(65, 1, 0, 0, 0):
    sys.exit(77)
assert machine_code.registers() is None
print(" ".join(feature.id for feature in read.facts().features if feature.usable))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    if done.returncode == 77:
        pytest.skip("this kernel is older than 6.3")

    assert done.returncode == 0, done.stderr
    assert "sse4_2" in done.stdout.split()


class Kernel32:
    """Windows' functions for pages, over a buffer."""

    def __init__(self, has_memory: bool = True, protects: bool = True) -> None:
        self.buffer = ctypes.create_string_buffer(4096)
        self.calls: list[tuple[str, int]] = []

        def allocate(where: None, size: int, kind: int, protection: int) -> int | None:
            self.calls.append(("alloc", protection))
            return ctypes.addressof(self.buffer) if has_memory else None

        def protect(address: int, size: int, protection: int, before: Any) -> int:
            self.calls.append(("protect", protection))
            return int(protects)

        def free(address: int, size: int, kind: int) -> int:
            self.calls.append(("free", kind))
            return 1

        self.VirtualAlloc, self.VirtualProtect, self.VirtualFree = allocate, protect, free


def test_windows_writes_first_and_executes_then():
    kernel32 = Kernel32()

    with machine_code._windows_page(kernel32, machine_code._program("windows")) as address:
        assert address == ctypes.addressof(kernel32.buffer)

    read_write, execute_read, release = 0x04, 0x20, 0x8000
    assert kernel32.calls == [("alloc", read_write), ("protect", execute_read), ("free", release)]
    assert kernel32.buffer.raw.startswith(machine_code._program("windows"))


def test_windows_may_refuse_too():
    for kernel32 in (Kernel32(has_memory=False), Kernel32(protects=False)):
        with machine_code._windows_page(kernel32, b"\xc3") as address:
            assert address is None


@pytest.mark.skipif(not Path("/usr/bin/objdump").exists(), reason="needs binutils to read machine code")
@pytest.mark.parametrize(
    ("convention", "takes"), [("posix", ["mov r8,rdx", "mov eax,edi", "mov ecx,esi"]), ("windows", ["mov eax,ecx"])]
)
def test_the_machine_code_is_what_its_comments_say(convention: str, takes: list[str], tmp_path: Path):
    file = tmp_path / "code"
    file.write_bytes(machine_code._program(convention))
    command = ["objdump", "-D", "-b", "binary", "-m", "i386:x86-64", "-M", "intel", str(file)]
    told = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    steps = [re.sub(r"\s+", " ", line.split("\t")[2]).strip() for line in told.splitlines() if line.count("\t") == 2]
    steps = [step.split(" #")[0] for step in steps if step != "nop"]

    assert steps[:2] == ["endbr64", "push rbx"]
    assert set(takes) <= set(steps)
    assert steps.index("cpuid") < steps.index("mov DWORD PTR [r8],eax") < steps.index("pop rbx")
    assert steps[-6:] == ["endbr64", "xor ecx,ecx", "xgetbv", "shl rdx,0x20", "or rax,rdx", "ret"]
