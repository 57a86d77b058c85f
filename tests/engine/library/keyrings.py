"""Keyrings for tests: one in memory, one that asks first, one that never answers, one that keeps secrets plainly."""

import threading

from keyring.backend import KeyringBackend


class Memory(KeyringBackend):
    """As a system's own, as long as the process lives."""

    priority = 5

    def __init__(self) -> None:
        super().__init__()
        self.kept: dict[tuple[str, str], str] = {}

    def get_password(self, service: str, username: str) -> str | None:
        return self.kept.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        self.kept[service, username] = password

    def delete_password(self, service: str, username: str) -> None:
        del self.kept[service, username]


class Asking(Memory):
    """As one that is locked: it asks the person for a password first."""

    def __init__(self) -> None:
        super().__init__()
        self.asks, self.answered = threading.Event(), threading.Event()

    def set_password(self, service: str, username: str, password: str) -> None:
        self.asks.set()
        self.answered.wait(20)
        super().set_password(service, username, password)


class Locked(Memory):
    """As one that is unlocked late, and may refuse to delete."""

    def __init__(self) -> None:
        super().__init__()
        self.unlocked = threading.Event()

    def get_password(self, service: str, username: str) -> str | None:
        self.unlocked.wait(20)
        return super().get_password(service, username)

    def delete_password(self, service: str, username: str) -> None:
        raise RuntimeError("cancelled")


class Dead(Memory):
    """As behind a message bus that nobody listens at."""

    never = threading.Event()

    def get_password(self, service: str, username: str) -> str | None:
        self.never.wait(60)
        return None

    set_password = get_password  # type: ignore[assignment]


class Plain(Memory):
    priority = 0.5  # type: ignore[assignment]
