"""Servers that have an export of a release and no application."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

from support.nginx import nginx
from support.processes import Running, started
from support.required import program

_CADDY = """{{
    admin off
    auto_https off
}}
{site}
"""


@contextmanager
def caddy(export: str, directory: Path) -> Iterator[Running]:
    """Run Caddy with an export until the block ends."""
    # Caddy takes neither port 0 nor a socket.
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    site = export.replace(":80 {", f":{port} {{\n    bind 127.0.0.1")
    (directory / "Caddyfile").write_text(_CADDY.format(site=site))
    command = [program("SERVERS", "caddy"), "run", "--config", "Caddyfile", "--adapter", "caddyfile"]
    with started(command, {"HOME": str(directory)}, directory) as running:
        yield running


STATIC_SERVERS: Mapping[str, Callable[[str, Path], AbstractContextManager[Running]]] = {"nginx": nginx, "caddy": caddy}
