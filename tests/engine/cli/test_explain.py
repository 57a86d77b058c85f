"""``fastpath run --explain``: what really ran, in the document and in words."""

import json

import pytest

from engine.cli import evidence_text
from engine.wire.values import Evidence
from tests.engine.cli.test_commands import document, fastpath
from tests.talk import SIMILARITY

INPUT = json.dumps(SIMILARITY)
WORDS = ("run", "--model", "starter", "--task", "sentence-similarity", "--repeat", "5", "--input", INPUT)


@pytest.fixture(autouse=True)
def own_data_folder(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FASTPATH_HOME", str(tmp_path_factory.getbasetemp() / "explained"))


def test_document_holds_the_evidence_under_stable_names() -> None:
    found = document(*WORDS, "--mode", "torchscript", "--explain")["evidence"]

    assert found["ops_before"] > found["ops_after"] > 0
    assert found["fused"]["linear + gelu"] == 6  # one a layer
    assert found["precision_executed"]["linear"] == "fp32"
    assert found["isa_executed"]
    assert sum(found["time_share"].values()) == pytest.approx(1, abs=0.01)
    assert 0 < found["gflops"] < found["peak_gflops"]


def test_nothing_is_explained_unless_asked() -> None:
    assert document(*WORDS)["evidence"] is None


@pytest.mark.slow
def test_words_for_people_name_what_ran() -> None:
    printed = fastpath(*WORDS, "--mode", "torchscript", "--explain")

    assert "What ran, by " in printed
    assert "6 x linear + gelu" in printed
    assert "GFLOP/s" in printed


def test_what_a_runtime_does_not_tell_is_said() -> None:
    evidence = Evidence(source="a runtime", not_provable=("Which instructions ran: it does not tell.",))

    assert list(evidence_text.lines(evidence)) == [
        "What ran, by a runtime:",
        "  not provable: Which instructions ran: it does not tell.",
    ]
