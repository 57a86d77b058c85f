"""Models of the Hub by words and filters, and one of them more closely."""

import contextlib
import dataclasses
from collections.abc import Iterator

import msgspec

from engine.cpu import read as cpu
from engine.library import good_models, judge
from engine.models import card
from engine.models.hub import address, choose, listing, peek, query, surroundings, token
from engine.models.hub.address import Address
from engine.models.hub.exchange import Exchange
from engine.models.hub.halt import Halt
from engine.models.hub.patience import Patience
from engine.models.resolve import named_at
from engine.wire.errors import FastpathError, ModelNotFound
from engine.wire.hub import HubModel
from engine.wire.messages import HubFound, HubLooked, LookAtHub, SearchHub

_PAGES_A_SEARCH = 5
"""So many are asked for where filters that only this computer can judge leave little."""

_ENOUGH = 15


def search(request: SearchHub, halt: Halt) -> HubFound:
    """Raises Offline, TimedOut, SignInNeeded, ModelNotFound (an address that leads to no model), BadInput, Stopped."""
    if _is_empty(request):
        return HubFound(models=good_models.listed(), own=True)
    surroundings.require_network()
    endpoint = surroundings.endpoint()
    words = query.cleaned(request.words)
    if not request.cursor and "/" in words and (wanted := address.parse(words, endpoint)):
        is_address = "://" in words or words.partition("/")[0].lower() in address.HOSTS
        with contextlib.ExitStack() as stack:
            if not is_address:  # it may be words with a slash as well
                stack.enter_context(contextlib.suppress(ModelNotFound))
            return _one(wanted, halt)
    wanted_page = query.Query(
        request.words, request.author, request.task, request.licence, request.weights, request.sort
    )
    url = query.page_of(endpoint, request.cursor) if request.cursor else query.first_page(endpoint, wanted_page)
    return _pages(request, url, halt)


def _is_empty(request: SearchHub) -> bool:
    asked = (
        query.cleaned(request.words),
        query.cleaned(request.author),
        request.task,
        request.licence,
        request.weights,
    )
    return not any((*asked, request.mode, request.fits, request.most_bytes, request.cursor))


def _one(wanted: Address, halt: Halt) -> HubFound:
    with exchange_about(wanted.repo, named_at(wanted), halt) as (exchange, patience):
        entry = query.one(exchange, wanted.revision, patience)
    return HubFound(models=(judge.judged(entry, signed_in=bool(token.current())),))


def _pages(request: SearchHub, url: str, halt: Halt) -> HubFound:
    found: list[HubModel] = []
    signed_in, free_bytes = bool(token.current()), cpu.memory_free_bytes()
    with exchange_about("", "list of models", halt) as (exchange, patience):
        for _ in range(_PAGES_A_SEARCH):
            entries, following = query.search(exchange, url, patience)
            models = (judge.judged(entry, signed_in=signed_in, free_bytes=free_bytes) for entry in entries)
            found += [model for model in models if _is_wanted(model, request)]
            url = following
            if not url or len(found) >= _ENOUGH:
                break
    return HubFound(models=tuple(found), cursor=query.cursor_of(surroundings.endpoint(), url))


def _is_wanted(model: HubModel, request: SearchHub) -> bool:
    """What the Hub could not judge, or does not keep to."""
    if request.weights and model.weights not in ("", request.weights):
        return False
    if request.most_bytes and (model.download_bytes or 0) > request.most_bytes:
        return False
    return (not request.fits or model.fits) and (not request.mode or (request.mode in model.modes and not model.reason))


def look(request: LookAtHub, halt: Halt) -> HubLooked:
    """Raises as ``search``, and ModelNotFound, ModelGated for what not even the list of its files is told of."""
    surroundings.require_network()
    endpoint = surroundings.endpoint()
    wanted = address.parse(request.ref, endpoint)
    if wanted is None:
        raise ModelNotFound(f"“{request.ref[:200]}” is not the name of a model on the Hub.", "Check the name.")
    with exchange_about(wanted.repo, named_at(wanted), halt) as (exchange, patience):
        entry = query.one(exchange, wanted.revision, patience)
        commit = entry.sha or listing.commit(exchange, wanted.revision, patience)
        listed = listing.files(exchange, commit, patience)
        entry = dataclasses.replace(entry, files=frozenset(file.path for file in listed))
        found = judge.judged(entry, signed_in=bool(token.current()))
        try:
            chosen = choose.choose(named_at(wanted), listed, with_weights=True)
            config = peek.config(exchange, commit, chosen, patience)
            counts = peek.parameters(exchange, commit, chosen, config, patience) or entry.parameters
        except FastpathError as error:
            if isinstance(error, peek.PASSING):
                raise
            chosen, config, counts = [], entry.config, entry.parameters
            found = msgspec.structs.replace(found, reason=found.reason or error.what_happened)
    entry = dataclasses.replace(entry, config=config, parameters=counts)
    return _looked(entry, found, commit, chosen)


def _looked(entry: query.Entry, found: HubModel, commit: str, chosen: list[listing.Listed]) -> HubLooked:
    closer = judge.judged(entry, signed_in=True)
    facts = judge.facts_of(entry, entry.config, closer.weights)
    size_bytes = sum(file.size_bytes for file in chosen)
    if not facts.parameters:
        facts = msgspec.structs.replace(facts, size_bytes=size_bytes)
    model = msgspec.structs.replace(
        closer,
        reason=found.reason or closer.reason,
        download_bytes=min(size_bytes, judge.MOST) or None,
        memory_needed_bytes=(
            min(card.memory_needed_bytes(facts), judge.MOST) if facts.parameters or size_bytes else None
        ),
    )
    page = f"{surroundings.endpoint()}/{entry.repo}"
    return HubLooked(model=model, commit=commit, files=len(chosen), tasks=facts.tasks, page=page)


@contextlib.contextmanager
def exchange_about(repo: str, model: str, halt: Halt) -> Iterator[tuple[Exchange, Patience]]:
    """A short conversation with the endpoint that gives up soon, and its patience. ``model``: its name for people."""
    exchange = Exchange(surroundings.endpoint(), token.current(), repo, model, halt, query.QUICK)
    with contextlib.closing(exchange):
        yield exchange, Patience(query.QUICK, halt, lambda text: None)
