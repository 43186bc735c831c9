"""The preview server: wsgiref's, whose connections stay open as HTTP/1.1 has it.

Chromium takes what an HTTP/1.0 server says for stored without a validator, so a preview would show no 304.
"""

from __future__ import annotations

from http.server import BaseHTTPRequestHandler
from socketserver import ThreadingMixIn
from typing import Any, BinaryIO, cast
from wsgiref.headers import Headers
from wsgiref.simple_server import ServerHandler, WSGIRequestHandler, WSGIServer, make_server

_LONGEST_LINE = 65536


class _Server(ThreadingMixIn, WSGIServer):
    daemon_threads = True


class _Exchange(ServerHandler):
    """One request and its answer."""

    http_version = "1.1"
    wsgi_multithread = True
    request_handler: _Handler  # as these, wsgiref's own are set from outside
    headers: Headers

    def cleanup_headers(self) -> None:
        super().cleanup_headers()
        if self.request_handler.close_connection:
            self.headers["Connection"] = "close"

    def log_exception(self, exc_info: Any) -> None:
        """Close the connection behind an answer that may have been cut short, which its length does not fit."""
        self.request_handler.close_connection = True
        super().log_exception(exc_info)


class _Handler(WSGIRequestHandler):
    """A connection, with request after request."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # headers and body are two packets: the second would wait for an acknowledgement

    def handle(self) -> None:
        try:
            BaseHTTPRequestHandler.handle(self)
        except ConnectionError:  # the client left
            self.close_connection = True

    def handle_one_request(self) -> None:
        self.raw_requestline = self.rfile.readline(_LONGEST_LINE + 1)
        if len(self.raw_requestline) > _LONGEST_LINE:
            self.requestline, self.request_version, self.command = "", "", ""
            self.close_connection = True
            self.send_error(414)
        elif not self.raw_requestline:
            self.close_connection = True
        elif self.parse_request():
            self._answer()

    def _answer(self) -> None:
        has_body = "transfer-encoding" in self.headers or self.headers.get("content-length", "0") != "0"
        if (
            has_body or self.request_version < "HTTP/1.1"
        ):  # nobody reads the body, so what stands behind it is not found
            self.close_connection = True
        exchange = _Exchange(
            cast("BinaryIO", self.rfile), cast("BinaryIO", self.wfile), self.get_stderr(), self.get_environ()
        )
        exchange.request_handler = self
        exchange.run(self.server.get_app())  # type: ignore[attr-defined]  # a WSGIServer


def preview_server(application: Any, host: str, port: int) -> WSGIServer:
    """Return a server that listens at an address; port 0 is any that is free."""
    return make_server(host, port, application, _Server, _Handler)
