"""One engine process, seen from its parent: started, spoken to, ended."""

import collections
import contextlib
import os
import secrets
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from engine.runtimes import command, lifeline
from engine.wire.channel import Channel

KEPT_OUTPUT_LINES = 200
CONNECT_S = 20.0


class Child:
    """A running engine process in ``role``.

    The owner calls ``close`` once, which ends the process and everything it started. ``terminate`` and ``kill`` are
    the steps of the stop ladder; both return at once.
    """

    def __init__(
        self,
        role: str,
        threads: int,
        runtime: str = "main",
        prefix: Sequence[str] = (),
        offline: bool = False,
        waiting: command.Waiting = "short",
        isa_cap: str = "",
    ) -> None:
        """Raises OSError where the process can't be started."""
        self.role = role
        self.threads = threads
        self.runtime = runtime
        self._output: collections.deque[str] = collections.deque(maxlen=KEPT_OUTPUT_LINES)
        words = command.engine_command(role, runtime, prefix)
        environment = command.environment(
            role, threads, offline=offline, runtime=runtime, waiting=waiting, isa_cap=isa_cap
        )
        if sys.platform == "win32":
            self._start_windows(words, environment)
        else:
            self._start_posix(words, environment)
        self._drain = threading.Thread(target=self._read_output, name=f"{role}-output", daemon=True)
        self._drain.start()

    def _start_posix(self, words: list[str], environment: dict[str, str]) -> None:
        ours, theirs = socket.socketpair()
        watched, self._lifeline = os.pipe()
        try:
            self.process = subprocess.Popen(
                [*words, f"fd:{theirs.fileno()}", str(watched)],
                **_pipes(environment),
                pass_fds=(theirs.fileno(), watched),
                start_new_session=True,
            )
        except OSError:
            ours.close()
            os.close(self._lifeline)
            raise
        finally:
            theirs.close()
            os.close(watched)
        self.channel = Channel(ours)

    def _start_windows(self, words: list[str], environment: dict[str, str]) -> None:
        token = secrets.token_hex(16)
        with socket.create_server(("127.0.0.1", 0)) as listener:
            listener.settimeout(CONNECT_S)
            where = f"tcp:{listener.getsockname()[1]}:{token}"
            self.process = subprocess.Popen([*words, where, "-1"], **_pipes(environment))
            self._lifeline = lifeline.job_of(int(self.process._handle))  # type: ignore[attr-defined]
            end, _ = listener.accept()
        end.settimeout(CONNECT_S)
        if end.recv(len(token), socket.MSG_WAITALL) != token.encode():
            end.close()
            raise ConnectionRefusedError("another program answered in the engine's place")
        end.settimeout(None)
        self.channel = Channel(end)

    def _read_output(self) -> None:
        assert self.process.stdout is not None
        with contextlib.suppress(ValueError, OSError):
            for line in self.process.stdout:
                self._output.append(line.decode("utf-8", "replace").rstrip()[:500])

    def output(self) -> str:
        """The last lines that the child or its libraries printed."""
        return "\n".join(self._output)

    def terminate(self) -> None:
        """Asks the child's whole group to end."""
        self._signal_group(signal.SIGTERM)

    def kill(self) -> None:
        """Ends the child's whole group now."""
        self._signal_group(signal.SIGTERM if sys.platform == "win32" else signal.SIGKILL)

    def _signal_group(self, number: int) -> None:
        if sys.platform == "win32":
            self.process.kill()
            return
        # The guardian ignores SIGTERM and so keeps the group's number from being given away before ``close``.
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.process.pid, number)

    def outcome(self) -> str:
        """How the process ended, as the end of a sentence. Waits for it at most a second."""
        try:
            code = self.process.wait(timeout=1)
        except subprocess.TimeoutExpired:
            return "closed its channel"
        self._drain.join(timeout=0.2)  # what it printed as it ended; others of its group may hold the pipe open
        if code < 0:
            with contextlib.suppress(ValueError):
                return f"was ended by signal {-code} ({signal.Signals(-code).name})"
        return f"ended with status {code}"

    def close(self) -> None:
        """Ends the group and gives everything back. The process is gone when this returns."""
        self.kill()
        if sys.platform == "win32":
            lifeline.let_go(self._lifeline)
        else:
            os.close(self._lifeline)
        self.channel.close()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(timeout=5)
        self._drain.join(timeout=1)
        if self.process.stdout is not None and not self._drain.is_alive():
            self.process.stdout.close()


def _pipes(environment: dict[str, str]) -> dict[str, Any]:
    # Libraries print to stdout and stderr, so the conversation has a socket of its own.
    return {
        "env": environment,
        "cwd": Path(sys.executable).anchor or os.sep,
        "stdin": subprocess.DEVNULL,
        "stdout": subprocess.PIPE,
        "stderr": subprocess.STDOUT,
    }
