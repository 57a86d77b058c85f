"""Features of recorded CPUs."""

import pytest

from engine.cpu import judge, linux
from engine.cpu.features import ARM, X86, known
from engine.wire.messages import Feature
from tests.engine.cpu import recorded


def by_id(features: tuple[Feature, ...]) -> dict[str, Feature]:
    return {feature.id: feature for feature in features}


def usable(features: tuple[Feature, ...]) -> set[str]:
    return {feature.id for feature in features if feature.usable}


def test_zen_4_has_avx512_with_vnni_and_bf16_but_no_amx():
    features = judge.from_linux(X86, linux.words(recorded.ZEN4), tiles_allowed=False)

    assert usable(features) == {
        "sse4_2", "avx", "f16c", "fma", "avx2", "avx512", "avx512_vbmi", "avx512_vnni", "avx512_bf16",
    }  # fmt: skip
    assert by_id(features)["amx_int8"].reason == judge.NOT_THERE


def test_granite_rapids_has_amx_where_the_kernel_allows_tiles():
    words = linux.words(recorded.GRANITE_RAPIDS)

    features = judge.from_linux(X86, words, tiles_allowed=True)

    assert {"amx_tile", "amx_int8", "amx_bf16", "avx512_fp16", "avx_vnni"} <= usable(features)


def test_amx_is_present_but_not_usable_where_the_kernel_does_not_allow_tiles():
    words = linux.words(recorded.GRANITE_RAPIDS)

    features = by_id(judge.from_linux(X86, words, tiles_allowed=False))

    assert (features["amx_bf16"].present, features["amx_bf16"].usable) == (True, False)
    assert features["amx_bf16"].reason == judge.NO_TILES
    assert features["avx512"].usable


def test_a_cpu_without_avx512_can_have_the_short_vnni():
    features = judge.from_linux(X86, linux.words(recorded.ARROW_LAKE), tiles_allowed=False)

    assert {"avx_vnni", "avx_vnni_int8", "avx_ifma"} <= usable(features)
    assert not {"avx512", "avx512_vnni"} & usable(features)


def test_one_missing_part_of_avx512_makes_it_missing():
    words = linux.words(recorded.ZEN4) - {"avx512dq"}

    assert "avx512" not in usable(judge.from_linux(X86, words, tiles_allowed=False))


def test_silence_about_a_feature_that_kernels_hide_is_no_proof():
    features = by_id(judge.from_linux(X86, linux.words(recorded.GRANITE_RAPIDS), tiles_allowed=True))

    # This CPU has AMX FP16, and the kernel that told did not list it.
    assert not features["amx_fp16"].present
    assert "too old to list it" in features["amx_fp16"].reason


def test_neoverse_n2_has_sve2_and_i8mm():
    features = judge.from_linux(ARM, linux.words(recorded.NEOVERSE_N2), tiles_allowed=False)

    assert usable(features) == {"neon", "fp16", "dotprod", "i8mm", "bf16", "sve", "sve2"}


def test_m4_has_sme_and_no_sve():
    features = judge.from_macos(ARM, recorded.M4_MAX.get)

    assert usable(features) == {"neon", "fp16", "dotprod", "i8mm", "bf16", "sme", "sme2"}


def test_windows_numbers_lead_to_features_and_what_it_does_not_tell_is_said():
    features = by_id(judge.from_windows(X86, {38, 39, 40}.__contains__))

    assert usable(tuple(features.values())) == {"sse4_2", "avx", "avx2"}
    assert features["avx512"].reason == "Windows does not report it."
    assert features["avx512_vnni"].reason == "Not known: Windows does not tell."


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


def test_the_signature_names_what_is_usable_in_an_order_of_its_own():
    words = linux.words(recorded.GRANITE_RAPIDS)
    without = judge.from_linux(X86, words, tiles_allowed=False)

    assert judge.signature(without) == judge.signature(without[::-1])
    assert judge.signature(without) != judge.signature(judge.from_linux(X86, words, tiles_allowed=True))


def test_only_an_architecture_that_is_known_has_features():
    assert known("AMD64") == X86
    assert known("arm64") == ARM
    assert known("riscv64") == ()


@pytest.mark.parametrize("entries", [X86, ARM])
def test_ids_are_unique_and_every_feature_is_explained(entries):
    assert len({entry.id for entry in entries}) == len(entries)
    assert all(entry.explains.endswith(".") and entry.linux for entry in entries)
