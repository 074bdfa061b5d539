"""The programs of the demo: disjoint domains, and a sink that believes only signed deliveries."""

import base64
import hashlib
import hmac
import http.client
import json
import re
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

import make_domains
from webhook_sink import Sink, decode_secret, refusal

PROGRAMS = Path(make_domains.__file__).parent
KEY = b"0123456789abcdef01234567"
SECRET = "whsec_" + base64.b64encode(KEY).decode()


def make(out: Path, seed: int) -> dict[str, dict[str, list[str]]]:
    """Runs the program; texts by side and domain."""
    command = [sys.executable, str(PROGRAMS / "make_domains.py"), str(out), "--seed", str(seed), "--small"]
    subprocess.run(command, check=True, capture_output=True)
    return {
        side: {
            f"{path.parent.name}/{path.stem}": [json.loads(line)["text"] for line in path.read_text().split("\n") if line]
            for path in (out / side).glob("*/*.jsonl")
        }
        for side in ("heldout", "training")
    }


def long_paragraphs(texts: list[str]) -> list[str]:
    blocks = [" ".join(re.findall(r"\w+", block.lower())) for text in texts for block in text.split("\n\n")]
    return [block for block in blocks if len(block.split()) >= 13]


def test_heldout_and_training_text_share_no_long_paragraph_and_no_document(tmp_path: Path) -> None:
    made = make(tmp_path, 1)
    heldout = [text for texts in made["heldout"].values() for text in texts]
    training = [text for texts in made["training"].values() for text in texts]
    assert len(long_paragraphs(heldout)) > 50
    assert not set(long_paragraphs(heldout)) & set(long_paragraphs(training))
    assert not set(heldout) & set(training)
    assert len(heldout) == len(set(heldout))


def test_the_small_set_has_five_domains_of_moderate_documents(tmp_path: Path) -> None:
    made = make(tmp_path, 1)
    assert len(made["heldout"]) == 5
    assert "legal/licences" in made["heldout"]
    assert made["heldout"].keys() == made["training"].keys()
    for texts in made["heldout"].values():
        assert len(texts) >= 15
        assert all(len(text.encode()) <= 4000 for text in texts)
    assert json.loads((tmp_path / "domains.json").read_text())["seed"] == 1


def test_the_seed_decides_what_is_drawn(tmp_path: Path) -> None:
    first, again, other = make(tmp_path / "a", 1), make(tmp_path / "b", 1), make(tmp_path / "c", 2)
    assert first == again
    assert first["heldout"] != other["heldout"]


def test_perl_code_and_its_documentation_are_told_apart() -> None:
    text = "package A;\n\n=head1 NAME\n\nWhat it is\n\n=cut\n\nsub b { 1 }\n"
    assert make_domains.code_without_pod(text) == ["package A;\n\n\n\nsub b { 1 }\n"]
    assert make_domains.pod(text) == ["=head1 NAME\n\nWhat it is\n\n"]


def test_long_blocks_are_cut_and_lose_nothing() -> None:
    block = "\n".join(f"line {number}\n  inside" for number in range(50))
    parts = list(make_domains.paragraphs(block, 100))
    assert "\n".join(parts) == block
    assert max(len(part.encode()) for part in parts) <= 100


def sign(identifier: str, timestamp: int, body: bytes, key: bytes = KEY) -> dict[str, str]:
    mac = hmac.new(key, f"{identifier}.{timestamp}.".encode() + body, hashlib.sha256).digest()
    return {
        "webhook-id": identifier,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": "v1," + base64.b64encode(mac).decode(),
    }


def test_the_signature_of_the_published_example_holds() -> None:
    """The test vector that the libraries of Standard Webhooks use."""
    key = decode_secret("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    headers = {
        "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
        "webhook-timestamp": "1614265330",
        "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    }
    assert refusal(key, headers, b'{"test": 2432232314}', 1614265330) is None


@pytest.mark.parametrize(
    ("change", "body", "later"),
    [
        ({"webhook-id": "other"}, b"{}", 0),
        ({"webhook-signature": "v1,AAAA"}, b"{}", 0),
        ({"webhook-signature": ""}, b"{}", 0),
        ({"webhook-timestamp": "soon"}, b"{}", 0),
        ({}, b"{ }", 0),
        ({}, b"{}", 301),
        ({}, b"{}", -301),
    ],
)
def test_a_delivery_that_was_changed_or_is_old_is_refused(change: dict[str, str], body: bytes, later: int) -> None:
    headers = sign("one", 1000, b"{}")
    assert refusal(KEY, headers, b"{}", 1000) is None
    assert refusal(KEY, {**headers, **change}, body, 1000 + later) is not None


def test_one_right_signature_among_several_is_enough() -> None:
    headers = sign("one", 1000, b"{}")
    headers["webhook-signature"] = "v1,AAAA v2,x " + headers["webhook-signature"]
    assert refusal(KEY, headers, b"{}", 1000) is None


@pytest.mark.parametrize("secret", ["", "whsec_", "whsec_***", "secret_QUJD", "QUJD"])
def test_a_secret_of_another_form_is_refused(secret: str) -> None:
    with pytest.raises(ValueError, match="whsec_"):
        decode_secret(secret)


@pytest.fixture
def sink(tmp_path: Path) -> Iterator[Sink]:
    with Sink(0, decode_secret(SECRET), tmp_path / "out.jsonl") as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def test_only_verified_deliveries_are_written_down(sink: Sink, tmp_path: Path) -> None:
    body = json.dumps({"type": "alert.firing", "sentence": "schlechter als größer"}).encode()

    def post(headers: dict[str, str]) -> int:
        connection = http.client.HTTPConnection("127.0.0.1", sink.server_port, timeout=10)
        connection.request("POST", "/", body, headers)
        status = connection.getresponse().status
        connection.close()
        return status

    now = int(time.time())
    assert post(sign("one", now, body)) == 204
    assert post(sign("two", now, body, key=b"another key")) == 401
    assert post(sign("three", now, body + b" ")) == 401
    (line,) = (tmp_path / "out.jsonl").read_text().splitlines()
    assert json.loads(line) == {"id": "one", "timestamp": now, "body": json.loads(body)}


@pytest.mark.parametrize(
    ("outside", "inside", "forgot", "learned"),
    [(0.2, -0.1, "less", "less"), (0.504, -0.3, "as much", "more"), (0.51, -0.204, "more", "as much")],
)
def test_two_lineages_are_set_side_by_side_as_measured(
    tmp_path: Path, outside: float, inside: float, forgot: str, learned: str
) -> None:
    listings = {
        "plain": [(None, None, None), (10, -0.1, 0.2), (20, -0.2, 0.5)],
        "masked": [(None, None, None), (10, -0.05, 0.1), (20, inside, outside)],
    }
    for name, rows in listings.items():
        said = [
            {"checkpoint": {"description": {"step": step}}, "in_domain_log_ratio": near, "ood_log_ratio": far}
            for step, near, far in rows
        ]
        (tmp_path / name).write_text(json.dumps(said))
    track = tmp_path / "track"
    track.write_text(f'#!/bin/sh\ncat {tmp_path}/"$3"\n')
    track.chmod(0o755)
    command = [sys.executable, str(PROGRAMS / "compare_lineages.py"), "--track", str(track), "plain", "masked"]
    printed = subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()
    assert printed[-3].split() == ["10", "-9.5", "%", "+22.1", "%", "-4.9", "%", "+10.5", "%"]
    assert f"forgot {forgot}." in printed[-1]
    assert f"learned {learned}." in printed[-1]
