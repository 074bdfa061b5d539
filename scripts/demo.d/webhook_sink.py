"""Receives signed webhooks and writes down those whose signature holds, to show what an alert's receiver gets.

    webhook_sink.py --port 0 --secret-file FILE --out DELIVERIES.jsonl [--port-file FILE]

Signatures are those of Standard Webhooks: HMAC-SHA256 over "id.timestamp.body", in the header webhook-signature as
"v1,<base64>", several divided by spaces; the secret is "whsec_" and base64. Answers 204, or 401 with the reason.
"""

import argparse
import base64
import binascii
import hashlib
import hmac
import json
import os
import sys
import threading
import time
from collections.abc import Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

TOLERANCE = 300  # seconds that a timestamp may differ from this machine's clock
LARGEST_BODY = 1_000_000


def decode_secret(text: str) -> bytes:
    """The key in a secret. Raises ValueError when it is not of the form whsec_<base64>."""
    kind, _, encoded = text.strip().partition("_")
    try:
        key = base64.b64decode(encoded, validate=True)
    except binascii.Error:
        key = b""
    if kind != "whsec" or not key:
        raise ValueError("the secret is not of the form whsec_<base64>")
    return key


def refusal(key: bytes, headers: Mapping[str, str], body: bytes, now: float) -> str | None:
    """Why a delivery is not to be believed, or None."""
    identifier, timestamp = headers.get("webhook-id"), headers.get("webhook-timestamp")
    signatures = headers.get("webhook-signature")
    if not identifier or not timestamp or not signatures:
        return "a header is missing: webhook-id, webhook-timestamp or webhook-signature"
    if not (timestamp.isascii() and timestamp.isdigit()) or abs(now - int(timestamp)) > TOLERANCE:
        return f"the timestamp is more than {TOLERANCE} seconds from now"
    mac = hmac.new(key, f"{identifier}.{timestamp}.".encode() + body, hashlib.sha256).digest()
    expected = b"v1," + base64.b64encode(mac)
    if not any(hmac.compare_digest(expected, each.encode()) for each in signatures.split(" ")):
        return "no signature is right"
    return None


class Sink(ThreadingHTTPServer):
    """A server on loopback that appends every verified delivery to a file as one JSON line."""

    daemon_threads = True

    def __init__(self, port: int, key: bytes, out: Path) -> None:
        super().__init__(("127.0.0.1", port), Delivery)
        self.key = key
        self._out = out
        self._lock = threading.Lock()

    def record(self, delivery: Mapping[str, object]) -> None:
        """Appends one line."""
        with self._lock, self._out.open("a", encoding="utf-8") as file:
            file.write(json.dumps(delivery, ensure_ascii=False) + "\n")


class Delivery(BaseHTTPRequestHandler):
    """One request."""

    server: Sink
    timeout = 10

    def do_POST(self) -> None:
        """Verifies, records, answers."""
        length = self.headers.get("content-length", "")
        if not (length.isascii() and length.isdigit()) or int(length) > LARGEST_BODY:
            return self._answer(413, f"a body has a content-length of at most {LARGEST_BODY} bytes")
        body = self.rfile.read(int(length))
        if reason := refusal(self.server.key, self.headers, body, time.time()):
            return self._answer(401, reason)
        try:
            content = json.loads(body)
        except ValueError:
            return self._answer(400, "the body is not JSON")
        self.server.record({"id": self.headers["webhook-id"], "timestamp": int(self.headers["webhook-timestamp"]), "body": content})
        return self._answer(204, "")

    def _answer(self, status: int, reason: str) -> None:
        content = reason.encode()
        self.send_response(status)
        if status != 204:
            self.send_header("content-type", "text/plain; charset=utf-8")
            self.send_header("content-length", str(len(content)))
        self.end_headers()
        if status != 204:
            self.wfile.write(content)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name in http.server
        """Says on standard error what was answered."""
        print(f"webhook: {format % args}", file=sys.stderr)


def main() -> None:
    """Serves until it is ended. The first line of standard output is the port."""
    parser = argparse.ArgumentParser(description="Receives signed webhooks and writes down those whose signature holds.")
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one")
    parser.add_argument("--secret-file", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--port-file", type=Path)
    arguments = parser.parse_args()
    try:
        key = decode_secret(arguments.secret_file.read_text())
    except (OSError, ValueError) as problem:
        sys.exit(f"{arguments.secret_file}: {problem}")
    sink = Sink(arguments.port, key, arguments.out)
    print(sink.server_port, flush=True)
    if arguments.port_file:
        # Renamed into place, so that a reader never sees half a number.
        half = arguments.port_file.with_suffix(".half")
        half.write_text(f"{sink.server_port}\n")
        os.replace(half, arguments.port_file)  # noqa: PTH105
    sink.serve_forever()


if __name__ == "__main__":
    main()
