"""The role ``desk``: describes modes, tasks, CPU and models. No torch; alone has network and token."""

import contextlib
import logging
import os
from collections.abc import Callable
from pathlib import Path

import msgspec

from engine import folders, report
from engine.all_modes import MODES
from engine.all_tasks import TASKS
from engine.cpu import needs
from engine.cpu import read as cpu
from engine.library.work import Library
from engine.measure import peaks
from engine.mode import Mode, Unavailable
from engine.models import look, pickled
from engine.models.card import card
from engine.models.facts import ModelFacts
from engine.models.hub import surroundings
from engine.models.resolve import resolve, resolve_tokenizer
from engine.report import script
from engine.runtimes.worker import RuntimeWork
from engine.store import consents, picks, seen, storage
from engine.store.artefacts import Shelf
from engine.store.history import worker as history
from engine.wire import codec
from engine.wire.channel import Channel, drained
from engine.wire.errors import BadInput, failure_of
from engine.wire.messages import (
    PROTOCOL,
    Allow,
    Catalogue,
    Consents,
    Describe,
    Described,
    Download,
    Event,
    Failed,
    Finished,
    FreeUp,
    HistoryWork,
    InstallRuntime,
    ListConsents,
    ListRuntimes,
    ModelsWork,
    Ready,
    RemoveRuntime,
    Reported,
    Revoke,
    SaveReport,
    Script,
    Stop,
    Storage,
    Stored,
    WriteScript,
)
from engine.wire.values import Cell, Cpu, ModeCard

_log = logging.getLogger(__name__)


def serve(channel: Channel) -> None:
    """Says what there is, then answers requests until the parent lets go."""

    def send(event: Event) -> None:
        with contextlib.suppress(OSError):  # the parent is gone: read_lines ends the loop
            channel.send(codec.encode(event))

    send(Ready(protocol=PROTOCOL, role="desk", pid=os.getpid()))
    facts = cpu.facts()
    send(_catalogue(facts))
    library = Library(send)
    usable = frozenset(feature.id for feature in facts.features if feature.usable)
    runtimes = RuntimeWork(send, usable, surroundings.require_network, lambda: send(_catalogue(facts)))
    inbox = drained(channel)
    with contextlib.suppress(OSError):
        while (lines := inbox.get()) is not None:
            for line in lines:
                try:
                    request = codec.decode_request(line)
                except codec.Unreadable as error:
                    _log.error("unreadable request: %s", error)
                    if error.id:
                        send(Failed(id=error.id, failure=failure_of(error)))
                    continue
                if isinstance(request, Describe):
                    send(_described(request, cpu.signature(facts), send))
                elif isinstance(request, ListConsents | Allow | Revoke):
                    send(_consents(request, send))
                elif isinstance(request, Storage | FreeUp):
                    send(_stored(request, send))
                elif isinstance(request, SaveReport | WriteScript):
                    send(_reported(request, send))
                elif isinstance(request, HistoryWork):
                    send(history.answer(request, send))
                elif isinstance(request, Download | ModelsWork):
                    library.add(request)
                elif isinstance(request, ListRuntimes | InstallRuntime | RemoveRuntime):
                    runtimes.add(request)
                elif isinstance(request, Stop):
                    library.stop(request.id)
                    runtimes.stop(request.id)


def _catalogue(facts: Cpu) -> Catalogue:
    return Catalogue(
        modes=tuple(_card(mode, facts) for mode in MODES.values()),
        tasks=tuple(task.card for task in TASKS.values()),
        cpu=facts,
        threads=cpu.default_threads(facts),
        peaks=tuple(one.told() for one in peaks.known(cpu.signature(facts))),
    )


def _card(mode: Mode, facts: Cpu) -> ModeCard:
    obstacle = needs.obstacle(facts)
    missing = Unavailable(obstacle, needs.REMEDY) if obstacle else mode.available()
    if missing is None:
        return mode.card
    return msgspec.structs.replace(mode.card, available=False, reason=missing.reason, remedy=missing.remedy)


def _described(request: Describe, cpu_signature: str, send: Callable[[Event], None]) -> Finished | Failed:
    try:
        facts = look.look(resolve(request.ref))
        seen.note(facts.folder, facts.content_key)
        found_card = card(request.ref, facts, cpu.memory_free_bytes())
        if found_card.consent and consents.is_allowed(pickled.digest(facts.folder, facts.weights_files)):
            found_card = msgspec.structs.replace(found_card, consent="")
        tokenizer = str(resolve_tokenizer(request.tokenizer)) if request.tokenizer else ""
        if tokenizer:
            look.look_at_tokenizer(Path(tokenizer))
        found = tuple(cells(facts, cpu_signature))
        known = picks.find(picks.model_key(facts.content_key, tokenizer), cpu_signature, facts.tasks)
        send(Described(id=request.id, model=found_card, cells=found, tokenizer_folder=tokenizer, picks=known))
        return Finished(id=request.id)
    except Exception as error:  # noqa: BLE001 - whatever a library raises, the client must hear of an end
        return Failed(id=request.id, failure=failure_of(error))


def _consents(request: ListConsents | Allow | Revoke, send: Callable[[Event], None]) -> Finished | Failed:
    try:
        if isinstance(request, Allow):
            facts = look.look(Path(request.folder))
            if facts.weights != "pickle":
                raise BadInput(f"{facts.folder.name} has no pickled weights to allow.", "Just run it.")
            consents.allow(request.ref, facts.folder, pickled.digest(facts.folder, facts.weights_files))
        elif isinstance(request, Revoke):
            consents.revoke(request.weights_sha256)
        send(Consents(id=request.id, consents=consents.listed()))
        return Finished(id=request.id)
    except Exception as error:  # noqa: BLE001 - whatever the file system raises, the client must hear of an end
        return Failed(id=request.id, failure=failure_of(error))


def _stored(request: Storage | FreeUp, send: Callable[[Event], None]) -> Finished | Failed:
    try:
        if isinstance(request, FreeUp):
            storage.free_up()
        send(Stored(id=request.id, folder=str(folders.home()), parts=storage.parts()))
        return Finished(id=request.id)
    except Exception as error:  # noqa: BLE001 - whatever the file system raises, the client must hear of an end
        return Failed(id=request.id, failure=failure_of(error))


def _reported(request: SaveReport | WriteScript, send: Callable[[Event], None]) -> Finished | Failed:
    try:
        if isinstance(request, SaveReport):
            send(Reported(id=request.id, path=str(report.save(request))))
        else:
            text, note = script.write(request.comparison, request.number)
            send(Script(id=request.id, text=text, note=note))
        return Finished(id=request.id)
    except Exception as error:  # noqa: BLE001 - whatever a library raises, the client must hear of an end
        return Failed(id=request.id, failure=failure_of(error))


def cells(facts: ModelFacts, cpu_signature: str) -> list[Cell]:
    """Each mode and precision against this model. Light: judged from the model's files."""
    auto_class = TASKS[facts.tasks[0]].auto_class
    prepared = Shelf(f"{facts.content_key} {auto_class}", cpu_signature).prepared()
    found = []
    for mode_id, mode in MODES.items():
        for precision in mode.card.precisions:
            fit = mode.fits(facts, precision.id)
            ready = fit.verdict != "no" and (mode_id, precision.id) in prepared
            found.append(
                Cell(
                    mode=mode_id,
                    precision=precision.id,
                    verdict=fit.verdict,
                    reason=fit.reason,
                    prepared="cached" if ready else "no",
                )
            )
    return found
