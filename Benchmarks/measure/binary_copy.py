"""The binary format of COPY (PostgreSQL manual, COPY, File Formats): rows apart and together, with other values in some columns."""

import struct

HEADER = b"PGCOPY\n\xff\r\n\0" + struct.pack(">ii", 0, 0)
TRAILER = struct.pack(">h", -1)

_NULL = -1


def rows(file: bytes) -> list[bytes]:
    """The rows of a file, each as it stands in it."""
    if not file.startswith(HEADER):
        raise ValueError("not a binary COPY without extensions")
    found = []
    place = len(HEADER)
    while file[place : place + 2] != TRAILER:
        start = place
        place += 2
        for _ in range(struct.unpack_from(">h", file, start)[0]):
            length: int = struct.unpack_from(">i", file, place)[0]
            place += 4 + max(length, 0)
        found.append(file[start:place])
    return found


def file(of: list[bytes]) -> bytes:
    return b"".join((HEADER, *of, TRAILER))


def replaced(row: bytes, fields: list[bytes]) -> bytes:
    """The row with other values in its first columns."""
    place = 2
    for _ in fields:
        length: int = struct.unpack_from(">i", row, place)[0]
        if length == _NULL:
            raise ValueError("a column to be replaced is null")
        place += 4 + length
    return row[:2] + b"".join(struct.pack(">i", len(field)) + field for field in fields) + row[place:]
