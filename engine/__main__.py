"""A child process: takes its end of the channel and becomes ``work``, ``desk``, ``compare`` or ``reference``.

``python -m engine ROLE fd:NUMBER LIFELINE`` (POSIX) or ``python -m engine ROLE tcp:PORT:TOKEN -1`` (Windows).
``openvino-log`` alone has no channel: it prints.
"""

import faulthandler
import logging
import os
import socket
import sys


def main(words: list[str] | None = None) -> int:
    """Runs one role until its parent lets go. Returns the exit status."""
    words = sys.argv[1:] if words is None else words
    if words[:1] == ["openvino-log"]:
        from engine.evidence import openvino_child

        return openvino_child.main(words[1])
    if len(words) != 3:
        sys.stderr.write("This is Fastpath's engine; start Fastpath instead.\n")
        return 2
    if sys.stderr is not None:  # None in a windowed program of Windows
        faulthandler.enable()  # a crash of a native library names the Python lines that called it
    role, where, lifeline_number = words
    if int(lifeline_number) >= 0:
        from engine.runtimes import lifeline

        lifeline.guard(int(lifeline_number))
    from engine.wire.channel import Channel

    channel = Channel(_connect(where))
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(name)s: %(message)s")
    if role == "work":
        from engine import work

        work.serve(channel)
    elif role == "desk":
        from engine import desk

        desk.serve(channel)
    elif role == "compare":
        from engine import compare

        compare.serve(channel)
    elif role == "reference":
        from engine import reference

        reference.serve(channel)
    # Threads of native libraries may hang in their own clean-up; there is nothing left to save.
    logging.shutdown()
    os._exit(0)


def _connect(where: str) -> socket.socket:
    kind, _, rest = where.partition(":")
    if kind == "fd":
        return socket.socket(fileno=int(rest))
    port, _, token = rest.partition(":")
    end = socket.create_connection(("127.0.0.1", int(port)), timeout=20)
    end.sendall(token.encode())
    end.settimeout(None)
    return end


if __name__ == "__main__":
    sys.exit(main())
