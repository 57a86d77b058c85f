"""CPUs of tests/data/cpus: what each would tell, in the form in which the engine asks for it.

A file names a CPU's features, cores and caches as its manufacturer publishes them; ``manuals`` makes registers, words
and numbers of the features, and this module makes /proc, /sys, sysctl or Windows' records of the counts.
"""

import dataclasses
import json
import struct
from pathlib import Path
from typing import Any

from engine.cpu import linux, macos, read, registers, windows
from engine.cpu.container import Limits
from engine.cpu.registers import Registers
from engine.cpu.tiles import Tiles
from engine.cpu.told import Told
from engine.wire.values import Cpu
from tests.engine.cpu import manuals
from tests.engine.cpu.recorded import put

FOLDER = Path(__file__).parents[2] / "data" / "cpus"
NAMES = sorted(file.stem for file in FOLDER.glob("*.json"))

_CORE, _CACHE, _PACKAGE = 0, 2, 3
_X86 = ("x86_64", "AMD64")


@dataclasses.dataclass(frozen=True)
class Machine:
    """One CPU in one computer."""

    data: dict[str, Any]

    def registers(self) -> Registers | None:
        if self.data["machine"] not in _X86:
            return None
        saves = self.data["system_saves"]
        answers = manuals.leaves(self.data["features"], self.data["brand"], saves, self.data.get("avx10_version", 0))
        return registers.read(
            lambda leaf, subleaf: answers.get((leaf, subleaf), (0, 0, 0, 0)), lambda: manuals.xcr0(saves)
        )

    def ask_tiles(self) -> Tiles:
        assert "tiles" in self.data, "the system was asked about tiles that this CPU does not have"
        answer: Tiles = self.data["tiles"]
        return answer

    def told(self, root: Path) -> Told:
        """``root``: an empty folder for its /proc and /sys."""
        machine, features = self.data["machine"], self.data["features"]
        if self.data["system"] == "darwin":
            return macos.told(machine, self.registers(), self.sysctl().get, self.sysctl_text)
        if self.data["system"] == "windows":
            present = manuals.windows_numbers(features).__contains__
            # Where CPUID tells the name, the registry stays silent here, so that it shows which of them was asked.
            name, relations = "" if machine in _X86 else self.data["brand"], self.relations()
            return windows.told(machine, self.registers(), name, relations, None, present, 0, self.ask_tiles)
        self._tree(root)
        tells = machine == "aarch64" and not self.data.get("without_getauxval")
        hwcaps = manuals.hwcaps(features) if tells else (0, 0)
        return linux.told(root, machine, self.registers(), hwcaps, None, self.ask_tiles)

    def cpu(self, root: Path) -> Cpu:
        limits = Limits(self.data.get("limit_cpus"), self.data.get("limit_memory_bytes"))
        return read.assemble(self.told(root), self.data["machine"], self.data["memory_bytes"], limits)

    def sysctl(self) -> dict[str, int]:
        """Numbers by the names of Apple's sysctl.3 and "Determining system capabilities"; level 0 is the fastest."""
        kinds = self.data["cores"]
        found = manuals.sysctl(self.data["features"])
        for level, kind in enumerate(kinds):
            name = f"hw.perflevel{level}"
            found |= {f"{name}.physicalcpu": kind["count"], f"{name}.logicalcpu": kind["count"] * kind["threads"]}
            found |= {f"{name}.l1dcachesize": kind["l1d_kb"] * 1024, f"{name}.l2cachesize": kind["l2_kb"] * 1024}
            found[f"{name}.cpusperl2"] = kind["cores_per_l2"]
        found["hw.physicalcpu"] = sum(kind["count"] for kind in kinds)
        found["hw.logicalcpu"] = sum(kind["count"] * kind["threads"] for kind in kinds)
        return found | {"hw.packages": self.data["sockets"], "hw.nperflevels": len(kinds)}

    def sysctl_text(self, name: str) -> str:
        return {"machdep.cpu.brand_string": str(self.data["brand"])}[name]

    def _cores(self) -> list[tuple[dict[str, Any], int, list[int], list[int]]]:
        """Of each core its kind, socket, processors, and the processors that share its level 2."""
        found = []
        number = 0
        for socket in range(self.data["sockets"]):
            for kind in self.data["cores"]:
                threads, together = kind["threads"], kind.get("cores_per_l2", 1) * kind["threads"]
                per_socket = kind["count"] // self.data["sockets"]
                for index in range(per_socket):
                    own = list(range(number + index * threads, number + (index + 1) * threads))
                    first = number + index * threads // together * together
                    found.append((kind, socket, own, list(range(first, first + together))))
                number += per_socket * threads
        return found

    def _cpuinfo(self) -> str:
        """Of an Arm: the features, which the kernel repeats for each processor, and the part."""
        lines = []
        for kind, _, own, _ in self._cores():
            for number in own:
                lines += [f"processor\t: {number}", f"Features\t: {manuals.listed(self.data['features'])}"]
                lines += [f"CPU implementer\t: {kind['implementer']}", f"CPU part\t: {kind['part']}", ""]
        return "\n".join(lines)

    def _tree(self, root: Path) -> None:
        put(root / "proc", cpuinfo=self._cpuinfo() if self.data["machine"] == "aarch64" else "")
        cores = self._cores()
        by_kind: dict[str, list[int]] = {}
        for kind, socket, own, sharing in cores:
            whole = [number for _, other, some, _ in cores if other == socket for number in some]
            by_kind.setdefault(kind.get("kind", ""), []).extend(own)
            for number in own:
                folder = root / f"sys/devices/system/cpu/cpu{number}"
                package = kind.get("package", socket)
                put(folder / "topology", physical_package_id=package, thread_siblings_list=_list(own))
                if "capacity" in kind:
                    put(folder, cpu_capacity=kind["capacity"])
                sizes = {name: f"{kind[name]}K" for name in ("l1d_kb", "l2_kb") if name in kind}
                _cache(folder / "cache/index0", 1, "Data", sizes.get("l1d_kb"), own)
                _cache(folder / "cache/index1", 1, "Instruction", sizes.get("l1d_kb"), own)
                _cache(folder / "cache/index2", 2, "Unified", sizes.get("l2_kb"), sharing)
                l3 = f"{self.data['l3_kb']}K" if "l3_kb" in self.data else None
                _cache(folder / "cache/index3", 3, "Unified", l3, whole)
        for name in filter(None, by_kind):
            put(root / "sys/devices" / name, cpus=_list(by_kind[name]))

    def relations(self) -> bytes:
        """The records of GetLogicalProcessorInformationEx, all processors being in the first group."""
        cores = self._cores()
        records = b""
        seen = set()
        for kind, _, own, sharing in cores:
            flags = int(kind["threads"] > 1)
            records += _record(_CORE, struct.pack("<BB20xH", flags, kind["efficiency_class"], 1) + _mask(own))
            records += _record(_CACHE, _cache_body(1, kind["l1d_kb"], 2) + _mask(own))
            records += _record(_CACHE, _cache_body(1, 32, 1) + _mask(own))
            if tuple(sharing) not in seen:
                seen.add(tuple(sharing))
                records += _record(_CACHE, _cache_body(2, kind["l2_kb"], 0) + _mask(sharing))
        everything = [number for _, _, own, _ in cores for number in own]
        if "l3_kb" in self.data:
            records += _record(_CACHE, _cache_body(3, self.data["l3_kb"], 0) + _mask(everything))
        return records + _record(_PACKAGE, struct.pack("<BB20xH", 0, 0, 1) + _mask(everything))


def load(name: str) -> Machine:
    return Machine(json.loads((FOLDER / f"{name}.json").read_text("utf-8")))


def _list(numbers: list[int]) -> str:
    return (
        f"{numbers[0]}-{numbers[-1]}"
        if numbers == list(range(numbers[0], numbers[-1] + 1))
        else ",".join(map(str, numbers))
    )


def _cache(folder: Path, level: int, kind: str, size: str | None, shared: list[int]) -> None:
    put(folder, level=level, type=kind, shared_cpu_list=_list(shared), **({"size": size} if size else {}))


def _record(kind: int, body: bytes) -> bytes:
    return struct.pack("<II", kind, 8 + len(body)) + body


def _cache_body(level: int, size_kb: int, holds: int) -> bytes:
    return struct.pack("<BBHII18xH", level, 8, 64, size_kb * 1024, holds, 1)


def _mask(numbers: list[int]) -> bytes:
    return struct.pack("<QH6x", sum(1 << number for number in numbers), 0)
