"""A minimal Prometheus remote write 1.0 sender, for the demo host: protobuf and snappy by hand.

Formats: prometheus/prompb `WriteRequest`, and snappy's block format with literals only.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

STALE_BITS = 0x7FF0000000000002
LITERAL_MAX = 1 << 16


@dataclass(frozen=True)
class Series:
    labels: Mapping[str, str]
    value: float | None
    """None is the stale marker: the series ended on purpose."""


def varint(number: int) -> bytes:
    # A negative int64 takes its two's complement, as protobuf wants it.
    number &= (1 << 64) - 1
    encoded = bytearray()
    while number > 0x7F:
        encoded.append(number & 0x7F | 0x80)
        number >>= 7
    encoded.append(number)
    return bytes(encoded)


def field(number: int, content: bytes) -> bytes:
    return varint(number << 3 | 2) + varint(len(content)) + content


def encode_value(value: float | None) -> bytes:
    return struct.pack("<Q", STALE_BITS) if value is None else struct.pack("<d", value)


def encode_series(series: Series, time_ms: int) -> bytes:
    labels = b"".join(
        field(1, field(1, name.encode()) + field(2, value.encode()))
        for name, value in sorted(series.labels.items())
    )
    sample = b"\x09" + encode_value(series.value) + b"\x10" + varint(time_ms)
    return labels + field(2, sample)


def write_request(flush: Iterable[Series], time_ms: int) -> bytes:
    return b"".join(field(1, encode_series(series, time_ms)) for series in flush)


def snappy_block(content: bytes) -> bytes:
    parts = [varint(len(content))]
    for start in range(0, len(content), LITERAL_MAX):
        literal = content[start : start + LITERAL_MAX]
        # Tag 61: a literal whose length less one follows in two bytes.
        parts.append(bytes([61 << 2]) + struct.pack("<H", len(literal) - 1) + literal)
    return b"".join(parts)


def flush_body(flush: Iterable[Series], time_ms: int) -> bytes:
    return snappy_block(write_request(flush, time_ms))
