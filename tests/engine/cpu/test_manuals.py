"""Every feature shows where the manuals say, and nowhere else: the engine's table against the tests' own."""

from collections.abc import Collection

import pytest

from engine.cpu import judge, linux, registers
from engine.cpu.features import ARM, X86
from engine.cpu.features.known import State
from engine.cpu.registers import XCR0_STATES
from engine.wire.values import Feature
from tests.engine.cpu import manuals

NAMES_X86 = {
    "sse4_2": "SSE4.2",
    "avx": "AVX",
    "fma": "FMA",
    "avx2": "AVX2",
    "avx_ifma": "AVX-IFMA",
    "f16c": "F16C",
    "avx512_f": "AVX512F",
    "avx512_cd": "AVX512CD",
    "avx512_bw": "AVX512BW",
    "avx512_dq": "AVX512DQ",
    "avx512_vl": "AVX512VL",
    "avx512_ifma": "AVX512_IFMA",
    "avx512_vbmi": "AVX512_VBMI",
    "avx512_vbmi2": "AVX512_VBMI2",
    "avx512_bitalg": "AVX512_BITALG",
    "avx512_vpopcntdq": "AVX512_VPOPCNTDQ",
    "avx512_vp2intersect": "AVX512_VP2INTERSECT",
    "avx512_vnni": "AVX512_VNNI",
    "avx512_bf16": "AVX512_BF16",
    "avx512_fp16": "AVX512_FP16",
    "avx10_1": "AVX10",
    "avx10_2": "AVX10",
    "avx_vnni": "AVX-VNNI",
    "avx_vnni_int8": "AVX-VNNI-INT8",
    "avx_vnni_int16": "AVX-VNNI-INT16",
    "avx_ne_convert": "AVX-NE-CONVERT",
    "amx_tile": "AMX-TILE",
    "amx_int8": "AMX-INT8",
    "amx_bf16": "AMX-BF16",
    "amx_fp16": "AMX-FP16",
    "amx_complex": "AMX-COMPLEX",
    "amx_fp8": "AMX-FP8",
    "amx_tf32": "AMX-TF32",
    "amx_avx512": "AMX-AVX512",
    "amx_movrs": "AMX-MOVRS",
}
NAMES_ARM = {
    "neon": "FEAT_AdvSIMD",
    "fp16": "FEAT_FP16",
    "dotprod": "FEAT_DotProd",
    "bf16": "FEAT_BF16",
    "i8mm": "FEAT_I8MM",
    "sve": "FEAT_SVE",
    "sve2": "FEAT_SVE2",
    "sme": "FEAT_SME",
    "sme2": "FEAT_SME2",
}


def in_silicon(names: Collection[str], avx10: int = 0) -> set[str]:
    answers = manuals.leaves(names, avx10=avx10)
    told = registers.read(lambda leaf, subleaf: answers.get((leaf, subleaf), (0, 0, 0, 0)), lambda: 0)
    return {entry.id for entry in X86 if told.has(entry)}


def usable(features: tuple[Feature, ...]) -> set[str]:
    return {feature.id for feature in features if feature.usable}


def test_every_feature_is_compared():
    assert {entry.id for entry in X86} == NAMES_X86.keys()
    assert {entry.id for entry in ARM} == NAMES_ARM.keys()


@pytest.mark.parametrize("wanted", [name for name in NAMES_X86 if not name.startswith("avx10")])
def test_a_feature_of_x86_shows_at_its_bit_and_at_no_other(wanted: str):
    name = NAMES_X86[wanted]
    needed = {"AMX-TILE"} if name.startswith("AMX") else set()

    assert in_silicon({name} | needed) == {wanted} | ({"amx_tile"} if needed else set())
    assert wanted not in in_silicon(manuals.X86 - {name}, avx10=2)


@pytest.mark.parametrize(("version", "found"), [(0, set()), (1, {"avx10_1"}), (2, {"avx10_1", "avx10_2"})])
def test_avx10_shows_at_its_bit_with_its_version(version: int, found: set[str]):
    assert in_silicon({"AVX10"}, version) == found
    assert not in_silicon(set(), version)


def test_a_cpu_that_has_everything_is_told_everything():
    assert in_silicon(manuals.X86, avx10=2) == NAMES_X86.keys()


@pytest.mark.parametrize(
    ("state", "names"),
    [
        ("avx", {"SSE", "AVX"}),
        ("avx512", {"SSE", "AVX", "opmask", "ZMM_Hi256", "Hi16_ZMM"}),
        ("tiles", {"TILECFG", "TILEDATA"}),
    ],
)
def test_what_the_system_must_save_is_what_the_manual_names(state: State, names: set[str]):
    assert XCR0_STATES[state] == manuals.xcr0(names)


@pytest.mark.parametrize("wanted", NAMES_ARM)
def test_a_feature_of_arm_shows_to_each_system_by_its_own_name(wanted: str):
    names = [NAMES_ARM[wanted]]
    listed = linux.words(f"Features: {manuals.listed(names)}")

    assert usable(judge.from_hwcap(ARM, *manuals.hwcaps(names))) == {wanted}
    assert usable(judge.from_words(ARM, listed, lambda: "refused")) == {wanted}
    assert usable(judge.from_macos(ARM, manuals.sysctl(names).get)) == {wanted}
    assert usable(judge.from_windows(ARM, manuals.windows_numbers(names).__contains__)) == {wanted}


@pytest.mark.parametrize("wanted", ["sse4_2", "avx", "avx2", "avx512_f"])
def test_windows_has_numbers_for_four_features_of_x86(wanted: str):
    numbers = manuals.windows_numbers([NAMES_X86[wanted]])

    assert usable(judge.from_windows(X86, numbers.__contains__)) == {wanted}
