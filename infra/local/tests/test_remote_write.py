import math
import struct
import unittest

from toban_local import remote_write
from toban_local.remote_write import Series


def read_varint(content, at):
    value = shift = 0
    while True:
        byte = content[at]
        value |= (byte & 0x7F) << shift
        at, shift = at + 1, shift + 7
        if byte < 0x80:
            return value, at


def read_message(content):
    """Field number to values, read by the rules of protobuf's wire format."""
    fields, at = [], 0
    while at < len(content):
        key, at = read_varint(content, at)
        if key & 7 == 0:
            value, at = read_varint(content, at)
        elif key & 7 == 1:
            value, at = content[at : at + 8], at + 8
        else:
            length, at = read_varint(content, at)
            value, at = content[at : at + length], at + length
        fields.append((key >> 3, value))
    return fields


def read_snappy(content):
    """Literals only, by snappy's format description."""
    length, at = read_varint(content, 0)
    out = b""
    while at < len(content):
        tag, at = content[at], at + 1
        assert tag & 3 == 0, "a literal"
        size = tag >> 2
        if size >= 60:
            width = size - 59
            size = int.from_bytes(content[at : at + width], "little")
            at += width
        out += content[at : at + size + 1]
        at += size + 1
    assert len(out) == length
    return out


class RemoteWrite(unittest.TestCase):
    def test_the_bytes_are_those_of_the_protocol(self):
        # Written down from the wire format: one series `{a="b"}`, 1.5 at 1000.
        series = Series({"a": "b"}, 1.5)
        expected = bytes.fromhex("0a16" "0a06" "0a0161120162" "120c" "09000000000000f83f" "10e807")
        self.assertEqual(remote_write.write_request([series], 1000), expected)

    def test_labels_are_sorted_by_name(self):
        series = Series({"b": "2", "__name__": "m", "a": "1"}, 0.0)
        fields = read_message(remote_write.encode_series(series, 1))
        names = [dict(read_message(content))[1] for number, content in fields if number == 1]
        self.assertEqual(names, [b"__name__", b"a", b"b"])

    def test_a_stale_marker_is_prometheus_own_nan(self):
        bits = struct.unpack("<Q", remote_write.encode_value(None))[0]
        self.assertEqual(bits, 0x7FF0000000000002)
        self.assertTrue(math.isnan(struct.unpack("<d", remote_write.encode_value(None))[0]))

    def test_times_before_the_epoch_take_ten_bytes(self):
        self.assertEqual(len(remote_write.varint(-1)), 10)
        self.assertEqual(read_varint(remote_write.varint(-1), 0)[0], 2**64 - 1)

    def test_every_length_survives_snappy(self):
        for length in (0, 1, 59, 60, 61, 65_535, 65_536, 65_537, 200_000):
            content = bytes(index * 7 % 251 for index in range(length))
            self.assertEqual(read_snappy(remote_write.snappy_block(content)), content, length)


if __name__ == "__main__":
    unittest.main()
