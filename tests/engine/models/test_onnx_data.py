"""ONNX graphs whose tensors lie elsewhere are refused, wherever in the graph they are."""

from pathlib import Path

import onnx
import pytest
from onnx import TensorProto, helper

from engine.models.onnx_data import require_inside
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


PLACES = [in_initializer, in_sparse_initializer, in_attribute, in_subgraph]


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

    with pytest.raises(ModelBroken, match=r"model\.onnx_data is missing"):
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
