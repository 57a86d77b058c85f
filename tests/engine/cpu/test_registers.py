"""What CPUID and XGETBV say, on CPUs and systems composed by hand."""

from engine.cpu import judge, registers
from engine.cpu.features import X86
from engine.cpu.registers import Answers, Registers
from engine.cpu.tiles import Tiles
from engine.wire.values import Feature
from tests.engine.cpu import machines, manuals

AVX512_SAVED, TILES_SAVED = 0xE7, 0x60000


def by_id(features: tuple[Feature, ...]) -> dict[str, Feature]:
    return {feature.id: feature for feature in features}


def granite_rapids(xcr0: int) -> Registers:
    told = machines.load("intel_xeon_granite_rapids").registers()
    assert told is not None
    return Registers(told.leaves, xcr0)


def never() -> Tiles:
    raise AssertionError("asked about tiles without need")


def test_silicon_without_the_systems_saving_is_present_and_not_usable():
    features = by_id(judge.from_registers(X86, granite_rapids(0x7), never))

    assert features["avx2"].usable
    for name in ("avx512_f", "avx512_vnni", "avx10_1", "amx_tile", "amx_bf16"):
        assert (features[name].present, features[name].usable) == (True, False)
        assert features[name].reason == judge.NOT_SWITCHED_ON


def test_tiles_need_both_their_states_in_xcr0():
    half = granite_rapids(AVX512_SAVED | 1 << 17)

    assert by_id(judge.from_registers(X86, half, never))["amx_tile"].reason == judge.NOT_SWITCHED_ON


def test_the_system_is_asked_once_for_all_kinds_of_amx():
    asked = []

    def ask() -> Tiles:
        asked.append(1)
        return "not offered"

    features = by_id(judge.from_registers(X86, granite_rapids(AVX512_SAVED | TILES_SAVED), ask))

    assert asked == [1]
    assert features["amx_int8"].reason == judge.NO_TILES["not offered"]
    assert features["avx512_f"].usable


def test_without_xsave_switched_on_nothing_beyond_sse_is_usable_and_xgetbv_is_not_executed():
    def cpuid(leaf: int, subleaf: int) -> Answers:
        whole = {(0, 0): (7, 0, 0, 0), (1, 0): (0, 0, 1 << 20 | 1 << 28, 0), (7, 0): (0, 1 << 5, 0, 0)}
        return whole.get((leaf, subleaf), (0, 0, 0, 0))

    def xgetbv() -> int:
        raise AssertionError("an illegal instruction on a real CPU")

    features = by_id(judge.from_registers(X86, registers.read(cpuid, xgetbv), never))

    assert features["sse4_2"].usable
    assert features["avx2"].present
    assert features["avx2"].reason == judge.NOT_SWITCHED_ON


def test_leaves_above_the_greatest_are_not_asked():
    """A CPU of 2008 answers unknown leaves with what its greatest one holds: here all bits set."""

    def cpuid(leaf: int, subleaf: int) -> Answers:
        if leaf == 0:
            return 1, 0, 0, 0
        if leaf == 0x80000000:
            return 0x80000001, 0, 0, 0
        full = 2**32 - 1
        return (0, 0, 1 << 20, 0) if leaf == 1 else (full, full, full, full)

    told = registers.read(cpuid, lambda: 0)

    assert [entry.id for entry in X86 if told.has(entry)] == ["sse4_2"]
    assert told.brand() == ""


def test_a_subleaf_of_7_above_the_greatest_is_not_asked():
    def cpuid(leaf: int, subleaf: int) -> Answers:
        if (leaf, subleaf) == (7, 1):
            return 1 << 4, 0, 0, 0
        return (7, 0, 0, 0) if leaf == 0 else (0, 0, 0, 0)

    told = registers.read(cpuid, lambda: 0)

    assert (7, 1) not in told.leaves
    assert not any(told.has(entry) for entry in X86)


def test_avx10_is_told_by_its_version():
    base = granite_rapids(AVX512_SAVED | TILES_SAVED)
    second = Registers({**base.leaves, (0x24, 0): (0, 0x70002, 0, 0)}, base.xcr0)
    only_version = Registers({(0x24, 0): (0, 0x70002, 0, 0)}, base.xcr0)

    assert {entry.id for entry in X86 if entry.avx10 and second.has(entry)} == {"avx10_1", "avx10_2"}
    assert {entry.id for entry in X86 if entry.avx10 and base.has(entry)} == {"avx10_1"}
    assert not any(only_version.has(entry) for entry in X86)


def test_late_kinds_of_amx_are_read_from_their_own_leaf():
    base = granite_rapids(AVX512_SAVED | TILES_SAVED)
    late = Registers({**base.leaves, (0x1E, 1): (0b1_1101_0000, 0, 0, 0)}, base.xcr0)

    found = {entry.id for entry in X86 if late.has(entry)} - {entry.id for entry in X86 if base.has(entry)}

    assert found == {"amx_fp8", "amx_tf32", "amx_avx512", "amx_movrs"}


def test_a_kind_of_amx_without_tiles_is_no_amx():
    stray = Registers({(7, 0): (0, 0, 0, 1 << 22 | 1 << 25)}, AVX512_SAVED | TILES_SAVED)

    assert not any(stray.has(entry) for entry in X86)


def test_the_brand_ends_at_its_first_nul_and_holds_single_spaces():
    """Intel put older names at the right end (SDM, "CPUID"), AMD fills up with spaces."""
    answers = manuals.leaves(["SSE4.2"], "      Intel(R) Core(TM)  i7-3 CPU \0left over")

    told = registers.read(lambda leaf, subleaf: answers.get((leaf, subleaf), (0, 0, 0, 0)), lambda: 0)

    assert told.brand() == "Intel(R) Core(TM) i7-3 CPU"
