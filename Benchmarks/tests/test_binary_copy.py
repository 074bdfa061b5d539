import struct

import pytest

from measure import binary_copy


def row(*fields: bytes | None) -> bytes:
    packed = [struct.pack(">i", -1) if field is None else struct.pack(">i", len(field)) + field for field in fields]
    return struct.pack(">h", len(fields)) + b"".join(packed)


def test_rows_are_found_whatever_bytes_they_hold():
    # A field that looks like the trailer, an empty one, a null.
    rows = [row(b"\xff\xff\xff\xff", b""), row(None, b"x" * 300), row(None, None)]
    assert binary_copy.rows(binary_copy.file(rows)) == rows
    assert binary_copy.rows(binary_copy.file([])) == []


def test_only_the_first_columns_are_replaced():
    replaced = binary_copy.replaced(row(b"a" * 16, b"bb", None, b"c"), [b"A" * 16, b"longer"])
    assert replaced == row(b"A" * 16, b"longer", None, b"c")


def test_a_null_is_not_replaced():
    with pytest.raises(ValueError, match="null"):
        binary_copy.replaced(row(None, b"b"), [b"A"])


def test_another_format_is_refused():
    with pytest.raises(ValueError, match="binary COPY"):
        binary_copy.rows(b"1\t2\n")
