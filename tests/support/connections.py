"""A client's side of a connection, down to the bytes where that matters."""

from __future__ import annotations

import socket
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection, HTTPResponse
from typing import NamedTuple

_TIMEOUT_SECONDS = 60
_RESET_ON_CLOSE = struct.pack("ii", 1, 0)


class Got(NamedTuple):
    """An answer; header names in lower case."""

    status: int
    headers: dict[str, str]
    body: bytes


def connected(port: int) -> HTTPConnection:
    """Return a connection, made when it is first used."""
    return HTTPConnection("127.0.0.1", port, timeout=_TIMEOUT_SECONDS)


def ask(connection: HTTPConnection, path: str, method: str = "GET", *body: bytes, **fields: str) -> Got:
    """Send a request with these fields (``accept_encoding="br"``) and no others but Host, then the body as it is."""
    connection.putrequest(method, path, skip_accept_encoding=True)
    for name, value in fields.items():
        connection.putheader(name.replace("_", "-"), value)
    connection.endheaders(b"".join(body))
    return _got(connection.getresponse())


def tell(port: int, request: bytes) -> Got:
    """Send a request, byte for byte, over a connection of its own and return the answer."""
    with socket.create_connection(("127.0.0.1", port), _TIMEOUT_SECONDS) as sock:
        sock.sendall(request)
        response = HTTPResponse(sock)
        response.begin()
        return _got(response)


def exchange(port: int, sent: bytes) -> bytes:
    """Send bytes over a connection of their own and return all that comes back until the server closes it."""
    with socket.create_connection(("127.0.0.1", port), _TIMEOUT_SECONDS) as sock:
        sock.sendall(sent)
        return b"".join(iter(lambda: sock.recv(65536), b""))


def _got(response: HTTPResponse) -> Got:
    body = response.read()
    return Got(response.status, {name.lower(): value for name, value in response.getheaders()}, body)


@contextmanager
def download(port: int, path: str) -> Iterator[HTTPResponse]:
    """Begin a download that goes on only as far as it is read, and break it off when the block ends."""
    with socket.socket() as sock:
        sock.settimeout(_TIMEOUT_SECONDS)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65536)  # so small that the server has to wait
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_ON_CLOSE)
        sock.connect(("127.0.0.1", port))
        sock.sendall(f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode())
        with HTTPResponse(sock) as response:
            response.begin()
            yield response
