"""Installing, repairing and removing a runtime, with real child processes: whole, or nothing that looks like it."""

import shutil
from pathlib import Path

import pytest

from engine.runtimes import installing, ipex
from engine.runtimes.halting import Halt
from engine.runtimes.place import MANIFEST, Place
from engine.wire.errors import DiskFull, EngineBusy, FastpathError, ModeUnavailable, Offline
from engine.wire.messages import Installing
from tests.engine.runtimes.standing_in import SIZES, StandIn

USABLE = ("avx2",)


def install(stand_in: StandIn, place: Place) -> list[Installing]:
    told: list[Installing] = []
    installing.install(stand_in.recipe(), place, Halt(), told.append)
    return told


def failing(stand_in: StandIn, place: Place) -> FastpathError:
    with pytest.raises(FastpathError) as caught:
        install(stand_in, place)
    return caught.value


def assert_nothing_there(place: Place) -> None:
    assert not place.folder.exists()
    assert ipex.card(USABLE).state == "not installed"


def test_installed_it_is_whole_and_holds_own_code(stand_in: StandIn, place: Place) -> None:
    assert ipex.card(USABLE).state == "not installed"
    told = install(stand_in, place)
    card = ipex.card(USABLE)

    assert (card.state, card.reason) == ("installed", "")
    assert card.versions == {"torch": "2.8.0", "intel-extension-for-pytorch": "2.8.0"}
    assert card.used_bytes > 0
    assert place.packages is not None
    assert (place.packages / "engine/work.py").is_file()
    assert not (place.packages / "gui").exists()
    assert not place.downloads.exists()
    assert ipex.interpreter() == place.python
    steps = [event.step for event in told]
    assert steps.index("Creating the environment") < steps.index("Downloading torch") < len(steps) - 1


def test_progress_counts_all_bytes_once(stand_in: StandIn, place: Place) -> None:
    told = [event for event in install(stand_in, place) if event.step.startswith("Downloading")]
    totals = {event.total_bytes for event in told}

    assert totals == {sum(SIZES.values()) + 1000 * len(ipex.light())}
    assert all(event.done_bytes <= event.total_bytes for event in told)
    assert [event.done_bytes for event in told] == sorted(event.done_bytes for event in told)


@pytest.mark.parametrize("answers", [True, False])
def test_pytorchs_own_index_serves_where_it_answers(stand_in: StandIn, place: Place, answers: bool) -> None:
    stand_in.behave(cpu_index=answers)
    install(stand_in, place)
    manifest = place.manifest()

    assert manifest is not None
    assert manifest.packages["torch"] == ("2.8.0+cpu" if answers else "2.8.0")
    assert ipex.card(USABLE).state == "installed"


def test_index_that_answers_and_has_nothing_gives_way_to_plain_wheels(stand_in: StandIn, place: Place) -> None:
    stand_in.behave(cpu_index=True, look_up="from versions: none")

    assert isinstance(failing(stand_in, place), Offline)
    assert [any("+cpu" in word for word in words) for words in stand_in.asked("install")[1:]] == [True, False]


@pytest.mark.parametrize(
    ("step", "words", "kind"),
    [
        ("venv", "The virtual environment was not created: ensurepip is not available.", ModeUnavailable),
        ("pip", "Failed to establish a new connection: Name or service not known", Offline),
        ("look_up", "NewConnectionError", Offline),
        ("look_up", "ResolutionImpossible", ModeUnavailable),
        ("download_torch", "ERROR: [Errno 28] No space left on device", DiskFull),
        ("download_torch", "Read timed out.", Offline),
        ("unpack", "OSError: [Errno 28] No space left on device", DiskFull),
    ],
)
def test_failure_is_told_and_leaves_nothing(
    stand_in: StandIn, place: Place, step: str, words: str, kind: type[FastpathError]
) -> None:
    stand_in.behave(**{step: words})
    error = failing(stand_in, place)

    assert type(error) is kind
    assert words in error.details
    assert error.what_to_do
    assert_nothing_there(place)


@pytest.mark.parametrize("free_bytes", [0, 600_000_000])
def test_without_room_nothing_is_begun(
    stand_in: StandIn, place: Place, monkeypatch: pytest.MonkeyPatch, free_bytes: int
) -> None:
    monkeypatch.setattr(installing, "free_bytes", lambda folder: free_bytes)

    assert isinstance(failing(stand_in, place), DiskFull)
    assert_nothing_there(place)
    assert stand_in.asked("download") == []


def test_room_that_others_take_meanwhile_ends_it(
    stand_in: StandIn, place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    stand_in.behave(download_torch="hang")
    looks = iter([10**12] * 6)
    monkeypatch.setattr(installing, "free_bytes", lambda folder: next(looks, 1000))

    assert isinstance(failing(stand_in, place), DiskFull)
    assert_nothing_there(place)


def test_what_was_fetched_is_not_fetched_again(stand_in: StandIn, place: Place) -> None:
    stand_in.behave(download_torch="Read timed out.")
    failing(stand_in, place)

    assert len(list((place.downloads / "wheels").glob("*.whl"))) == 1 + len(ipex.light())
    stand_in.behave()
    install(stand_in, place)
    assert ipex.card(USABLE).state == "installed"


def test_failed_self_check_is_damage_and_repair_needs_no_download(stand_in: StandIn, place: Place) -> None:
    stand_in.behave(self__check="Segmentation fault")
    error = failing(stand_in, place)

    assert "self-check" in error.what_happened
    assert "Segmentation fault" in error.details
    assert (ipex.card(USABLE).state, ipex.card(USABLE).reason) == ("damaged", "Its self-check failed.")
    with pytest.raises(ModeUnavailable):
        ipex.interpreter()
    stand_in.behave()
    stand_in.forget()
    install(stand_in, place)
    assert ipex.card(USABLE).state == "installed"
    assert stand_in.asked("download") == []


def test_lost_file_is_damage_and_repair_fetches_that_package_alone(stand_in: StandIn, place: Place) -> None:
    install(stand_in, place)
    assert place.packages is not None
    (place.packages / "torch/__init__.py").unlink()
    stand_in.forget()

    assert ipex.note_damage(place)
    assert "torch" in ipex.card(USABLE).reason
    with pytest.raises(ModeUnavailable):
        ipex.interpreter()
    install(stand_in, place)
    assert ipex.card(USABLE).state == "installed"
    assert [words[-1] for words in stand_in.asked("download")] == ["torch==2.8.0"]
    assert (place.packages / "torch/__init__.py").is_file()


def test_another_version_is_damage_seen_at_once(stand_in: StandIn, place: Place) -> None:
    install(stand_in, place)
    assert place.packages is not None
    (place.packages / "torch-2.8.0.dist-info").rename(place.packages / "torch-2.9.0.dist-info")

    assert "torch" in (ipex.damage(place) or "")
    install(stand_in, place)
    assert ipex.damage(place) == ""


def test_made_for_other_versions_it_is_made_anew(
    stand_in: StandIn, place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    install(stand_in, place)
    monkeypatch.setattr(ipex, "light", lambda: {"transformers": "9.9"})

    assert "transformers" in (ipex.damage(place) or "")
    install(stand_in, place)
    assert ipex.damage(place) == ""


@pytest.mark.parametrize("content", [b"", b"{", b'{"python": 5}'])
def test_unreadable_manifest_is_damage_and_all_is_made_anew(stand_in: StandIn, place: Place, content: bytes) -> None:
    install(stand_in, place)
    (place.folder / MANIFEST).write_bytes(content)

    assert ipex.card(USABLE).state == "damaged"
    install(stand_in, place)
    assert ipex.card(USABLE).state == "installed"


def test_lost_interpreter_is_damage_and_all_is_made_anew(stand_in: StandIn, place: Place) -> None:
    install(stand_in, place)
    place.python.unlink()

    assert "Python" in ipex.card(USABLE).reason
    install(stand_in, place)
    assert ipex.card(USABLE).state == "installed"


def test_repair_that_fails_leaves_it_damaged(stand_in: StandIn, place: Place) -> None:
    install(stand_in, place)
    assert place.packages is not None
    shutil.rmtree(place.packages / "torch-2.8.0.dist-info")
    stand_in.behave(download_torch="Read timed out.")

    assert isinstance(failing(stand_in, place), Offline)
    assert ipex.card(USABLE).state == "damaged"


def test_half_made_one_is_no_runtime_and_is_swept(stand_in: StandIn, place: Place) -> None:
    (place.folder / "bin").mkdir(parents=True)
    (place.folder / "bin/python").write_text("half")

    assert ipex.card(USABLE).state == "not installed"
    install(stand_in, place)
    assert ipex.card(USABLE).state == "installed"
    assert not list(place.home.glob("*gone*"))


def test_removed_it_is_gone_with_all_that_was_downloaded(stand_in: StandIn, place: Place) -> None:
    install(stand_in, place)
    place.downloads.mkdir()
    installing.remove(place)

    assert_nothing_there(place)
    assert [entry.name for entry in place.home.iterdir()] == ["ipex.lock"]
    installing.remove(place)


def test_two_do_not_work_on_it_at_once(stand_in: StandIn, place: Place) -> None:
    with place.working():
        assert isinstance(failing(stand_in, place), EngineBusy)
        with pytest.raises(EngineBusy):
            installing.remove(place)


@pytest.mark.parametrize(
    ("usable", "system", "machine", "word"),
    [
        (("avx2",), "linux", "x86_64", ""),
        (("sse4_2",), "linux", "x86_64", "AVX2"),
        (("avx2",), "win32", "AMD64", "Linux"),
        (("avx2",), "darwin", "x86_64", "Linux"),
        ((), "linux", "aarch64", "x86-64"),
    ],
)
def test_where_it_can_never_run_is_told(usable: tuple[str, ...], system: str, machine: str, word: str) -> None:
    found = ipex.obstacle(usable, system, machine)

    assert (word in found) if word else found == ""


def test_card_says_why_it_cannot_run_here(own_home: Path) -> None:
    card = ipex.card(())

    assert (card.state, card.download_bytes) == ("cannot run here", 0)
    assert card.reason
