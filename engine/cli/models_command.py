"""``fastpath models``: models of the Hub and on this computer. ``fastpath download``: one of the Hub, brought here."""

import sys
from collections.abc import Callable
from typing import Annotated, Any, TypeVar

import typer

from engine.cli import documents, tables
from engine.cli.command import Json, failures, talking
from engine.cli.conversation import Conversation, progress
from engine.cli.download_line import DownloadLine
from engine.cli.output import print_json
from engine.wire.errors import BadInput
from engine.wire.hub import Block, HubModel, LocalModel
from engine.wire.messages import (
    AnyEvent,
    AnyRequest,
    CardRead,
    DeleteModel,
    Download,
    Downloaded,
    Event,
    HubFound,
    HubLooked,
    ListModels,
    LookAtHub,
    LookAtToken,
    ModelsListed,
    ReadCard,
    SearchHub,
    SetToken,
    TokenTold,
)

Found = TypeVar("Found", bound=Event)
Ref = Annotated[str, typer.Argument(help="A Hub id or address, such as org/name or org/name@revision.")]

models_app = typer.Typer(help="Models of the Hub, and those on this computer.", no_args_is_help=True)


@models_app.command("search")
def search_command(
    words: Annotated[list[str] | None, typer.Argument(help="Free words; without any, good first models.")] = None,
    author: Annotated[str, typer.Option(help="Only of this person or organisation.")] = "",
    task: Annotated[str, typer.Option(help="Only for this task, by the Hub's names.")] = "",
    licence: Annotated[str, typer.Option("--licence", "--license", help="Only under this licence, such as mit.")] = "",
    mode: Annotated[str, typer.Option(help="Only such as this mode takes.")] = "",
    fits: Annotated[bool, typer.Option("--fits", help="Only such as the free memory holds.")] = False,
    most_mb: Annotated[int, typer.Option(help="Only such whose weights take at most so many MB.", min=0)] = 0,
    as_json: Json = False,
) -> None:
    """Models of the Hub by words and filters, the most downloaded first."""
    asked = " ".join(words or ())
    with talking(as_json) as talk:
        found = _asked(
            talk,
            HubFound,
            lambda name: SearchHub(
                id=name,
                words=asked,
                author=author,
                task=task,
                licence=licence,
                mode=mode,
                fits=fits,
                most_bytes=most_mb * 1_000_000,
            ),
        )
        if as_json:
            print_json(_document(models=[_model(one) for one in found.models], own=found.own, more=bool(found.cursor)))
            return
        rows = (
            (one.repo, one.task, _count(one.parameters), _size(one.download_bytes), _state(one)) for one in found.models
        )
        tables.show_table(("model", "task", "parameters", "download", ""), rows)


@models_app.command("list")
def list_command(as_json: Json = False) -> None:
    """What is on this computer, with what each takes and what deleting it gives back."""
    with talking(as_json) as talk:
        _show_local(_asked(talk, ModelsListed, lambda name: ListModels(id=name)), as_json)


@models_app.command("delete")
def delete_command(
    ref: Annotated[str, typer.Argument(help="As 'fastpath models list' names it.")],
    prepared: Annotated[
        bool, typer.Option("--prepared", help="Only what accelerations prepared of it; the model stays.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Deletes a model of the shared cache and what was prepared of it. Folders of your own are never touched."""
    with talking(as_json) as talk:
        listed = _asked(talk, ModelsListed, lambda name: ListModels(id=name))
        model = next((one for one in listed.models if one.ref == ref), None)
        if model is None:
            raise BadInput(f"No model on this computer is named {ref}.", "See 'fastpath models list'.")
        left = _asked(
            talk,
            ModelsListed,
            lambda name: DeleteModel(
                id=name,
                ref=ref,
                folder=model.folder,
                content_key=model.content_key,
                part="prepared" if prepared else "model",
            ),
        )
        _show_local(left, as_json)


@models_app.command("look")
def look_command(ref: Ref, as_json: Json = False) -> None:
    """One model of the Hub before anything of it is downloaded: size, memory, licence, where it runs."""
    with talking(as_json) as talk:
        found = _asked(talk, HubLooked, lambda name: LookAtHub(id=name, ref=ref))
        if as_json:
            more = {"commit": found.commit, "files": found.files, "tasks": found.tasks, "page": found.page}
            print_json(_document(model=_model(found.model) | more))
            return
        model = found.model
        rows = [
            ("model", model.repo),
            ("version", found.commit),
            ("family", model.family),
            ("tasks here", ", ".join(found.tasks)),
            ("licence", model.licence),
            ("weights", model.weights),
            ("parameters", _count(model.parameters)),
            ("to download", f"{_size(model.download_bytes)} in {found.files} files"),
            ("memory needed", f"{_size(model.memory_needed_bytes)}, {_size(model.memory_free_bytes)} are free"),
            ("runs in", ", ".join(model.modes)),
            ("", _state(model)),
            ("page", found.page),
        ]
        tables.show_table(("", ""), (row for row in rows if row[1]))


@models_app.command("card")
def card_command(ref: Ref, as_json: Json = False) -> None:
    """A model's card as plain text, from this computer where it is there, else from the Hub."""
    with talking(as_json) as talk:
        found = _asked(talk, CardRead, lambda name: ReadCard(id=name, ref=ref))
        if as_json:
            print_json(_document(blocks=[documents.complete(block) for block in found.blocks], cut=found.cut))
            return
        for block in found.blocks:
            _show_block(block)
        if found.cut:
            progress.print("The card is longer; this is its beginning.")


@models_app.command("token")
def token_command(
    set_it: Annotated[bool, typer.Option("--set", help="Keep the token that standard input holds.")] = False,
    remove: Annotated[bool, typer.Option("--remove", help="Forget the one that is kept.")] = False,
    as_json: Json = False,
) -> None:
    """Whether there is an access token of the Hub, and where. It goes into the system's keyring, and is never shown."""
    with failures(as_json):
        given = sys.stdin.readline().strip() if set_it else ""
        if set_it and not given:
            raise BadInput("Standard input holds no token.", "Pipe it in, or type it and press Enter.")
    with talking(as_json) as talk:
        ask: Callable[[str], AnyRequest] = (
            (lambda name: SetToken(id=name, token=given)) if set_it or remove else (lambda name: LookAtToken(id=name))
        )
        found = _asked(talk, TokenTold, ask)
        if as_json:
            print_json(_document(place=found.place, account=found.account, keyring=found.keyring))
            return
        tables.show(f"Token: {found.place}" + (f", of {found.account}" if found.account else ""))
        if found.place == "session":
            progress.print("This system has no keyring, so that it is kept only while a program runs. Set HF_TOKEN.")


def download_command(
    ref: Ref,
    tokenizer: Annotated[bool, typer.Option("--tokenizer", help="Leave the weights out.")] = False,
    as_json: Json = False,
) -> None:
    """Brings a model of the Hub into the shared cache. Stop with Ctrl+C; the next time it goes on from there."""
    with talking(as_json) as talk, DownloadLine(progress, ref) as line:
        found = _asked(
            talk,
            Downloaded,
            lambda name: Download(id=name, ref=ref, part="tokenizer" if tokenizer else "model"),
            line.hear,
        )
        if as_json:
            print_json(_document(ref=ref, folder=found.folder, commit=found.commit))
        else:
            tables.show(found.folder)


def _asked(
    talk: Conversation,
    kind: type[Found],
    make: Callable[[str], AnyRequest],
    hear: Callable[[AnyEvent], None] = lambda event: None,
) -> Found:
    found: list[Found] = []

    def keep(event: AnyEvent) -> None:
        hear(event)
        if isinstance(event, kind):
            found.append(event)

    talk.ask(make, keep)
    return found[-1]


def _document(**fields: Any) -> dict[str, Any]:
    return {"schema": documents.SCHEMA, **fields}


def _model(model: HubModel) -> dict[str, Any]:
    return {**documents.complete(model), "fits": model.fits}


def _show_local(listed: ModelsListed, as_json: bool) -> None:
    if as_json:
        models = [documents.complete(model) for model in listed.models]
        print_json(_document(models=models, cache=listed.cache, free_bytes=listed.free_bytes, reason=listed.reason))
        return
    tables.show_table(("model", "family", "size", "deleting frees", "prepared", ""), map(_local_row, listed.models))
    if listed.reason:
        progress.print(listed.reason)


def _local_row(model: LocalModel) -> tuple[str, ...]:
    sizes = (_size(model.size_bytes), _size(model.frees_bytes or None), _size(model.prepared_bytes or None))
    return model.ref, model.family, *sizes, model.reason


def _show_block(block: Block) -> None:
    if block.kind == "table":
        head, *rows = block.rows or ((),)
        tables.show_table(head, (row[: len(head)] for row in rows))
        return
    text = "".join(
        f"{span.text} ({span.link})" if span.link and span.link != span.text else span.text for span in block.spans
    )
    before = {"heading": "#" * block.level + " ", "item": "  " * block.level + "- "}.get(block.kind, "")
    tables.show("-" * 20 if block.kind == "rule" else before + text)


def _state(model: HubModel) -> str:
    """What a person should know before a download."""
    if model.here:
        return "on this computer"
    return model.reason or ("" if model.fits else "needs more memory than is free") or model.why


def _count(number: int | None) -> str:
    return "-" if number is None else f"{tables.number(number / 1e6)} M"


def _size(count_bytes: int | None) -> str:
    return "-" if count_bytes is None else f"{tables.number(count_bytes / 1e6)} MB"
