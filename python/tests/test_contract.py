"""Requests that are understood, requests that are refused, and numbers on the wire."""

import json
import math
import os
from pathlib import Path
from typing import Any

import pytest

from conversation import PROTOCOL, request
from track_evaluator import contract
from track_evaluator.channel import Channel, Progress
from track_evaluator.failures import ErrorCode, EvaluationError
from track_evaluator.protocol import Prefix, Protocol, Scoring, Windows


def test_a_request_is_read(tmp_path: Path) -> None:
    line = json.dumps(request(tmp_path, tmp_path / "d.jsonl", {"a/b": ["one", "two"], "c/d": ["three"]})).encode()
    parsed = contract.parse_request(line)
    assert parsed.id == "run-1"
    assert parsed.protocol == Protocol(context=16, dtype="float32")
    assert [(d.index, d.name, d.documents) for d in parsed.domains] == [(0, "a/b", 2), (1, "c/d", 1)]


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"scoring": "assistant-only"}, "assistant-only"),
        ({"windows": "sliding"}, "sliding"),
        ({"windows": "strided"}, "stride"),
        ({"windows": "strided", "stride": 0}, "stride"),
        ({"windows": "strided", "stride": 17}, "stride"),
        ({"windows": "strided", "stride": 4.0}, "stride"),
        ({"prefix": "none"}, "none"),
        ({"dtype": "int8"}, "int8"),
        ({"rule": 2}, "2"),
        ({"rule": True}, "True"),
        ({"context": 1}, "1"),
        ({"context": -5}, "-5"),
        ({"context": 16.0}, "16.0"),
        ({"context": True}, "True"),
        ({"stride": 8}, "stride"),
        ({"dtype": None}, "None"),
    ],
)
def test_an_unknown_key_or_value_is_refused_by_name(change: dict[str, Any], named: str) -> None:
    with pytest.raises(EvaluationError, match=named) as refusal:
        Protocol.parse({**PROTOCOL, **change})
    assert refusal.value.code is ErrorCode.PROTOCOL_UNSUPPORTED


def test_every_known_value_is_read() -> None:
    for scoring in Scoring:
        for windows in Windows:
            for prefix in Prefix:
                stride = {"stride": 8} if windows is Windows.STRIDED else {}
                value = {**PROTOCOL, "scoring": scoring.value, "windows": windows.value, "prefix": prefix.value, **stride}
                expected = Protocol(16, "float32", scoring=scoring, windows=windows, prefix=prefix, stride=stride.get("stride"))
                assert Protocol.parse(value) == expected


@pytest.mark.parametrize("key", sorted(PROTOCOL))
def test_a_missing_key_is_never_replaced_by_a_default(key: str) -> None:
    with pytest.raises(EvaluationError, match=key):
        Protocol.parse({name: value for name, value in PROTOCOL.items() if name != key})


@pytest.mark.parametrize("line", [b"{", b"[]", b"\xff\xfe", b'{"type":"evaluate","id":"x"}', b'{"type":"sing","id":"x"}', b"1"])
def test_a_line_that_is_no_request_is_an_internal_error(line: bytes) -> None:
    with pytest.raises(EvaluationError) as refusal:
        contract.parse_request(line)
    assert refusal.value.code is ErrorCode.INTERNAL


def test_the_id_of_a_broken_request_is_kept() -> None:
    assert contract.request_id(b'{"type":"sing","id":"x"}') == "x"
    assert contract.request_id(b"{") == contract.request_id(b'{"id":7}') == ""


def test_doubles_survive_the_wire_and_not_finite_ones_travel_as_strings() -> None:
    values = [0.1 + 0.2, 1e-300, 5e22, math.inf, -math.inf, math.nan, 3]
    line = contract.encode({"nll": values, "text": "漢\u2028"})
    assert line.count(b"\n") == 1
    assert json.loads(line) == {"nll": [0.1 + 0.2, 1e-300, 5e22, "inf", "-inf", "nan", 3], "text": "漢\u2028"}


def test_only_what_can_pass_by_itself_is_retried() -> None:
    assert {code for code in ErrorCode if code.retry} == {ErrorCode.OUT_OF_MEMORY, ErrorCode.INTERNAL}


def test_progress_is_told_at_most_once_a_second() -> None:
    reading, writing = os.pipe()
    now = 100.0
    progress = Progress(Channel(writing), "run-1", clock=lambda: now)
    for step in range(1, 36):
        now = 100.0 + step / 10
        progress.tokens_done = step
        progress.tell(domain=4, documents_done=step)
    os.close(writing)
    with os.fdopen(reading) as pipe:
        told = [json.loads(line) for line in pipe]
    assert [message["tokens_done"] for message in told] == [10, 20, 30]
    assert told[0] == {
        "type": "progress",
        "id": "run-1",
        "domain": 4,
        "documents_done": 10,
        "tokens_done": 10,
        "tokens_total": 0,
    }
