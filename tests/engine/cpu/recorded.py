"""What other machines told: texts cut to the lines that are read. Whole machines are in ``machines.py``."""

import re
from pathlib import Path

ZEN4 = """\
processor	: 0
vendor_id	: AuthenticAMD
model name	: AMD EPYC
flags           : fpu vme sse sse2 ht nx pni pclmulqdq ssse3 fma cx16 sse4_1 sse4_2 x2apic movbe \
popcnt aes xsave avx f16c rdrand hypervisor lahf_lm abm bmi1 avx2 smep bmi2 erms invpcid avx512f \
avx512dq rdseed adx smap avx512ifma clwb avx512cd sha_ni avx512bw avx512vl xsaveopt avx512_bf16 \
clzero avx512vbmi umip avx512_vbmi2 gfni vaes vpclmulqdq avx512_vnni avx512_bitalg avx512_vpopcntdq \
rdpid fsrm
bugs		: sysret_ss_attrs spectre_v1

processor	: 1
model name	: AMD EPYC
"""
"""Recorded on a virtual machine."""

GRANITE_RAPIDS = """\
processor       : 0
vendor_id       : GenuineIntel
model name      : Intel(R) Xeon(R) 6972P
flags           : fpu vme sse sse2 ss ht tm nx pni pclmulqdq ssse3 sdbg fma cx16 sse4_1 sse4_2 \
x2apic movbe popcnt aes xsave avx f16c rdrand lahf_lm abm bmi1 avx2 smep bmi2 erms invpcid avx512f \
avx512dq rdseed adx smap avx512ifma clflushopt clwb avx512cd sha_ni avx512bw avx512vl xsaveopt \
avx_vnni avx512_bf16 wbnoinvd avx512vbmi umip waitpkg avx512_vbmi2 gfni vaes vpclmulqdq avx512_vnni \
avx512_bitalg avx512_vpopcntdq la57 rdpid fsrm serialize amx_bf16 avx512_fp16 amx_tile amx_int8 \
flush_l1d arch_capabilities
vmx flags       : vnmi preemption_timer posted_intr
"""
"""Published: archspec-json, tests/targets/linux-rhel9-graniterapids (shortened)."""

ARROW_LAKE = """\
processor       : 0
vendor_id       : GenuineIntel
model name      : Intel(R) Core(TM) Ultra 9 285
flags           : fpu vme sse sse2 ss ht tm nx pni ssse3 sdbg fma cx16 sse4_1 sse4_2 x2apic movbe \
popcnt aes xsave avx f16c rdrand lahf_lm abm bmi1 avx2 smep bmi2 erms rdseed adx smap clwb sha_ni \
xsaveopt avx_vnni avx_vnni_int8 avx_vnni_int16 avx_ne_convert avx_ifma cmpccxadd umip gfni vaes \
vpclmulqdq rdpid fsrm serialize
"""
"""Published: archspec-json, tests/targets/linux-ubuntu26.04-arrowlake_s (shortened)."""

NEOVERSE_N2 = """\
processor       : 0
Features        : fp asimd evtstrm aes pmull sha1 sha2 crc32 atomics fphp asimdhp cpuid asimdrdm \
jscvt fcma lrcpc dcpop sha3 asimddp sha512 sve asimdfhm dit uscat ilrcpc flagm ssbs sb dcpodp sve2 \
sveaes svepmull svebitperm svesha3 flagm2 frint svei8mm svebf16 i8mm bf16 dgh
CPU implementer : 0x41
CPU part        : 0xd49
"""
"""Published: archspec-json, tests/targets/linux-rhel9-neoverse_n2."""

OLD_ARM = """\
processor	: 0
BogoMIPS	: 100.00
Features	: fp asimd evtstrm aes pmull sha1 sha2 crc32 cpuid
CPU implementer	: 0x99
CPU part	: 0x123
"""
"""Composed by hand: a first 64-bit Arm with a part number that nobody has."""


def hyperthreaded_tree(root: Path, sockets: int, cores_each: int) -> Path:
    """Composed by hand: /sys of a computer with two processors a core, numbered as Linux does on Intel's.

    A core has 32 KB of L1d and 32 KB of L1i, and 2 MB of L2; a socket has 60 MB of L3.
    """
    half = sockets * cores_each
    for number in range(2 * half):
        core = number % half
        socket = core // cores_each
        folder = root / f"sys/devices/system/cpu/cpu{number}"
        pair = f"{core},{core + half}"
        first = socket * cores_each
        whole = f"{first}-{first + cores_each - 1},{first + half}-{first + half + cores_each - 1}"
        put(folder / "topology", physical_package_id=socket, thread_siblings_list=pair)
        put(folder / "cache/index0", level=1, type="Data", size="32K", shared_cpu_list=pair)
        put(folder / "cache/index1", level=1, type="Instruction", size="32K", shared_cpu_list=pair)
        put(folder / "cache/index2", level=2, type="Unified", size="2048K", shared_cpu_list=pair)
        put(folder / "cache/index3", level=3, type="Unified", size="60M", shared_cpu_list=whole)
    put(root / "sys/devices/system/cpu/cpufreq", boost=1)
    return root


def put(folder: Path, **texts: object) -> None:
    """Small files in ``folder``; a double underscore in a name stands for a dot."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in texts.items():
        (folder / re.sub("__", ".", name)).write_text(f"{text}\n")
