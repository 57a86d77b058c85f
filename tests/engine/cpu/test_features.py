"""Features as systems tell them where CPUID cannot be executed or does not exist."""

import pytest

from engine.cpu import arm_parts, judge, linux
from engine.cpu.features import ARM, X86, known
from engine.cpu.tiles import Tiles
from engine.wire.values import Feature
from tests.engine.cpu import recorded


def by_id(features: tuple[Feature, ...]) -> dict[str, Feature]:
    return {feature.id: feature for feature in features}


def usable(features: tuple[Feature, ...]) -> set[str]:
    return {feature.id for feature in features if feature.usable}


def from_text(cpuinfo: str, tiles: Tiles = "granted") -> tuple[Feature, ...]:
    return judge.from_words(X86, linux.words(cpuinfo), lambda: tiles)


def test_zen_4_has_avx512_with_vnni_and_bf16_but_no_amx():
    features = from_text(recorded.ZEN4)

    assert usable(features) == {
        *("sse4_2", "avx", "f16c", "fma", "avx2", "avx512_f", "avx512_cd", "avx512_bw", "avx512_dq", "avx512_vl"),
        *("avx512_ifma", "avx512_vbmi", "avx512_vbmi2", "avx512_bitalg", "avx512_vpopcntdq"),
        *("avx512_vnni", "avx512_bf16"),
    }
    assert by_id(features)["amx_int8"].reason == judge.NOT_THERE


def test_words_say_amx_where_the_kernel_grants_tiles():
    assert {"amx_tile", "amx_int8", "amx_bf16"} <= usable(from_text(recorded.GRANITE_RAPIDS))


@pytest.mark.parametrize("answer", ["refused", "not offered"])
def test_words_say_amx_is_present_and_not_usable_where_tiles_are_withheld(answer: Tiles):
    features = by_id(from_text(recorded.GRANITE_RAPIDS, answer))

    assert (features["amx_bf16"].present, features["amx_bf16"].usable) == (True, False)
    assert features["amx_bf16"].reason == judge.NO_TILES[answer]
    assert features["avx512_f"].usable


def test_words_without_amx_ask_about_no_tiles():
    def never() -> Tiles:
        raise AssertionError

    assert not by_id(judge.from_words(X86, linux.words(recorded.ZEN4), never))["amx_tile"].present


def test_a_cpu_without_avx512_can_have_the_short_vnni():
    features = usable(from_text(recorded.ARROW_LAKE))

    assert {"avx_vnni", "avx_vnni_int8", "avx_vnni_int16", "avx_ne_convert", "avx_ifma"} <= features
    assert not {"avx512_f", "avx512_vnni"} & features


def test_silence_about_a_feature_that_kernels_hide_is_no_proof():
    features = by_id(from_text(recorded.GRANITE_RAPIDS))

    # This CPU has AMX FP16, and the kernel that told did not list it.
    assert not features["amx_fp16"].present
    assert features["amx_fp16"].reason == judge.MAYBE_NOT_LISTED
    assert features["amx_fp8"].reason == "Not known: Linux does not tell."


def test_neoverse_n2_has_sve2_and_i8mm():
    features = judge.from_words(ARM, linux.words(recorded.NEOVERSE_N2), lambda: "refused")

    assert usable(features) == {"neon", "fp16", "dotprod", "i8mm", "bf16", "sve", "sve2"}


def test_the_words_of_the_auxiliary_vector_say_the_same_as_the_list():
    """HWCAP bits 1, 10, 20, 22 and HWCAP2 bits 1, 13, 14, of a Neoverse N2; 23 and 37 add SME and SME2."""
    hwcap, hwcap2 = 1 << 1 | 1 << 10 | 1 << 20 | 1 << 22, 1 << 1 | 1 << 13 | 1 << 14

    listed = judge.from_words(ARM, linux.words(recorded.NEOVERSE_N2), lambda: "refused")

    assert judge.from_hwcap(ARM, hwcap, hwcap2) == listed
    assert usable(judge.from_hwcap(ARM, 1 << 1, 1 << 23 | 1 << 37)) == {"neon", "sme", "sme2"}
    assert by_id(judge.from_hwcap(ARM, 1 << 1, 0))["sve"].reason == judge.NOT_THERE


def test_windows_numbers_lead_to_features_and_what_it_does_not_tell_is_said():
    features = by_id(judge.from_windows(X86, {38, 39, 40}.__contains__))

    assert usable(tuple(features.values())) == {"sse4_2", "avx", "avx2"}
    assert features["avx512_f"].reason == "Windows does not report it."
    assert features["avx512_vnni"].reason == "Not known: Windows does not tell."


def test_macos_on_intel_tells_by_names_where_cpuid_may_not_be_executed():
    told = {"hw.optional.sse4_2": 1, "hw.optional.avx1_0": 1, "hw.optional.avx2_0": 1, "hw.optional.avx512f": 0}

    features = by_id(judge.from_macos(X86, told.get))

    assert usable(tuple(features.values())) == {"sse4_2", "avx", "avx2"}
    assert features["avx512_f"].reason == judge.NOT_THERE
    assert features["avx_vnni"].reason == "Not known: macOS does not tell."


@pytest.mark.parametrize(
    ("text", "brand"),
    [
        (recorded.GRANITE_RAPIDS, "Intel(R) Xeon(R) 6972P"),
        (recorded.NEOVERSE_N2, "Arm Neoverse N2"),
        (recorded.OLD_ARM, "Arm CPU (implementer 0x99, part 0x123)"),
        ("", ""),
    ],
)
def test_brand(text: str, brand: str):
    assert linux.brand(text) == brand


def test_an_unknown_part_among_known_ones_is_named_by_its_numbers():
    parts = [("0x41", "0xd05"), ("0x41", "0xd05"), ("0x41", "0xfff")]

    assert arm_parts.name(parts) == "Arm CPU (Cortex-A55; implementer 0x41, part 0xfff)"


def test_the_signature_names_what_is_usable_in_an_order_of_its_own():
    without = from_text(recorded.GRANITE_RAPIDS, "refused")

    assert judge.signature(without) == judge.signature(without[::-1])
    assert judge.signature(without) != judge.signature(from_text(recorded.GRANITE_RAPIDS))


def test_only_an_architecture_that_is_known_has_features():
    assert known("AMD64") == X86
    assert known("arm64") == ARM
    assert known("riscv64") == ()


@pytest.mark.parametrize("entries", [X86, ARM])
def test_ids_are_unique_and_every_feature_is_explained_in_one_line(entries):
    assert len({entry.id for entry in entries}) == len(entries)
    assert len({entry.title for entry in entries}) == len(entries)
    assert all(entry.explains.endswith(".") and len(entry.explains) <= 90 for entry in entries)


def test_every_feature_of_x86_has_a_bit_of_its_own_and_every_one_of_arm_a_capability():
    bits = [entry.bits[-1] for entry in X86 if not entry.avx10]

    assert len(set(bits)) == len(bits)
    assert all(bool(entry.hwcap) != bool(entry.hwcap2) for entry in ARM)


def test_what_avx512_needs_is_never_less_than_avx512s_registers():
    states = {entry.id: entry.state for entry in X86}

    assert {states[name] for name in states if name.startswith(("avx512", "avx10"))} == {"avx512"}
    assert {states[name] for name in states if name.startswith("amx")} == {"tiles"}
