"""States with models of the Hub and of this computer in them, told by hand as the desk tells them."""

from collections.abc import Sequence

import msgspec

from engine.wire.errors import Offline, TimedOut, failure_of
from engine.wire.hub import Block, HubModel, LocalModel, PendingDownload, Span
from engine.wire.messages import (
    AnyEvent,
    CardRead,
    CheckForUpdate,
    Download,
    Downloading,
    DownloadsListed,
    Failed,
    Finished,
    HubFound,
    HubLooked,
    ListDownloads,
    ListModels,
    LookAtHub,
    LookAtToken,
    ModelsListed,
    ModelsWork,
    ReadCard,
    SearchHub,
    TokenTold,
    UpdateTold,
)
from gui import run_state
from gui.main_window import MainWindow
from gui.run_state import State

GB, MB = 1_000_000_000, 1_000_000
FREE = 23 * GB
SQUAD = "deepset/roberta-base-squad2"
OWN = (
    HubModel(
        repo="csarron/bert-base-uncased-squad-v1",
        title="BERT base, SQuAD",
        task="question-answering",
        family="bert",
        licence="mit",
        weights="safetensors",
        parameters=108_893_186,
        download_bytes=436 * MB,
        memory_needed_bytes=900 * MB,
        memory_free_bytes=FREE,
        why="Finds the answer to a question in a text. A classic that every acceleration takes.",
        here=True,
    ),
    HubModel(
        repo=SQUAD,
        task="question-answering",
        family="roberta",
        licence="cc-by-4.0",
        weights="safetensors",
        parameters=124_056_578,
        download_bytes=496 * MB,
        memory_needed_bytes=1_000 * MB,
        memory_free_bytes=FREE,
        why="Also says when the text has no answer.",
    ),
    HubModel(
        repo="optimum/roberta-base-squad2",
        task="question-answering",
        family="roberta",
        weights="ONNX",
        download_bytes=497 * MB,
        tokenizer=SQUAD,
        why="The same model as a finished ONNX graph, for ONNX Runtime.",
    ),
    HubModel(
        repo="bert-base-uncased",
        task="fill-mask",
        family="bert",
        licence="apache-2.0",
        parameters=110_106_428,
        download_bytes=440 * MB,
        why="Guesses a missing word. What the others here grew out of.",
    ),
)


def one(number: int) -> HubModel:
    """A model as a search finds it; each seventh cannot run here, each fifth is gated."""
    sizes = (66, 109, 124, 335, 560, 7_240)
    parameters = sizes[number % len(sizes)] * MB
    reasons = {
        3: "It needs about 29 GB of memory, and 23 GB is free.",
        4: "Its weights are only there as a pickle, which can carry a program.",
    }
    return HubModel(
        repo=f"organisation-{number % 9}/review-classifier-{number:02}",
        task=("text-classification", "token-classification", "question-answering")[number % 3],
        family="bert",
        licence=("apache-2.0", "mit", "cc-by-4.0", "")[number % 4],
        gated=number % 5 == 2,
        weights="safetensors",
        parameters=parameters,
        download_bytes=parameters * 4,
        memory_needed_bytes=parameters * 8,
        memory_free_bytes=FREE,
        downloads=9_400_000 // (number + 1),
        likes=1_200 // (number + 1),
        changed="2026-03-14",
        modes=("eager", "torchscript", "onnx-runtime"),
        reason=reasons.get(number % 7, ""),
    )


CARD = (
    Block(kind="heading", level=1, spans=(Span(text="RoBERTa base for extractive question answering"),)),
    Block(
        kind="paragraph",
        spans=(
            Span(text="This is the "),
            Span(text="roberta-base", code=True),
            Span(text=" model, fine-tuned with "),
            Span(text="SQuAD 2.0", strong=True, link="https://huggingface.co/datasets/squad_v2"),
            Span(text=". It was trained on pairs of questions and answers, including questions without one."),
        ),
    ),
    Block(kind="heading", level=2, spans=(Span(text="How well it does"),)),
    Block(kind="table", rows=(("Measure", "Value"), ("exact", "79.87"), ("f1", "82.91"), ("total", "11873"))),
    Block(kind="heading", level=2, spans=(Span(text="Limits"),)),
    Block(kind="item", level=0, spans=(Span(text="English only."),)),
    Block(kind="item", level=0, spans=(Span(text="Answers are cut out of the text, word for word."),)),
    Block(kind="rule"),
    Block(kind="code", spans=(Span(text='pipeline("question-answering", model="deepset/roberta-base-squad2")'),)),
    Block(kind="paragraph", spans=(Span(text="<b>No markup</b> <img src=https://example.org/a.png> is read here."),)),
)


def told(state: State, request: ModelsWork | Download, *events: AnyEvent) -> State:
    """After ``request`` was asked and answered by ``events``."""
    state = run_state.asked(state, request)
    for event in events:
        state = run_state.apply(state, msgspec.structs.replace(event, id=request.id), 0.0)
    return state


def own(state: State) -> State:
    """The program's own list, as an empty search shows it."""
    return told(state, SearchHub(id="s"), HubFound(models=OWN, own=True), Finished())


def results(state: State, count: int = 30, cursor: str = "next") -> State:
    query = SearchHub(id="s", words="reviews")
    return told(state, query, HubFound(models=tuple(map(one, range(count))), cursor=cursor), Finished())


def looked(state: State, model: HubModel = OWN[1], files: int = 8) -> State:
    found = HubLooked(model=model, commit="a" * 40, files=files, tasks=(model.task,), page=page_of(model.repo))
    state = told(state, LookAtHub(id="l", ref=model.repo), found, Finished())
    return told(state, ReadCard(id="c", ref=model.repo), CardRead(blocks=CARD), Finished())


def page_of(repo: str) -> str:
    return f"https://huggingface.co/{repo}"


LOCAL = (
    LocalModel(
        ref="starter", name="all-MiniLM-L6-v2", place="starter", folder="/opt/fastpath/starter", family="bert",
        task="sentence-similarity", licence="apache-2.0", size_bytes=91 * MB, last_used_s=1_796_000_000,
        prepared_bytes=93 * MB, content_key="k1",
    ),
    LocalModel(
        ref="csarron/bert-base-uncased-squad-v1", name="csarron/bert-base-uncased-squad-v1", place="cache",
        folder="/home/ada/.cache/huggingface/hub/models--csarron/snapshots/1", commit="d" * 40, family="bert",
        task="question-answering", licence="mit", size_bytes=438 * MB, frees_bytes=438 * MB, last_used_s=1_795_900_000,
        prepared_bytes=110 * MB, content_key="k2",
    ),
    LocalModel(
        ref="org/half", name="org/half", place="cache", folder="/home/ada/.cache/huggingface/hub/models--org--half",
        family="bert", size_bytes=12 * MB, frees_bytes=12 * MB, whole=False, reason="model.safetensors is missing.",
    ),
    LocalModel(
        ref="/home/ada/models/tickets", name="tickets", place="folder", folder="/home/ada/models/tickets",
        family="distilbert", task="text-classification", size_bytes=268 * MB,
    ),
)  # fmt: skip


def local(state: State, models: Sequence[LocalModel] = LOCAL, reason: str = "") -> State:
    listed = ModelsListed(
        models=tuple(models), cache="/home/ada/.cache/huggingface/hub", free_bytes=181 * GB, reason=reason
    )
    return told(state, ListModels(id="m"), listed, Finished())


def downloading(state: State) -> State:
    """One that goes on, one that asks, one that is paused, one that failed."""
    state = told(
        state,
        Download(id="d1", ref=SQUAD),
        Downloading(file="model.safetensors", done_bytes=231 * MB, total_bytes=496 * MB, bytes_per_s=9.1e6, left_s=29),
    )
    state = told(state, Download(id="d2", ref="bert-base-uncased"))
    pending = (
        PendingDownload(ref="org/large", state="paused", done_bytes=1_200 * MB, total_bytes=4_100 * MB),
        PendingDownload(
            ref="org/reviews", state="failed", done_bytes=80 * MB, total_bytes=268 * MB, failure="The disk is full."
        ),
    )
    return told(state, ListDownloads(id="p"), DownloadsListed(downloads=pending), Finished())


def search_failed(state: State) -> State:
    failure = failure_of(TimedOut("The Hub did not answer within 10 s.", "Search again.", details="ReadTimeout: ..."))
    return told(state, SearchHub(id="s", words="reviews"), Failed(failure=failure))


def card_failed(state: State, repo: str = SQUAD) -> State:
    failure = failure_of(Offline("The Hub could not be reached."))
    state = told(state, LookAtHub(id="l", ref=repo), Failed(failure=failure))
    return told(state, ReadCard(id="c", ref=repo), Failed(failure=failure))


def signed_in(state: State) -> State:
    return told(state, LookAtToken(id="t"), TokenTold(place="keyring", account="ada", keyring=True), Finished())


def not_signed_in(state: State) -> State:
    return told(state, LookAtToken(id="t"), TokenTold(place="none", keyring=False), Finished())


def newer_unknown(state: State) -> State:
    """It was asked for, and could not be found out."""
    failure = failure_of(Offline("The list of versions is not where it should be.", "Look at the program's page."))
    return told(state, CheckForUpdate(id="u"), Failed(failure=failure))


def newer(state: State) -> State:
    page = "https://fastpath.example.org/releases/0.2.0"
    return told(state, CheckForUpdate(id="u"), UpdateTold(version="0.2.0", newer=True, page=page), Finished())


def choose(window: MainWindow, repo: str) -> None:
    """Selects a model that was found, as a person does."""
    window.models_page.show_part(0)
    window.models_page.hub.list.select(repo)


def choose_local(window: MainWindow, place: int) -> None:
    """Selects a model of this computer."""
    page = window.models_page
    page.show_part(1)
    page.local.list.setCurrentIndex(page.local.list.model_rows.index(place, 0))
