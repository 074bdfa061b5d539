"""The messages of the evaluator contract, version 1 (`docs/evaluator-contract.md`): parsing, refusing, encoding.

Nothing here knows torch, files or processes. All NLL are in nats.
"""

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from track_evaluator.failures import ErrorCode, EvaluationError
from track_evaluator.protocol import Protocol

CONTRACT_VERSION = 1
EVALUATOR_NAME = "transformers"
MOST_TYPES = 1000


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
    types: int = 0  # of each domain, how many types to list


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
        types=_types(fields.get("types", 0)),
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


def _types(value: object) -> int:
    if type(value) is not int or not 0 <= value <= MOST_TYPES:
        raise _malformed(f"types is not a whole number from 0 to {MOST_TYPES}")
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
