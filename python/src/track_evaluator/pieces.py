"""What the tokens of a vocabulary read as, one by one and joined to text again.

A token of a byte-level vocabulary can be a part of a character. Alone it stands as its bytes, `<0xE2>`; in a text the tokens of one
character are shown together.
"""

from collections.abc import Iterator, Sequence
from typing import Any

Group = tuple[int, int, str]
"""A stretch of tokens [begin, end) that reads as a text together."""


class Vocabulary:
    """Turns token ids into what people read."""

    def __init__(self, tokenizer: Any) -> None:
        self._tokenizer = tokenizer
        self._special = set(tokenizer.all_special_ids)

    def texts(self, ids: Sequence[int]) -> list[str]:
        """Each by itself."""
        return [_readable(self._bytes(token)) for token in ids]

    def groups(self, ids: Sequence[int]) -> Iterator[Group]:
        """The tokens in order, those together that make whole characters. Bytes that never become one stand for themselves."""
        begin, held = 0, b""
        for place, token in enumerate(ids):
            held += self._bytes(token)
            if _is_whole(held) or not _may_go_on(held):
                yield begin, place + 1, _readable(held)
                begin, held = place + 1, b""
        if begin < len(ids):
            yield begin, len(ids), _readable(held)

    def _bytes(self, token: int) -> bytes:
        form = self._tokenizer.convert_ids_to_tokens(token)
        if form is None:  # the logits can be wider than the vocabulary
            return f"<{token}>".encode()
        if token in self._special:
            return form.encode(errors="replace")
        if len(form) == 6 and form.startswith("<0x") and form.endswith(">"):  # SentencePiece's byte fallback
            try:
                return bytes([int(form[3:5], 16)])
            except ValueError:
                return form.encode()
        if self._is_byte_level and all(character in BYTES for character in form):
            return bytes(BYTES[character] for character in form)
        return form.replace("\u2581", " ").encode(errors="replace")

    @property
    def _is_byte_level(self) -> bool:
        """Whether a blank is spelled as byte-level vocabularies do, and not as SentencePiece does."""
        if not hasattr(self, "_spelling"):
            forms = self._tokenizer.get_vocab()
            self._spelling = any("\u0120" in form for form in forms) and not any("\u2581" in form for form in forms)
        return self._spelling


def _byte_alphabet() -> dict[str, int]:
    """GPT-2's characters for the 256 bytes: printable ones are themselves, the others follow from U+0100 on."""
    printable = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    others = [byte for byte in range(256) if byte not in printable]
    return {chr(byte): byte for byte in printable} | {chr(256 + place): byte for place, byte in enumerate(others)}


BYTES = _byte_alphabet()


def _is_whole(held: bytes) -> bool:
    try:
        held.decode()
    except UnicodeDecodeError:
        return False
    return True


def _may_go_on(held: bytes) -> bool:
    """Whether more bytes could make whole characters of these."""
    try:
        held.decode()
    except UnicodeDecodeError as problem:
        return problem.reason == "unexpected end of data"
    return True


def _readable(held: bytes) -> str:
    """Text, with every byte that is none, NUL and code points that are no characters as `<0xE2>`."""
    result = []
    at = 0
    while at < len(held):
        try:
            text, stop = held[at:].decode(), len(held)
            bad = b""
        except UnicodeDecodeError as problem:
            text, stop = held[at : at + problem.start].decode(), at + problem.end
            bad = held[at + problem.start : stop]
        result += [each if _is_character(each) else _spelled(each.encode()) for each in text]
        result.append(_spelled(bad))
        at = stop
    return "".join(result)


def _spelled(held: bytes) -> str:
    return "".join(f"<0x{byte:02X}>" for byte in held)


def _is_character(each: str) -> bool:
    code = ord(each)
    return code != 0 and code & 0xFFFE != 0xFFFE and not 0xFDD0 <= code <= 0xFDEF
