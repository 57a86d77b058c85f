import pytest

from engine.models.hub.choose import choose
from engine.models.hub.listing import Listed
from engine.wire.errors import FastpathError, ModelBroken, ModelNotFound, NotForThisModel, UnsafeWeights


def listed(*paths: str, size_bytes: int = 10) -> list[Listed]:
    return [Listed(path, size_bytes, f"{number:040x}", False) for number, path in enumerate(paths)]


def chosen(*paths: str, with_weights: bool = True) -> set[str]:
    return {file.path for file in choose("org/name", listed(*paths), with_weights)}


def refused(kind: type[FastpathError], files: list[Listed], with_weights: bool = True) -> str:
    with pytest.raises(kind) as caught:
        choose("org/name", files, with_weights)
    return caught.value.what_happened


SMALL = ("config.json", "tokenizer.json", "tokenizer_config.json", "vocab.txt", "merges.txt", "spiece.model")


def test_only_what_a_model_needs_is_fetched() -> None:
    needed = (*SMALL, "README.md", "modules.json", "1_Pooling/config.json", "chat_template.jinja", "model.safetensors")
    others = ("pytorch_model.bin", "tf_model.h5", "model.py", "trainer_state.json", "model.fp16.safetensors")
    deeper = (
        "onnx/model.onnx",
        "openvino/openvino_model.xml",
        "old/config.json",
        "adapter_model.safetensors",
        "x.json",
    )

    assert chosen(*needed, *others, *deeper) == set(needed)


def test_shards_come_with_their_index() -> None:
    shards = ("model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors", "model.safetensors.index.json")

    assert chosen("config.json", *shards) == {"config.json", *shards}
    assert chosen("config.json", "model.safetensors", *shards[:2]) == {"config.json", "model.safetensors"}


def test_an_onnx_graph_comes_with_its_data_where_there_is_nothing_else() -> None:
    graph = ("onnx/model.onnx", "onnx/model.onnx_data", "onnx/model.onnx_data_1")

    assert chosen("config.json", *graph, "onnx/model_int8.onnx") == {"config.json", *graph}
    assert chosen("config.json", "model.onnx", "model.onnx.data", *graph) == {
        *("config.json", "model.onnx", "model.onnx.data")
    }


def test_a_tokenizer_alone_comes_without_weights() -> None:
    assert chosen(*SMALL, "model.safetensors", "pytorch_model.bin", with_weights=False) == set(SMALL)


@pytest.mark.parametrize(
    "path",
    [
        *("../x.json", "a/../../x.py", "/etc/x.json", "a//x.json", "./x.json", "a\\..\\x.json", "a/\nx.json", "..", ""),
        *("a/" * 300 + "x.json", "C:x.txt", "x.json:stream.txt", "nul.txt", "COM1.model", "con.jinja"),
    ],
)
def test_a_name_that_leads_out_of_the_folder_refuses_the_whole_repository(path: str) -> None:
    assert "out of its folder" in refused(UnsafeWeights, listed("config.json", "model.safetensors", path))


def test_odd_names_of_files_that_are_not_fetched_do_no_harm() -> None:
    assert chosen("config.json", "model.safetensors", "logs/12:30.log", "notes...", "aux.py") == {
        *("config.json", "model.safetensors")
    }


def test_what_has_no_weights_that_may_be_opened_says_why() -> None:
    assert "can run code" in refused(UnsafeWeights, listed("config.json", "pytorch_model.bin"))
    assert "no weights" in refused(NotForThisModel, listed("config.json", "model-q4.gguf"))
    assert "no config.json" in refused(ModelNotFound, listed("model.safetensors"))
    assert "no tokenizer" in refused(ModelNotFound, listed("model.safetensors"), with_weights=False)


def test_a_tokenizer_of_a_gigabyte_is_refused_before_it_is_fetched() -> None:
    huge = listed("tokenizer.json", size_bytes=10**9)

    assert "far larger" in refused(ModelBroken, listed("config.json", "model.safetensors") + huge)


def test_names_that_some_systems_take_for_the_same_are_refused() -> None:
    refused(ModelBroken, listed("config.json", "model.safetensors", "vocab.txt", "Vocab.txt"))


def test_small_files_come_first() -> None:
    files = listed("model.safetensors", size_bytes=10**9) + listed("config.json")

    assert [file.path for file in choose("org/name", files, True)] == ["config.json", "model.safetensors"]
