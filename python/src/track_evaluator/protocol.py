"""The scoring protocol of a request: what a number means. Pure values; two numbers compare only under one protocol.

Unknown keys and values are refused by name and never replaced, so that a number always is what its protocol says.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, TypeVar

from track_evaluator.failures import ErrorCode, EvaluationError

RULE = 1
"""Revision of the scoring rule itself that this evaluator implements."""
DTYPES = ("float32", "bfloat16", "float16")
Choice = TypeVar("Choice", bound=StrEnum)
KEYS = frozenset({"scoring", "windows", "context", "prefix", "dtype", "rule"})


class Scoring(StrEnum):
    """Which tokens count."""

    ALL_TOKENS = "all-tokens"
    ASSISTANT_TOKENS = "assistant-tokens"


class Windows(StrEnum):
    """How a document becomes inputs of the model; the arithmetic is in `windows`."""

    DISJOINT = "disjoint"
    STRIDED = "strided"
    TRUNCATED = "truncated"
    PACKED = "packed"


class Prefix(StrEnum):
    """What stands before the first token. Position 0 of a sequence is never scored."""

    BOS_OR_EOS = "bos-or-eos"
    TOKENIZER = "tokenizer"


@dataclass(frozen=True)
class Protocol:
    """What a number means."""

    context: int
    """Tokens of a window; 0 is the model's own maximum."""
    dtype: str
    """Of weights and activations; the log-softmax is always float32."""
    scoring: Scoring = Scoring.ALL_TOKENS
    windows: Windows = Windows.DISJOINT
    prefix: Prefix = Prefix.BOS_OR_EOS
    stride: int | None = None
    """Tokens from one window's begin to the next one's; strided windows only."""

    @classmethod
    def parse(cls, value: object) -> "Protocol":
        """Reads a protocol of a request."""
        if not isinstance(value, dict):
            raise _unsupported("the protocol is not a JSON object")
        windows = _choice(value, "windows", Windows)
        expected = KEYS | ({"stride"} if windows is Windows.STRIDED else set())
        for key in sorted(value.keys() - expected):
            raise _unsupported(f"this evaluator does not know the protocol key {key!r} with {windows} windows")
        for key in sorted(expected - value.keys()):
            raise _unsupported(f"the protocol lacks {key!r}")
        if type(value["rule"]) is not int or value["rule"] != RULE:
            raise _unsupported(f"protocol rule = {value['rule']!r} is unknown; this evaluator knows {RULE}")
        if value["dtype"] not in DTYPES:
            raise _unsupported(f"protocol dtype = {value['dtype']!r} is unknown; this evaluator knows {', '.join(DTYPES)}")
        context = _whole(value, "context")
        if context == 1:
            raise _unsupported("protocol context = 1 is not 0 (the model's maximum) or at least 2 tokens")
        stride = _whole(value, "stride") if windows is Windows.STRIDED else None
        if stride is not None and (stride < 1 or (context and stride > context)):
            raise _unsupported(f"protocol stride = {stride} is not from 1 to the context of {context} tokens")
        return cls(
            context=context,
            dtype=value["dtype"],
            scoring=_choice(value, "scoring", Scoring),
            windows=windows,
            prefix=_choice(value, "prefix", Prefix),
            stride=stride,
        )


def _choice(fields: Mapping[str, Any], key: str, kind: type[Choice]) -> Choice:
    if key not in fields:
        raise _unsupported(f"the protocol lacks {key!r}")
    try:
        return kind(fields[key])
    except ValueError:
        known = ", ".join(kind)
        raise _unsupported(f"protocol {key} = {fields[key]!r} is unknown; this evaluator knows {known}") from None


def _whole(fields: Mapping[str, Any], key: str) -> int:
    value = fields[key]
    if type(value) is not int or value < 0:
        raise _unsupported(f"protocol {key} = {value!r} is not a whole number of tokens from 0 on")
    return value


def _unsupported(what: str) -> EvaluationError:
    return EvaluationError(ErrorCode.PROTOCOL_UNSUPPORTED, f"{what}. Change the protocol, or use an evaluator that knows it.")
