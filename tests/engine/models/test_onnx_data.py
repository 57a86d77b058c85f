"""ONNX graphs whose tensors lie elsewhere are refused, wherever in the graph they are; no library is asked."""

from pathlib import Path

import onnx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from onnx import TensorProto, helper

from engine.models.onnx_data import WAYS, require_inside
from engine.models.protobuf import Malformed, parts
from engine.wire.errors import ModelBroken, UnsafeWeights


def external(place: str, name: str = "w") -> TensorProto:
    tensor = TensorProto(name=name, data_type=TensorProto.FLOAT, dims=[2], data_location=TensorProto.EXTERNAL)
    tensor.external_data.add(key="location", value=place)
    return tensor


def in_initializer(place: str) -> onnx.GraphProto:
    return helper.make_graph([], "g", [], [], [external(place)])


def in_sparse_initializer(place: str) -> onnx.GraphProto:
    indices = helper.make_tensor("i", TensorProto.INT64, [2], [0, 1])
    sparse = helper.make_sparse_tensor(external(place), indices, [4])
    return helper.make_graph([], "g", [], [], sparse_initializer=[sparse])


def in_attribute(place: str) -> onnx.GraphProto:
    return helper.make_graph([helper.make_node("Constant", [], ["c"], value=external(place))], "g", [], [])


def in_subgraph(place: str) -> onnx.GraphProto:
    branch = in_attribute(place)
    return helper.make_graph(
        [helper.make_node("If", ["x"], ["y"], then_branch=branch, else_branch=branch)], "g", [], []
    )


def in_sparse_indices(place: str) -> onnx.GraphProto:
    values = helper.make_tensor("v", TensorProto.FLOAT, [2], [1, 1])
    sparse = onnx.SparseTensorProto(values=values, indices=external(place), dims=[4])
    return helper.make_graph([helper.make_node("Constant", [], ["c"], sparse_value=sparse)], "g", [], [])


PLACES = [in_initializer, in_sparse_initializer, in_attribute, in_subgraph, in_sparse_indices]


def save(folder: Path, graph: onnx.GraphProto) -> Path:
    folder.mkdir(exist_ok=True)
    (folder / "model.onnx").write_bytes(helper.make_model(graph).SerializeToString())
    return folder / "model.onnx"


@pytest.mark.parametrize("graph", PLACES)
@pytest.mark.parametrize("place", ["../secret", "/etc/passwd", "a/../../secret", "C:\\secret", "..\\secret"])
def test_a_path_that_leads_out_is_refused(tmp_path: Path, graph, place: str):
    (tmp_path / "secret").write_bytes(bytes(8))

    with pytest.raises(UnsafeWeights):
        require_inside(save(tmp_path / "m", graph(place)))


@pytest.mark.parametrize("graph", PLACES)
def test_a_plain_file_beside_the_graph_is_right_and_a_missing_one_is_named(tmp_path: Path, graph):
    graph_file = save(tmp_path / "m", graph("model.onnx_data"))

    with pytest.raises(ModelBroken, match=r"model\.onnx_data” is missing"):
        require_inside(graph_file)
    graph_file.with_name("model.onnx_data").write_bytes(bytes(8))
    require_inside(graph_file)


@pytest.mark.parametrize("link", ["symlink_to", "hardlink_to"])
def test_a_link_to_a_file_elsewhere_is_refused(tmp_path: Path, link: str):
    (tmp_path / "secret").write_bytes(bytes(8))
    graph_file = save(tmp_path / "m", in_initializer("data"))
    getattr(graph_file.with_name("data"), link)(tmp_path / "secret")

    with pytest.raises(UnsafeWeights):
        require_inside(graph_file)


def test_links_of_the_shared_cache_lead_to_the_same_models_blobs(tmp_path: Path):
    home = tmp_path / "models--org--name"
    (home / "blobs").mkdir(parents=True)
    (home / "blobs" / "123").write_bytes(bytes(8))
    (home / "snapshots").mkdir()
    graph_file = save(home / "snapshots" / "abc", in_initializer("data"))
    graph_file.with_name("data").symlink_to("../../blobs/123")

    require_inside(graph_file)


def test_a_graph_that_is_none(tmp_path: Path):
    (tmp_path / "model.onnx").write_bytes(b"\xff" * 100)

    with pytest.raises(ModelBroken):
        require_inside(tmp_path / "model.onnx")


def test_every_way_to_a_tensor_is_known():
    """The library's own description of the format is walked: no way may be missing, no number be wrong."""
    ways: dict[str, dict[int, str]] = {}
    waiting, leads = [onnx.ModelProto.DESCRIPTOR], {"TensorProto"}
    fields = {}
    while waiting:
        message = waiting.pop()
        if message.name not in fields:
            fields[message.name] = {f.number: f.message_type for f in message.fields if f.message_type is not None}
            waiting += fields[message.name].values()
    while True:
        found = {name for name, of in fields.items() if name != "TensorProto" and leads & {t.name for t in of.values()}}
        if found <= leads:
            break
        leads |= found
    for name in leads - {"TensorProto"}:
        ways[name] = {number: kind.name for number, kind in fields[name].items() if kind.name in leads}

    assert ways == WAYS


def test_functions_and_training_graphs_are_walked_too(tmp_path: Path):
    (tmp_path / "m").mkdir()
    node = helper.make_node("Constant", [], ["c"], value=external("../secret"))
    function = helper.make_function("d", "f", [], ["c"], [node], [helper.make_opsetid("", 17)])
    inside = helper.make_model(helper.make_graph([], "g", [], []), functions=[function])
    training = helper.make_model(helper.make_graph([], "g", [], []))
    training.training_info.add().initialization.CopyFrom(in_initializer("../secret"))
    for model in (inside, training):
        (tmp_path / "m" / "model.onnx").write_bytes(model.SerializeToString())
        with pytest.raises(UnsafeWeights):
            require_inside(tmp_path / "m" / "model.onnx")


@pytest.mark.parametrize("entry", [("offset", "9"), ("length", "9"), ("offset", "-4"), ("length", "many")])
def test_data_beyond_the_end_of_its_file(tmp_path: Path, entry: tuple[str, str]):
    tensor = external("data")
    tensor.external_data.add(key=entry[0], value=entry[1])
    graph = save(tmp_path / "m", helper.make_graph([], "g", [], [], [tensor]))
    graph.with_name("data").write_bytes(bytes(8))

    with pytest.raises(ModelBroken, match="cut short"):
        require_inside(graph)


def test_the_mark_of_data_in_memory_is_no_file(tmp_path: Path):
    """ONNX Runtime takes the offset after this mark for an address in its own memory."""
    graph = save(tmp_path / "m", in_initializer("*/_ORT_MEM_ADDR_/*"))

    with pytest.raises(ModelBroken):
        require_inside(graph)


@pytest.mark.parametrize("order", [("good", "../secret"), ("../secret", "good")])
def test_of_two_places_each_is_looked_at(tmp_path: Path, order: tuple[str, str]):
    tensor = external(order[0])
    tensor.external_data.add(key="location", value=order[1])
    graph = save(tmp_path / "m", helper.make_graph([], "g", [], [], [tensor]))
    graph.with_name("good").write_bytes(bytes(8))

    with pytest.raises(UnsafeWeights):
        require_inside(graph)


def test_a_graph_of_many_gigabytes_is_walked_without_reading_it(tmp_path: Path):
    """A sparse file of 6 GB: its one inner tensor is a hole, and its external data must be found behind that."""
    tensor = external("../secret").SerializeToString()
    hole = 6_000_000_000

    def head(number: int, length: int) -> bytes:
        sign, rest = bytes([number << 3 | 2]), length
        while rest > 0x7F:
            sign, rest = sign + bytes([rest & 0x7F | 0x80]), rest >> 7
        return sign + bytes([rest])

    inner = head(9, hole)  # raw_data
    graph = head(5, len(inner) + hole)
    tail = head(5, len(tensor)) + tensor
    with (tmp_path / "model.onnx").open("wb") as stream:
        stream.write(head(7, len(graph) + len(inner) + hole + len(tail)) + graph + inner)
        stream.seek(hole, 1)
        stream.write(tail)

    with pytest.raises(UnsafeWeights):
        require_inside(tmp_path / "model.onnx")


@given(st.binary(max_size=200))
def test_the_walk_ends_with_any_bytes(data: bytes):
    try:
        for _, begin, end in parts(data, 0, len(data)):
            assert 0 <= begin <= end <= len(data)
    except Malformed:
        pass


@given(st.dictionaries(st.text(max_size=8), st.text(max_size=8), max_size=3), st.binary(max_size=300))
def test_the_walk_finds_what_the_library_finds(entries: dict[str, str], raw: bytes):
    tensor = TensorProto(name="w", dims=[2], raw_data=raw)
    for key, value in entries.items():
        tensor.external_data.add(key=key, value=value)
    data = tensor.SerializeToString()
    found = [
        {n: data[a:b].decode() for n, a, b in parts(data, *ends)}
        for number, *ends in parts(data, 0, len(data))
        if number == 13
    ]

    assert [(pair.get(1, ""), pair.get(2, "")) for pair in found] == list(entries.items())
