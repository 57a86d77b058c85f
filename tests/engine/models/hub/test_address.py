import pytest

from engine.models.hub.address import Address, parse, with_revision
from engine.wire.errors import ModelNotFound

HUB = "https://huggingface.co"
COMMIT = "0123456789abcdef0123456789abcdef01234567"


@pytest.mark.parametrize(
    ("ref", "repo", "revision"),
    [
        ("org/name", "org/name", "main"),
        (" org/name ", "org/name", "main"),
        ("gpt2", "gpt2", "main"),
        ("org/name@v1.0", "org/name", "v1.0"),
        (f"org/name@{COMMIT}", "org/name", COMMIT),
        ("https://huggingface.co/org/name", "org/name", "main"),
        ("https://huggingface.co/org/name/", "org/name", "main"),
        ("http://huggingface.co/org/name", "org/name", "main"),
        ("https://HuggingFace.co/org/Name", "org/Name", "main"),
        ("https://www.huggingface.co/org/name", "org/name", "main"),
        ("huggingface.co/org/name", "org/name", "main"),
        ("hf.co/org/name", "org/name", "main"),
        ("https://hf.co/org/name?library=transformers#usage", "org/name", "main"),
        ("https://huggingface.co/org/name.git", "org/name", "main"),
        ("https://huggingface.co/gpt2", "gpt2", "main"),
        ("https://huggingface.co/gpt2/tree/v2", "gpt2", "v2"),
        ("https://huggingface.co/org/tree/tree/main", "org/tree", "main"),
        (f"https://huggingface.co/org/name/tree/{COMMIT}", "org/name", COMMIT),
        (f"https://huggingface.co/org/name/commit/{COMMIT}", "org/name", COMMIT),
        ("https://huggingface.co/org/name/tree/main/onnx", "org/name", "main"),
        ("https://huggingface.co/org/name/blob/v2/config.json", "org/name", "v2"),
        ("https://huggingface.co/org/name/resolve/main/model.safetensors?download=true", "org/name", "main"),
        ("https://huggingface.co/org/name/tree/refs%2Fpr%2F3", "org/name", "refs/pr/3"),
        ("https://huggingface.co/org/name/tree/refs/pr/3", "org/name", "refs/pr/3"),
        ("https://huggingface.co/org/name/discussions/3", "org/name", "main"),
    ],
)
def test_ids_and_addresses(ref: str, repo: str, revision: str) -> None:
    assert parse(ref, HUB) == Address(repo, revision)


@pytest.mark.parametrize("ref", ["http://mirror.example:8080/hub/org/name/tree/v1", "mirror.example:8080/hub/org/name"])
def test_a_mirrors_own_addresses(ref: str) -> None:
    found = parse(ref, "http://mirror.example:8080/hub")

    assert found is not None
    assert found.repo == "org/name"


@pytest.mark.parametrize(
    "ref",
    [
        "",
        "..",
        "org/..",
        "../name",
        "org/a..b",
        "a/b/c",
        "org--x/name",
        "-x/y",
        "org/na me",
        "org/\0",
        "@v1",
        "/org/name",
        "./org/name",
        "örg/name",
        "x" * 200,
    ],
)
def test_what_is_neither_id_nor_address(ref: str) -> None:
    assert parse(ref, HUB) is None


@pytest.mark.parametrize(
    ("ref", "says"),
    [
        ("https://huggingface.co/datasets/org/name", "a dataset"),
        ("huggingface.co/spaces/org/name", "a Space"),
        ("https://huggingface.co/papers/1706.03762", "a paper"),
        ("https://huggingface.co/", "not the address of a model"),
        ("https://huggingface.co/models?search=bert", "not the address of a model"),
        ("https://huggingface.co/docs/transformers", "not the address of a model"),
        ("https://huggingface.co/org/..%2F..", "not the address of a model"),
        ("https://huggingface.co/../../etc/passwd", "not the address of a model"),
        ("https://example.com/org/name", "not an address of the Hugging Face Hub"),
        ("https://huggingface.co@example.com/org/name", "not an address of the Hugging Face Hub"),
        ("https://huggingface.co.example.com/org/name", "not an address of the Hugging Face Hub"),
        ("file:///etc/passwd", "not an address of the Hugging Face Hub"),
        ("ftp://huggingface.co/org/name", "not an address of the Hugging Face Hub"),
        ("https://[/org/name", "not an address"),
        ("https://huggingface.co/org/name/tree/..%2F..%2Fx", "no branch, tag or commit"),
        ("org/name@../../x", "no branch, tag or commit"),
        ("org/name@", "no branch, tag or commit"),
        ("org/name@a b", "no branch, tag or commit"),
        ("org/name@/etc", "no branch, tag or commit"),
    ],
)
def test_addresses_of_other_things_are_refused(ref: str, says: str) -> None:
    with pytest.raises(ModelNotFound) as caught:
        parse(ref, HUB)

    assert says in caught.value.what_happened


def test_a_revision_of_its_own_goes_over_the_addresss() -> None:
    assert with_revision(Address("org/name", "v1"), "v2") == Address("org/name", "v2")
    assert with_revision(Address("org/name", "v1"), "") == Address("org/name", "v1")
    with pytest.raises(ModelNotFound):
        with_revision(Address("org/name"), "../v1")
