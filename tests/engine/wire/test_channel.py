import socket
import threading
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.wire import channel as framing
from engine.wire import codec
from engine.wire.channel import Channel, LineTooLong, drained
from engine.wire.messages import AnyEvent, Notice, Run, Samples


@pytest.fixture
def ends() -> Iterator[tuple[Channel, Channel]]:
    left, right = (Channel(end) for end in socket.socketpair())
    yield left, right
    left.close()
    right.close()


def received(end: Channel, n: int) -> list[bytes]:
    lines: list[bytes] = []
    while len(lines) < n:
        more = end.read_lines()
        assert more is not None
        lines += more
    return lines


def test_lines_arrive_whole_and_in_order(ends: tuple[Channel, Channel]) -> None:
    left, right = ends
    sent = [b"a" * size + b"\n" for size in (1, 70_000, 2, 500_000)]
    sender = threading.Thread(target=left.send, args=(b"".join(sent),))
    sender.start()

    assert [line + b"\n" for line in received(right, 4)] == sent
    sender.join()


def test_a_cut_line_is_kept_until_its_rest_comes(ends: tuple[Channel, Channel]) -> None:
    left, right = ends
    left.send(b"first half")

    assert right.read_lines() == []
    left.send(b", second\nnext")
    assert right.read_lines() == [b"first half, second"]


@pytest.mark.parametrize("at", range(1, 14))
def test_lines_may_be_cut_anywhere(ends: tuple[Channel, Channel], at: int) -> None:
    left, right = ends
    sent = b"one\n\ntwo\nlast\n"
    lines: list[bytes] = []
    for part in (sent[:at], sent[at:]):
        left.send(part)
        lines += right.read_lines() or []

    assert lines == [b"one", b"two", b"last"]


def test_the_end_is_told_once_the_peer_is_gone(ends: tuple[Channel, Channel]) -> None:
    left, right = ends
    left.close()

    assert right.read_lines() is None


def test_a_line_without_end_is_refused(ends: tuple[Channel, Channel], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(framing, "LONGEST_LINE_BYTES", 1000)
    left, right = ends
    left.send(b"x" * 2000)

    with pytest.raises(LineTooLong):
        right.read_lines()


@given(st.text(), st.dictionaries(st.text(), st.text() | st.lists(st.text())))
def test_any_text_crosses_unchanged(text: str, fields: dict[str, object]) -> None:
    text = text.encode("utf-8", "replace").decode()
    notice = Notice(id="n", text=text)
    run = Run(id="r", folder="/m", task="t", mode="m", fields=fields)

    assert codec.decode_event(codec.encode(notice)) == notice
    assert codec.encode(run).count(b"\n") == 1
    assert codec.decode_request(codec.encode(run)) == run


@given(st.binary(max_size=300))
def test_random_bytes_are_unreadable_and_nothing_worse(noise: bytes) -> None:
    for decode in (codec.decode_event, codec.decode_request):
        with pytest.raises(codec.Unreadable) as caught:
            decode(noise)

        assert caught.value.id == ""


def test_events_and_requests_are_told_apart() -> None:
    event: AnyEvent = Samples(id="s", latency_ms=(1.5, 2.25), memory_bytes=3)

    assert codec.decode_event(codec.encode(event)) == event
    with pytest.raises(codec.Unreadable):
        codec.decode_request(codec.encode(event))


def test_a_peer_that_is_busy_does_not_hold_up_who_sends(ends: tuple[Channel, Channel]) -> None:
    left, right = ends
    inbox = drained(right)
    left.send(b"x" * 4_000_000 + b"\n")  # far more than a socket holds; nobody has taken anything yet
    left.close()
    lines = [line for some in iter(inbox.get, None) for line in some]

    assert [len(line) for line in lines] == [4_000_000]
