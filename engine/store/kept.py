"""What ``work`` keeps ready in memory, up to a bound; the least recently used go first."""

import collections
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

Key = TypeVar("Key", bound=Hashable)
Thing = TypeVar("Thing")


class Kept(Generic[Key, Thing]):
    """Things by key, each with its size in bytes. One thread. ``end`` is called for each thing that goes."""

    def __init__(self, limit_bytes: int, end: Callable[[Thing], None]) -> None:
        self._limit_bytes = limit_bytes
        self._end = end
        self._things: collections.OrderedDict[Key, tuple[Thing, int]] = collections.OrderedDict()

    def find(self, key: Key) -> Thing | None:
        if key not in self._things:
            return None
        self._things.move_to_end(key)
        return self._things[key][0]

    def keep(self, key: Key, thing: Thing, size_bytes: int) -> None:
        """Keeps ``thing``, even where it alone is over the limit: it is in use now."""
        self.drop(key)
        self._things[key] = (thing, size_bytes)
        while len(self._things) > 1 and self.size_bytes() > self._limit_bytes:
            self.drop(next(iter(self._things)))

    def drop(self, key: Key) -> None:
        if key in self._things:
            self._end(self._things.pop(key)[0])

    def held(self) -> list[Key]:
        """Keys of what is kept, the longest unused first."""
        return list(self._things)

    def size_bytes(self) -> int:
        return sum(size for _, size in self._things.values())
