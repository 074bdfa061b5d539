"""The messages of the evaluator contract, version 1 (`docs/evaluator-contract.md`): parsing, refusing, encoding.

Nothing here knows torch, files or processes. All NLL are in nats.
"""

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, ClassVar

CONTRACT_VERSION = 1
EVALUATOR_NAME = "transformers"


class ErrorCode(StrEnum):
    """Why a whole evaluation could not be done."""

    CHECKPOINT_UNREADABLE = "checkpoint_unreadable"
    CHECKPOINT_INVALID = "checkpoint_invalid"
    PROTOCOL_UNSUPPORTED = "protocol_unsupported"
    OUT_OF_MEMORY = "out_of_memory"
    INTERNAL = "internal"

    @property
    def retry(self) -> bool:
        """Whether the same request can succeed later without anybody changing the checkpoint or the protocol."""
        return self in (ErrorCode.OUT_OF_MEMORY, ErrorCode.INTERNAL)


class EvaluationError(Exception):
    """Ends one evaluation. The message is for a person: what happened, where, and what to do."""

    def __init__(self, code: ErrorCode, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


@dataclass(frozen=True)
class Protocol:
    """What a number means. Only values of contract version 1 can be constructed by `parse`."""

    context: int  # tokens; 0 is the model's own maximum
    dtype: str  # of weights and activations; the log-softmax is always float32

    FIXED: ClassVar[dict[str, object]] = {
        "scoring": "all-tokens",
        "windows": "disjoint",
        "prefix": "bos-or-eos",
        "rule": 1,
    }
    DTYPES: ClassVar[tuple[str, ...]] = ("float32", "bfloat16", "float16")

    @classmethod
    def parse(cls, value: object) -> "Protocol":
        """Reads a protocol. An unknown key or value is refused by name, never replaced."""
        fields = _object(value, "protocol")
        known = {*cls.FIXED, "context", "dtype"}
        for key in sorted(fields.keys() - known):
            raise _unsupported(f"this evaluator does not know the protocol key {key!r}")
        for key in sorted(known - fields.keys()):
            raise _unsupported(f"the protocol lacks {key!r}")
        for key, only in cls.FIXED.items():
            if fields[key] != only or type(fields[key]) is not type(only):
                raise _unsupported(f"protocol {key} = {fields[key]!r} is unknown; this evaluator knows {only!r}")
        context, dtype = fields["context"], fields["dtype"]
        if type(context) is not int or context < 0 or context == 1:
            raise _unsupported(f"protocol context = {context!r} is not 0 (the model's maximum) or at least 2 tokens")
        if dtype not in cls.DTYPES:
            raise _unsupported(f"protocol dtype = {dtype!r} is unknown; this evaluator knows {', '.join(cls.DTYPES)}")
        return cls(context=context, dtype=dtype)


@dataclass(frozen=True)
class Domain:
    """One domain of the request and how many lines of the documents file belong to it."""

    index: int
    name: str
    documents: int


@dataclass(frozen=True)
class Evaluate:
    """One request: a checkpoint, a protocol, a file of documents and the domains they belong to."""

    id: str
    checkpoint: str  # folder
    digest: str
    protocol: Protocol
    documents: str  # file of JSON Lines
    domains: tuple[Domain, ...]


def parse_request(line: bytes) -> Evaluate:
    """Reads one line from the worker.

    Raises EvaluationError: `protocol_unsupported` for an unknown protocol, `internal` for a line that is no request.
    """
    fields = _object(_json(line), "request")
    if fields.get("type") != "evaluate":
        raise _malformed(f"a request of type {fields.get('type')!r} is unknown; contract version 1 knows 'evaluate'")
    checkpoint = _object(fields.get("checkpoint"), "checkpoint")
    domains = fields.get("domains")
    if not isinstance(domains, list) or not domains:
        raise _malformed("the request names no domains")
    request = Evaluate(
        id=_string(fields, "id"),
        checkpoint=_string(checkpoint, "path"),
        digest=_string(checkpoint, "digest"),
        protocol=Protocol.parse(fields.get("protocol")),
        documents=_string(fields, "documents"),
        domains=tuple(_domain(each) for each in domains),
    )
    if len({domain.index for domain in request.domains}) != len(request.domains):
        raise _malformed("the request names one domain index twice")
    return request


def request_id(line: bytes) -> str:
    """The id of a request, as far as it can be read: an answer to a broken request should still carry it."""
    try:
        value = json.loads(line)
    except (ValueError, RecursionError):
        return ""
    identifier = value.get("id") if isinstance(value, dict) else None
    return identifier if isinstance(identifier, str) else ""


def encode(message: Mapping[str, Any]) -> bytes:
    """One line: UTF-8 JSON, doubles in their shortest round-trip form, not-finite numbers as strings."""
    return json.dumps(_finite(message), ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode() + b"\n"


def hello(version: str, environment: Mapping[str, str]) -> dict[str, Any]:
    """The first message of the process."""
    return {
        "type": "hello",
        "contract": CONTRACT_VERSION,
        "evaluator": EVALUATOR_NAME,
        "version": version,
        "environment": dict(environment),
    }


def error(identifier: str, failure: EvaluationError) -> dict[str, Any]:
    """The message for an evaluation that cannot be done."""
    return {
        "type": "error",
        "id": identifier,
        "code": failure.code.value,
        "retry": failure.code.retry,
        "message": failure.message,
    }


def _finite(value: Any) -> Any:
    if isinstance(value, float):
        if math.isnan(value):
            return "nan"
        if math.isinf(value):
            return "inf" if value > 0 else "-inf"
        return value
    if isinstance(value, Mapping):
        return {key: _finite(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(each) for each in value]
    return value


def _json(line: bytes) -> object:
    try:
        return json.loads(line)
    except (ValueError, RecursionError) as problem:
        raise _malformed(f"a request line is not JSON in UTF-8: {problem}") from problem


def _object(value: object, what: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise _malformed(f"the {what} is not a JSON object")
    return value


def _string(fields: Mapping[str, Any], key: str) -> str:
    value = fields.get(key)
    if not isinstance(value, str) or not value:
        raise _malformed(f"{key!r} is not a text that says something")
    return value


def _domain(value: object) -> Domain:
    fields = _object(value, "domain")
    index, count = fields.get("index"), fields.get("documents")
    name = _string(fields, "name")
    if type(index) is not int or index < 0 or type(count) is not int or count < 0:
        raise _malformed(f"domain {name}: index and documents are not whole numbers from 0 on")
    return Domain(index=index, name=name, documents=count)


def _malformed(what: str) -> EvaluationError:
    return EvaluationError(ErrorCode.INTERNAL, f"{what}. The worker and the evaluator disagree: use one release of both.")


def _unsupported(what: str) -> EvaluationError:
    return EvaluationError(ErrorCode.PROTOCOL_UNSUPPORTED, f"{what}. Change the protocol, or use an evaluator that knows it.")
