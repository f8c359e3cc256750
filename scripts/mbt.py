"""Reads a mapbench trace file (.mbt, format 2) without any of mapbench's code.

For checks that must not share a mistake with the program. bench-core/src/trace/format/mod.rs
describes the format.
"""

import json
import struct
import zlib
from dataclasses import dataclass, field

import numpy as np

OPS = ("get", "has", "insert", "insert_if_absent", "overwrite", "update", "remove", "get_cloned",
       "scan", "scan_prefix", "len", "range", "replace_all", "new_map")
CODE = {name: code for code, name in enumerate(OPS)}
RANGE = CODE["range"]
INDEX = 0xFFFF_FFFF


@dataclass
class Stream:
    """One actor's records, and the positions and times (ns) of its events."""

    codes: np.ndarray
    maps: np.ndarray
    keys: np.ndarray
    counts: np.ndarray
    events: list = field(default_factory=list)
    times: np.ndarray | None = None


def leb128(data, at):
    """The number at a position, and the position after it."""
    number = shift = 0
    while True:
        byte = data[at]
        at += 1
        number |= (byte & 0x7F) << shift
        if byte < 0x80:
            return number, at
        shift += 7


def read(path):
    """The header and the streams of a trace file."""
    with open(path, "rb") as file:
        data = file.read()
    assert data[:8] == b"mbtrace\n" and data[-8:] == b"mbt-end\n", f"{path} is not a whole trace"
    version, length, crc = struct.unpack_from("<III", data, 8)
    assert version == 2, f"{path} has format {version}"
    assert zlib.crc32(data[20:20 + length]) == crc, f"{path}: header checksum"
    header = json.loads(data[20:20 + length])
    raw = [([], [], [], [], [], []) for _ in header["actors"]]
    at = 20 + length
    while True:
        number, size, records, crc = struct.unpack_from("<IIII", data, at)
        if number == INDEX:
            break
        payload = data[at + 16:at + 16 + size]
        assert zlib.crc32(payload, zlib.crc32(data[at:at + 12])) == crc, f"{path}: block at {at}"
        before = len(raw[number][0])
        read_payload(payload, raw[number])
        assert len(raw[number][0]) - before == records, f"{path}: records of block at {at}"
        at += 16 + size
    return header, [stream_of(*columns) for columns in raw]


def read_payload(data, columns):
    """Appends the records of one block."""
    codes, maps, keys, counts, events, times = columns
    last, time, at, end = [0] * 16, 0, 0, len(data)
    while at < end:
        byte = data[at]
        at += 1
        if byte >= 0xF0:
            order = byte & 7
            at = leb128(data, at)[1] if order >= 4 else at
            at = leb128(data, at)[1] if order in (2, 5) else at
            events.append(len(codes))
            if byte & 8:
                delta, at = leb128(data, at)
                time += delta
                times.append(time)
            continue
        code, which = byte >> 4, byte & 15
        number, at = leb128(data, at)
        last[which] += (number >> 1) ^ -(number & 1)
        codes.append(code)
        maps.append(which)
        keys.append(last[which])
        if code == RANGE:
            number, at = leb128(data, at)
            counts.append(number)
        else:
            counts.append(1)


def stream_of(codes, maps, keys, counts, events, times):
    return Stream(np.array(codes, dtype=np.uint8), np.array(maps, dtype=np.uint8),
                  np.array(keys, dtype=np.int64), np.array(counts, dtype=np.int64), events,
                  np.array(times, dtype=np.int64) if times else None)
