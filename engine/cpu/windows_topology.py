"""Cores, kinds and caches from the records of GetLogicalProcessorInformationEx (winnt.h, 64-bit).

Each record: DWORD Relationship, DWORD Size, then, for cores and sockets, BYTE Flags, BYTE EfficiencyClass, 20 bytes
reserved, WORD GroupCount and the group masks; for caches BYTE Level, BYTE Associativity, WORD LineSize, DWORD
CacheSize, DWORD Type, 18 bytes reserved, WORD GroupCount and the group masks. A group mask is ULONG64 Mask, WORD Group
and 6 bytes reserved.
"""

import struct
from collections.abc import Iterator

from engine.cpu import topology
from engine.cpu.topology import Core, Cores

_CORE, _CACHE, _PACKAGE = 0, 2, 3
_INSTRUCTIONS = 1
_HEAD = struct.Struct("<II")
_PROCESSOR = struct.Struct("<BB20xH")
_CACHE_HEAD = struct.Struct("<BBHII18xH")
_GROUP = struct.Struct("<QH6x")
_GROUP_PROCESSORS = 64


def cores(relations: bytes, affinity: frozenset[int] | None) -> Cores:
    """``affinity``: processors of the first group that this process may run on, None for all.

    A higher efficiency class is a faster core. With several groups (more than 64 processors) all are allowed: Windows
    11 lets a process run on all groups, and its affinity mask speaks of one.
    """
    records = list(_records(relations))
    sockets = sum(kind == _PACKAGE for kind, _ in records)
    found: list[Core] = []
    logical = 0
    masks = [_masks(body, _PROCESSOR) for kind, body in records if kind == _CORE]
    one_group = all(group == 0 for core in masks for _, group in core)
    for body, core in zip((body for kind, body in records if kind == _CORE), masks, strict=True):
        own = {bit + group * _GROUP_PROCESSORS for mask, group in core for bit in range(64) if mask >> bit & 1}
        logical += len(own)
        allowed = affinity is None or not one_group or bool(own & affinity)
        found.append(Core(_PROCESSOR.unpack_from(body)[1], allowed))
    return Cores(sockets, len(found), logical, sum(core.allowed for core in found), topology.kinds(found))


def caches(relations: bytes) -> dict[str, int]:
    """Bytes of each cache level in all."""
    found: dict[str, int] = {}
    for kind, body in _records(relations):
        if kind != _CACHE:
            continue
        level, _, _, size_bytes, holds, _ = _CACHE_HEAD.unpack_from(body)
        if holds != _INSTRUCTIONS:
            name = "L1d" if level == 1 else f"L{level}"
            found[name] = found.get(name, 0) + size_bytes
    return dict(sorted(found.items()))


def _records(relations: bytes) -> Iterator[tuple[int, bytes]]:
    place = 0
    while place + _HEAD.size <= len(relations):
        kind, size = _HEAD.unpack_from(relations, place)
        if size < _HEAD.size:
            return
        yield kind, relations[place + _HEAD.size : place + size]
        place += size


def _masks(body: bytes, head: struct.Struct) -> list[tuple[int, int]]:
    count = head.unpack_from(body)[-1]
    return [_GROUP.unpack_from(body, head.size + index * _GROUP.size) for index in range(count)]
