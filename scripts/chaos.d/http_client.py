"""A client of the daemon that is not the product's own: plain HTTP over a Unix socket or TCP, one connection per request."""

import http.client
import json
import socket
from dataclasses import dataclass
from typing import Any

import reference


@dataclass(frozen=True)
class Answer:
    """What the daemon said."""

    status: int
    body: bytes

    def json(self) -> Any:
        """The body read as JSON."""
        return json.loads(self.body)


class _UnixConnection(http.client.HTTPConnection):
    def __init__(self, path: str, timeout: float) -> None:
        super().__init__("localhost", timeout=timeout)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self._path)


class Connection:
    """Where to ask, and with which token."""

    def __init__(self, address: str | tuple[str, int], token: str | None, timeout: float) -> None:
        self._address = address
        self._token = token
        self._timeout = timeout

    def ask(self, method: str, path: str, body: object | None = None) -> Answer:
        """One request. Raises OSError when no whole answer came: then nobody knows what became of it."""
        connection = (
            _UnixConnection(self._address, self._timeout)
            if isinstance(self._address, str)
            else http.client.HTTPConnection(*self._address, timeout=self._timeout)
        )
        headers = {"Accept": "application/json", "Connection": "close"}
        content = None
        if body is not None:
            content = body if isinstance(body, bytes) else reference.wire(body).encode()
            headers["Content-Type"] = "application/json"
        if self._token:
            headers["Authorization"] = "Bearer " + self._token
        try:
            connection.request(method, path, content, headers)
            response = connection.getresponse()
            return Answer(response.status, response.read())
        except http.client.HTTPException as broken:
            raise ConnectionError(str(broken) or type(broken).__name__) from broken
        finally:
            connection.close()
