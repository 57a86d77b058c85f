"""Logs of oneDNN 3.12 and MKL 2024.0, recorded on MiniLM at 1 x 128, and lines composed by oneDNN's documentation."""

from pathlib import Path

import pytest

from engine.cpu import features
from engine.evidence import onednn_log

RECORDED = Path(__file__).parents[2] / "data" / "onednn"
LINE = "onednn_verbose,v1,primitive,exec,cpu,matmul,{kernel},undef,src:{src}::blocked:ab::f0 wei:{wei}::blocked:ab::f0 "
REST = "dst:f32::blocked:ab::f0,attr-scratchpad:user,,128x384:384x384,0.2"


def recorded(name: str) -> onednn_log.Kernels:
    return onednn_log.read((RECORDED / f"{name}.log").read_text("utf-8"))


def test_plain_fp32_products_are_mkls_which_does_not_tell_how() -> None:
    found = recorded("eager_fp32")

    assert found.mkl_products == {"fp32": 21}
    assert found.products == 0
    assert found.precision == {"linear": "fp32", "activation": "fp32"}
    assert found.fused == {}
    assert found.not_provable == ("Which instructions ran in MKL, which computed matrix products: it does not tell.",)


def test_fp32_kernel_of_a_family_for_bf16_proves_avx512_alone() -> None:
    assert recorded("eager_fp32").isa == ("avx512_f",)  # its GELU is jit:avx512_core_bf16, on fp32
    assert recorded("eager_bf16").isa == ("avx512_bf16",)


def test_bias_of_a_plain_product_is_no_fusion() -> None:
    assert "attr-post-ops:sum" in (RECORDED / "eager_bf16.log").read_text("utf-8")
    assert recorded("eager_bf16").fused == {}


@pytest.mark.parametrize("precision", ["fp32", "bf16"])
def test_inductors_products_take_gelu_and_the_residual_along(precision: str) -> None:
    found = recorded(f"inductor_{precision}")

    assert found.fused == {"linear + add": 6, "linear + gelu": 3}
    assert found.precision["linear"] == precision
    assert found.products == 20


def test_partitions_of_a_graph_say_what_they_joined_and_their_primitives_do_not_count_again() -> None:
    found = recorded("torchscript_fp32")

    assert found.fused == {"linear + add": 4, "linear + gelu": 2, "add + add": 1}
    assert len(found.partitions) == 20
    assert {part.kind for part in found.partitions} == {"linear", "normalization", "elementwise"}
    assert {part.operators for part in found.partitions if not part.fused} == {"linear", "layer norm"}
    assert {part.precision for part in recorded("torchscript_bf16").partitions} == {"bf16"}


@pytest.mark.parametrize(
    ("kernel", "types", "isa"),
    [
        ("brg_matmul:avx512_core", ("f32", "f32"), "avx512_f"),
        ("brg_matmul:avx512_core_bf16", ("f32", "f32"), "avx512_f"),
        ("brg_matmul:avx512_core_bf16", ("bf16", "bf16"), "avx512_bf16"),
        ("brg_matmul:avx512_core_vnni", ("u8", "s8"), "avx512_vnni"),
        ("brg_matmul:avx512_core", ("u8", "s8"), "avx512_f"),
        ("brg_matmul:avx10_1_512_amx", ("bf16", "bf16"), "amx_bf16"),
        ("brg_matmul:avx512_core_amx", ("s8", "s8"), "amx_int8"),
        ("brg_matmul:avx512_core_amx_fp16", ("f16", "f16"), "amx_fp16"),
        ("brg_matmul:avx512_core_fp16", ("f16", "f16"), "avx512_fp16"),
        ("brg_matmul:avx2_vnni", ("u8", "s8"), "avx_vnni"),
        ("brg_matmul:avx2", ("f32", "f32"), "avx2"),
        ("gemm:jit", ("f32", "f32"), ""),
    ],
)
def test_instructions_by_the_kernel_and_its_types(kernel: str, types: tuple[str, str], isa: str) -> None:
    found = onednn_log.read(LINE.format(kernel=kernel, src=types[0], wei=types[1]) + REST)

    assert found.isa == ((isa,) if isa else ())
    assert found.products == 1


def test_activation_of_its_own_is_no_fusion_and_a_real_post_op_is() -> None:
    alone = "onednn_verbose,v1,primitive,exec,cpu,eltwise,jit:avx2,forward_inference,data:f32::blocked:ab::f0,"
    assert onednn_log.read(alone + "attr-scratchpad:user,alg:eltwise_gelu_erf,128x1536,0.1").fused == {}

    product = (
        LINE.format(kernel="brg_matmul:avx2", src="u8", wei="s8") + "bia:f32::blocked:a::f0 dst:f32::blocked:ab::f0,"
    )
    post_ops = "attr-scratchpad:user attr-post-ops:eltwise_gelu_erf+binary_add:f32:3,,128x384:384x384,0.1"
    found = onednn_log.read(product + post_ops)
    assert found.fused == {"linear + gelu + add": 1}
    assert found.precision == {"linear": "int8"}


def test_summary_counts_like_lines_and_holds_no_addresses() -> None:
    summary = recorded("torchscript_fp32").summary

    assert "0x" not in summary
    assert ",info," not in summary
    assert any(line.startswith("5 x onednn_verbose") for line in summary.splitlines())
    assert len(summary.splitlines()) < 25


def test_lines_that_are_cut_or_strange_are_left_out() -> None:
    for line in ("onednn_verbose,v1,primitive,exec,cpu", "onednn_verbose,v1,graph,exec", "MKL_VERBOSE", "", ",,,exec"):
        assert onednn_log.read(line).precision == {}


def test_every_instruction_set_that_is_told_has_an_entry_of_its_own() -> None:
    named = {name for _, by_type, otherwise in onednn_log._ISA for name in (*by_type.values(), otherwise)}
    assert named <= {known.id for known in features.X86}
