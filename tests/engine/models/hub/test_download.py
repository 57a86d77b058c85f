"""Downloads that go well: what is left is what other programs find; progress, stopping, two at once."""

import os
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from huggingface_hub import snapshot_download, try_to_load_from_cache

from engine.models.card import card
from engine.models.hub import download
from engine.models.hub.halt import Halt
from engine.models.hub.listing import Listed
from engine.models.hub.patience import Limits
from engine.models.hub.place import Place
from engine.models.look import look
from engine.models.resolve import resolve, resolve_tokenizer
from engine.wire import errors
from engine.wire.messages import Downloading, Notice
from tests.engine.models.folders import weights
from tests.engine.models.hub.asking import NEEDED, files_under, ranges
from tests.engine.models.hub.conftest import WEIGHTS, Got
from tests.hub_server import COMMIT, Hub, Repo

OTHER = "b" * 40


def test_other_programs_find_every_file_in_the_shared_cache(cache: Path, repo: Repo, get: Got) -> None:
    folder = get()

    assert files_under(folder) == NEEDED
    assert folder == cache / "models--org--name/snapshots" / COMMIT
    assert (cache / "models--org--name/refs/main").read_text() == COMMIT
    assert snapshot_download("org/name", cache_dir=cache, local_files_only=True) == str(folder)
    for path in NEEDED:
        found = try_to_load_from_cache("org/name", path, cache_dir=cache)
        assert isinstance(found, str)
        assert Path(found).read_bytes() == repo.content(path)
        link = Path(found).readlink()
        assert not link.is_absolute()
        assert link.name == repo.etag(path)
    assert files_under(cache / "models--org--name/blobs") == {repo.etag(path) for path in NEEDED}


def test_a_downloaded_model_is_described_with_name_commit_and_proposed_task(repo: Repo, get: Got, hub: Hub) -> None:
    repo.files[WEIGHTS] = repo.content(WEIGHTS)[:-1_000_000]
    get()
    folder = resolve(f"{hub.url}/org/name")
    found = card("org/name", look(folder))

    assert (found.name, found.commit, found.licence) == ("org/name", COMMIT, "mit")
    assert found.tasks[0] == "feature-extraction"  # and not the sentence similarity of its pooling


def test_a_second_download_fetches_no_file_again(hub: Hub, repo: Repo, get: Got) -> None:
    get()
    before = len(hub.asked("/resolve/"))
    get()

    assert len(hub.asked("/resolve/")) == before == len(NEEDED)


def test_what_another_program_left_damaged_is_fetched_anew(cache: Path, repo: Repo, get: Got) -> None:
    get()
    blob = cache / "models--org--name/blobs" / repo.etag(WEIGHTS)
    blob.write_bytes(bytes(len(repo.content(WEIGHTS))))
    folder = get()

    assert (folder / WEIGHTS).read_bytes() == repo.content(WEIGHTS)


def test_what_another_program_began_is_gone_on_with(cache: Path, hub: Hub, repo: Repo, get: Got) -> None:
    blobs = cache / "models--org--name/blobs"
    blobs.mkdir(parents=True)
    (blobs / f"{repo.etag(WEIGHTS)}.incomplete").write_bytes(repo.content(WEIGHTS)[:345_678])
    get()

    assert ranges(hub) == ["bytes=345678-"]


def test_a_branch_a_tag_and_a_commit_have_references_of_their_own(cache: Path, repo: Repo, get: Got) -> None:
    repo.refs |= {"v1": OTHER, "refs/pr/3": COMMIT}
    folders = [get("org/name", revision) for revision in ("main", "v1", "refs/pr/3", OTHER)]

    assert [folder.name for folder in folders] == [COMMIT, OTHER, COMMIT, OTHER]
    assert files_under(cache / "models--org--name/refs") == {"main", "v1", "refs/pr/3"}
    assert resolve("org/name@v1").name == OTHER
    assert resolve(f"org/name@{OTHER}").name == OTHER


def test_where_links_cannot_be_made_the_files_themselves_are_there(
    cache: Path, repo: Repo, get: Got, hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*words: object) -> None:
        raise OSError("a privilege is missing")

    monkeypatch.setattr(os, "symlink", refuse)
    monkeypatch.setattr(Path, "symlink_to", refuse)
    repo.files["vocab.txt"] = repo.files["merges.txt"] = b"the same twice"
    folder = get()
    before = len(hub.asked("/resolve/"))
    get()

    assert files_under(folder) == NEEDED | {"vocab.txt", "merges.txt"}
    assert not any(file.is_symlink() for file in folder.rglob("*"))
    assert all((folder / path).read_bytes() == repo.content(path) for path in NEEDED | {"vocab.txt", "merges.txt"})
    assert len(hub.asked("/resolve/")) == before
    assert snapshot_download("org/name", cache_dir=cache, local_files_only=True) == str(folder)


def test_what_another_snapshot_links_to_is_copied_where_links_cannot_be_made(
    repo: Repo, get: Got, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*words: object) -> None:
        raise OSError("a privilege is missing")

    former = get()
    repo.refs["main"] = OTHER
    monkeypatch.setattr(Path, "symlink_to", refuse)
    folder = get()

    for place in (former, folder):
        assert (place / WEIGHTS).read_bytes() == repo.content(WEIGHTS)
    assert not (folder / WEIGHTS).is_symlink()


def test_a_tokenizer_alone_leaves_the_weights_out(repo: Repo, get: Got) -> None:
    folder = get(with_weights=False)

    assert files_under(folder) == NEEDED - {WEIGHTS}
    assert resolve_tokenizer("org/name") == folder
    with pytest.raises(errors.NotDownloaded, match="in part"):
        resolve("org/name")


def test_shards_and_a_long_listing_in_pages(repo: Repo, get: Got, hub: Hub, tmp_path: Path) -> None:
    del repo.files[WEIGHTS]
    repo.page = 3
    names = [f"model-{n:05}-of-00003.safetensors" for n in (1, 2, 3)]
    for name in names:
        weights(tmp_path / name, (name,))
        repo.files[name] = (tmp_path / name).read_bytes()
    shard_of = ", ".join(f'"{name}": "{name}"' for name in names)
    repo.files[f"{WEIGHTS}.index.json"] = f'{{"weight_map": {{{shard_of}}}}}'.encode()
    folder = get()

    assert look(folder).weights_files == tuple(names)
    assert len(hub.asked("/tree/")) == 4


def test_partial_files_that_nobody_goes_on_with_are_swept(cache: Path, repo: Repo, get: Got) -> None:
    blobs = cache / "models--org--name/blobs"
    blobs.mkdir(parents=True)
    old, new, orphan = "1" * 64, "2" * 64, f"{repo.etag(WEIGHTS)}.1a2b3c4d"
    for name, age_s in ((old, 8 * 24 * 3600), (new, 24 * 3600), (orphan, 3600)):
        partial = blobs / f"{name}.incomplete"
        partial.write_bytes(b"x")
        os.utime(partial, (time.time() - age_s,) * 2)
    get()

    assert {file.name for file in blobs.glob("*.incomplete")} == {f"{new}.incomplete"}


def test_what_a_killed_process_had_not_named_yet_is_swept(cache: Path, repo: Repo, get: Got) -> None:
    folder = get()
    left = [folder / f"{WEIGHTS}.0123abcd.new", cache / "models--org--name/main.0123abcd.new"]
    kept = [folder / "own.new", folder / "young.0123abcd.new"]
    for place in (*left, *kept):
        place.write_text("x")
        os.utime(place, (time.time() - (3600 if place != kept[1] else 0),) * 2)
    get()

    assert not any(place.exists() for place in left)
    assert all(place.exists() for place in kept)


def test_progress_counts_all_files_at_most_four_times_a_second(
    repo: Repo, get: Got, told: list[Downloading | Notice]
) -> None:
    repo.bytes_per_s = 700_000
    began = time.monotonic()
    get()
    took_s = time.monotonic() - began
    steps = [event for event in told if isinstance(event, Downloading)]
    total = sum(len(repo.content(path)) for path in NEEDED)

    assert 3 <= len(steps) <= 4 * took_s + 1
    assert {step.total_bytes for step in steps} == {total}
    assert [step.done_bytes for step in steps] == sorted(step.done_bytes for step in steps)
    assert steps[-1].file == WEIGHTS
    assert steps[-1].done_bytes <= total
    assert 0 < steps[-1].bytes_per_s < 1_500_000
    assert steps[-1].left_s is not None
    assert steps[-1].left_s >= 0


def test_stop_ends_it_within_a_second_and_the_next_goes_on(hub: Hub, repo: Repo, get: Got, cache: Path) -> None:
    repo.stalls[WEIGHTS] = [600_000]
    halt = Halt()
    partial = cache / "models--org--name/blobs" / f"{repo.etag(WEIGHTS)}.incomplete"

    stopped_at: list[float] = []

    def stop_in_the_stall() -> None:
        end = time.monotonic() + 30
        while not partial.exists() or partial.stat().st_size < 600_000:
            assert time.monotonic() < end
            time.sleep(0.01)
        stopped_at.append(time.monotonic())
        halt.stop()

    stopper = threading.Thread(target=stop_in_the_stall, daemon=True)
    stopper.start()
    with pytest.raises(errors.Stopped):
        get(halt=halt, limits=Limits(stall_s=20))
    took_s = time.monotonic() - stopped_at[0]
    stopper.join()
    hub.seen.clear()
    get()

    assert took_s < 1
    assert ranges(hub) == ["bytes=600000-"]


def test_two_at_once_share_one_transfer(hub: Hub, repo: Repo, get: Got) -> None:
    repo.bytes_per_s = 2_000_000
    folders: list[Path] = []
    threads = [threading.Thread(target=lambda: folders.append(get())) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(set(folders)) == 1
    assert len(folders) == 3
    assert len(ranges(hub)) == 1
    assert (folders[0] / WEIGHTS).read_bytes() == repo.content(WEIGHTS)


def test_many_at_once_make_names_appear_without_harm(cache: Path, repo: Repo, get: Got) -> None:
    folder = get()
    content = repo.content(WEIGHTS)
    names = {f"part-{number}.safetensors" for number in range(100)}

    def appear() -> None:
        place = Place("org/name", COMMIT)
        for name in sorted(names):
            place.link(Listed(name, len(content), repo.etag(WEIGHTS), is_large=True))
            place.refer("main")

    with ThreadPoolExecutor(4) as threads:
        for told in [threads.submit(appear) for _ in range(4)]:
            told.result()

    assert files_under(folder) == NEEDED | names
    assert {(folder / name).read_bytes() for name in names} == {content}
    assert files_under(cache / "models--org--name/refs") == {"main"}


def test_the_hubs_own_client_and_we_take_turns(
    cache: Path, repo: Repo, get: Got, told: list[Downloading | Notice]
) -> None:
    from huggingface_hub.utils._fixes import WeakFileLock

    lock = cache / ".locks/models--org--name" / f"{repo.etag(WEIGHTS)}.lock"
    lock.parent.mkdir(parents=True)
    halt = Halt()
    threading.Timer(1.6, halt.stop).start()
    with WeakFileLock(lock), pytest.raises(errors.Stopped):
        get(halt=halt)
    assert [event.text for event in told if isinstance(event, Notice)] == [download._ANOTHER]

    assert get().name == COMMIT
