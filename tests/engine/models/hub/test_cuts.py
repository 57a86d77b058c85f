"""Downloads from a Hub that cuts, stalls and has trouble."""

import time

import pytest

from engine.wire import errors
from engine.wire.messages import Downloading, Notice
from tests.engine.models.hub.asking import ranges, refused
from tests.engine.models.hub.conftest import IMPATIENT, QUICK, WEIGHTS, Got
from tests.hub_server import COMMIT, Hub, Repo


@pytest.mark.parametrize("at", [0, 1, 400_000, 1_000_000])
def test_a_cut_connection_goes_on_at_the_very_byte(hub: Hub, repo: Repo, get: Got, at: int) -> None:
    repo.cuts[WEIGHTS] = [at]
    folder = get()

    assert ranges(hub) == ["", f"bytes={at}-" if at else ""]
    assert (folder / WEIGHTS).read_bytes() == repo.content(WEIGHTS)


def test_many_cuts_are_outlasted_as_long_as_each_time_something_came(hub: Hub, repo: Repo, get: Got) -> None:
    repo.cuts[WEIGHTS] = [n * 50_000 for n in range(1, 20)]
    get()

    assert ranges(hub) == ["", *(f"bytes={n * 50_000}-" for n in range(1, 20))]


def test_cuts_without_a_gain_end_with_a_sentence_and_the_bytes_are_kept(hub: Hub, repo: Repo, get: Got) -> None:
    repo.cuts[WEIGHTS] = [123_456] * 50
    error = refused(errors.Offline, get)
    repo.cuts.clear()
    hub.seen.clear()
    get()

    assert "was cut" in error.what_happened
    assert ranges(hub) == ["bytes=123456-"]


def test_a_server_without_ranges_is_read_from_the_start(hub: Hub, repo: Repo, get: Got) -> None:
    repo.ranges = False
    repo.cuts[WEIGHTS] = [400_000]
    folder = get()

    assert ranges(hub) == ["", "bytes=400000-"]
    assert (folder / WEIGHTS).read_bytes() == repo.content(WEIGHTS)


def test_a_body_without_a_length_is_read_to_its_end_and_gone_on_with(hub: Hub, repo: Repo, get: Got) -> None:
    repo.chunked = True
    repo.cuts[WEIGHTS] = [400_000]
    folder = get()

    assert ranges(hub) == ["", "bytes=400000-"]
    assert (folder / WEIGHTS).read_bytes() == repo.content(WEIGHTS)


def test_a_silent_connection_is_given_up_and_gone_on_with(hub: Hub, repo: Repo, get: Got) -> None:
    repo.stalls[WEIGHTS] = [300_000]
    began = time.monotonic()
    get(limits=IMPATIENT)

    assert ranges(hub) == ["", "bytes=300000-"]
    assert IMPATIENT.stall_s <= time.monotonic() - began < 8


def test_a_trickle_counts_as_silence(hub: Hub, repo: Repo, get: Got) -> None:
    repo.bytes_per_s = 100  # a byte now and then, which no time-out of a socket notices
    error = refused(errors.TimedOut, get, limits=IMPATIENT)

    assert "stopped sending" in error.what_happened
    assert len(hub.asked("/resolve/")) > 1


def test_the_usual_limits_notice_a_stall_within_thirty_seconds() -> None:
    from engine.models.hub.download import USUAL

    assert 2 * USUAL.stall_s <= 30


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504])
def test_a_troubled_hub_is_asked_again(hub: Hub, repo: Repo, get: Got, status: int) -> None:
    hub.next_answers = [(status, {})] * 3

    assert get().name == COMMIT
    assert len(hub.asked("/revision/")) == 4


def test_the_time_that_the_hub_asks_for_is_waited(
    hub: Hub, repo: Repo, get: Got, told: list[Downloading | Notice]
) -> None:
    hub.next_answers = [(429, {"Retry-After": "1"})]
    began = time.monotonic()
    get()

    assert time.monotonic() - began >= 1
    assert any(isinstance(event, Notice) and "fewer requests" in event.text for event in told)


def test_a_date_to_come_back_at_is_understood(hub: Hub, repo: Repo, get: Got) -> None:
    hub.next_answers = [(503, {"Retry-After": "Wed, 21 Oct 2015 07:28:00 GMT"})]

    assert get().name == COMMIT


def test_a_long_wait_is_told_and_not_waited(hub: Hub, repo: Repo, get: Got) -> None:
    hub.next_answers = [(429, {"Retry-After": "3600"})]

    assert "60 minutes" in refused(errors.TimedOut, get).what_happened


@pytest.mark.parametrize("status", [429, 503])
def test_trouble_without_end_ends_with_a_sentence(hub: Hub, repo: Repo, get: Got, status: int) -> None:
    hub.always = (status, {})

    assert str(status) in refused(errors.TimedOut, get).what_happened
    assert len(hub.seen) == QUICK.tries
