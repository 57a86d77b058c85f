"""A model of the Hub through the real window: asked for, downloaded, stopped, gone on with, described, run."""

from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from gui.app import Session
from tests.gui.sessions import LONG_MS, NAME, SLOW_BYTES_PER_S, WEIGHTS, chosen, failed, mending, press, run
from tests.hub_server import Hub, Repo


def test_a_pasted_address_is_downloaded_on_a_press_then_described_and_run(
    qtbot: QtBot, open_session: Callable[..., Session], repo: Repo, hub: Hub
) -> None:
    session = open_session()
    page = session.window.run_page
    address = f"https://huggingface.co/{NAME}/tree/main"
    page.models.describe(address)
    failed(qtbot, page, "NotDownloaded")
    assert hub.seen == []  # nothing is asked of the Hub before the person says so
    assert session.window.settings().model == "starter"

    press(qtbot, mending(page, "Download"))
    chosen(qtbot, session, address)
    assert page.model.failure() is None
    assert not page.model.download.isVisible()
    assert page.task.task_id() == "text-classification"
    run(qtbot, session)

    assert session.state.run is not None
    assert session.state.run.failure is None
    assert session.window.settings().recent == (address,)


def test_a_download_shows_how_far_it_is_stops_and_goes_on(
    qtbot: QtBot, open_session: Callable[..., Session], repo: Repo, hub: Hub
) -> None:
    size = repo.size(WEIGHTS)
    assert size > 100_000
    repo.bytes_per_s = SLOW_BYTES_PER_S / 4
    session = open_session()
    page = session.window.run_page
    page.models.describe(NAME)
    failed(qtbot, page, "NotDownloaded")
    press(qtbot, mending(page, "Download"))
    small = sum(repo.size(name) for name in repo.files if name != WEIGHTS)
    wanted = small + size / 3

    def far() -> bool:
        view = session.state.download
        return view is not None and view.progress is not None and view.progress.done_bytes > wanted

    qtbot.waitUntil(far, timeout=LONG_MS)
    qtbot.wait(250)  # the throttle's next picture
    assert 0 < page.model.download.bar.value() < 1_000
    assert page.model.failure() is None
    assert " of " in page.model.download.words()

    press(qtbot, page.model.download.stop)
    failed(qtbot, page, "Stopped")
    assert not page.model.download.isVisible()
    repo.bytes_per_s = 0
    hub.seen.clear()
    press(qtbot, mending(page, "Go on downloading"))
    chosen(qtbot, session, NAME)

    (again,) = hub.asked(WEIGHTS)
    start = int(again.range.removeprefix("bytes=").removesuffix("-"))
    assert start > size / 4


def test_a_download_that_lost_the_network_says_so_and_goes_on(
    qtbot: QtBot, open_session: Callable[..., Session], repo: Repo
) -> None:
    repo.bytes_per_s = SLOW_BYTES_PER_S / 4
    session = open_session()
    page, network = session.window.run_page, session.window.settings_page.network
    page.models.describe(NAME)
    failed(qtbot, page, "NotDownloaded")
    press(qtbot, mending(page, "Download"))
    qtbot.waitUntil(lambda: page.model.download.isVisible(), timeout=LONG_MS)
    network.off.click()
    failed(qtbot, page, "Offline")
    failure = page.model.failure()
    assert failure is not None
    assert "turned off" in failure.what_happened
    assert "in Settings" in failure.what_to_do
    assert "Press Run" not in failure.what_to_do

    press(qtbot, mending(page, "Open Settings"))
    qtbot.waitUntil(network.off.isVisible)
    repo.bytes_per_s = 0
    network.off.click()
    session.window.show_page("run")
    press(qtbot, mending(page, "Try again"))
    chosen(qtbot, session, NAME)


def test_escape_stops_a_download(qtbot: QtBot, open_session: Callable[..., Session], repo: Repo) -> None:
    repo.bytes_per_s = SLOW_BYTES_PER_S / 4
    session = open_session()
    page = session.window.run_page
    page.models.describe(NAME)
    failed(qtbot, page, "NotDownloaded")
    press(qtbot, mending(page, "Download"))
    qtbot.waitUntil(lambda: page.model.download.isVisible(), timeout=LONG_MS)
    qtbot.keyClick(page.bar.button, Qt.Key.Key_Escape)

    failed(qtbot, page, "Stopped")


@pytest.mark.parametrize(
    ("status", "code", "headers"),
    [
        (403, "ModelGated", {"X-Error-Code": "GatedRepo"}),
        (401, "SignInNeeded", {}),
        (404, "ModelNotFound", {"X-Error-Code": "RepoNotFound"}),
    ],
)
def test_what_the_hub_refuses_is_told_at_the_model(
    qtbot: QtBot,
    open_session: Callable[..., Session],
    repo: Repo,
    hub: Hub,
    status: int,
    code: str,
    headers: dict[str, str],
) -> None:
    hub.always = (status, headers)
    session = open_session()
    page = session.window.run_page
    page.models.describe(NAME)
    failed(qtbot, page, "NotDownloaded")
    press(qtbot, mending(page, "Download"))
    failed(qtbot, page, code)
    failure = page.model.failure()

    assert failure is not None
    assert NAME in failure.what_happened
    titles = [button.accessibleName() for button in page.model.remedies()]
    assert ("Try again" in titles) == (code != "ModelNotFound")
    assert "Keep present model" in titles
    assert page.bar.button.isEnabled()  # the starter is still chosen


def test_with_the_network_off_nothing_is_asked_until_it_is_on(
    qtbot: QtBot, open_session: Callable[..., Session], repo: Repo, hub: Hub
) -> None:
    session = open_session(network_off=True)
    page = session.window.run_page
    page.models.describe(NAME)
    failed(qtbot, page, "NotDownloaded")
    press(qtbot, mending(page, "Download"))
    failed(qtbot, page, "Offline")
    assert hub.seen == []

    press(qtbot, mending(page, "Open Settings"))
    network = session.window.settings_page.network
    assert network.isVisible()
    assert network.off.isChecked()
    network.off.click()
    qtbot.waitUntil(lambda: not session.window.settings().network_off, timeout=LONG_MS)
    session.window.show_page("run")
    page.models.look_again()
    failed(qtbot, page, "NotDownloaded")
    press(qtbot, mending(page, "Download"))
    chosen(qtbot, session, NAME)


@pytest.mark.slow
def test_a_tokenizer_of_another_model_is_downloaded_alone_and_remembered(
    qtbot: QtBot, open_session: Callable[..., Session], repo: Repo, hub: Hub, tmp_path: Path
) -> None:
    bare = tmp_path / "bare"
    bare.mkdir()
    for name in ("config.json", WEIGHTS):
        (bare / name).write_bytes(repo.content(name))
    session = open_session()
    page = session.window.run_page
    page.models.describe(str(bare), NAME)
    failed(qtbot, page, "NotDownloaded")
    press(qtbot, mending(page, "Download"))
    chosen(qtbot, session, str(bare))
    assert hub.asked(WEIGHTS) == []
    assert session.window.settings().tokenizers == {str(bare): NAME}

    run(qtbot, session)
    assert session.state.run is not None
    assert session.state.run.failure is None
    assert session.state.run.request.tokenizer == session.state.tokenizer_folder != ""


@pytest.mark.slow
def test_pickled_weights_run_after_consent_until_it_is_revoked(
    qtbot: QtBot, open_session: Callable[..., Session], hub: Hub, tiny: Callable[[str, str], Path], tmp_path: Path
) -> None:
    import torch
    from safetensors.torch import load_file

    folder = tmp_path / "pickled"
    folder.mkdir()
    for file in tiny("bert", "SequenceClassification").iterdir():
        if file.suffix != ".safetensors":
            (folder / file.name).write_bytes(file.read_bytes())
    torch.save(load_file(tiny("bert", "SequenceClassification") / WEIGHTS), folder / "pytorch_model.bin")
    session = open_session()
    page = session.window.run_page
    page.models.describe(str(folder))
    chosen(qtbot, session, str(folder))
    assert page.model.consent.isVisible()
    assert not page.bar.button.isEnabled()

    press(qtbot, page.model.consent.allow)
    qtbot.waitUntil(lambda: page.bar.button.isEnabled(), timeout=LONG_MS)
    assert not page.model.consent.isVisible()
    run(qtbot, session)
    assert session.state.run is not None
    assert session.state.run.failure is None

    session.window.show_page("settings")
    consents = session.window.settings_page.consents
    qtbot.waitUntil(lambda: len(consents.revokes) == 1, timeout=LONG_MS)
    qtbot.waitUntil(lambda: next(iter(consents.revokes.values())).isEnabled(), timeout=LONG_MS)
    press(qtbot, next(iter(consents.revokes.values())))
    qtbot.waitUntil(lambda: consents.revokes == {}, timeout=LONG_MS)
    session.window.show_page("run")
    qtbot.waitUntil(lambda: page.model.consent.isVisible(), timeout=LONG_MS)
    assert not page.bar.button.isEnabled()
