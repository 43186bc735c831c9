"""Servers that have an export of a release and no application."""

from __future__ import annotations

import getpass
import socket
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

from support.processes import Running, started
from support.required import program

_NGINX = """
daemon off;
user {user};
worker_processes 1;
pid nginx.pid;
error_log stderr;
events {{}}
http {{
    access_log off;
    client_body_temp_path body;
    fastcgi_temp_path fastcgi;
    proxy_temp_path proxy;
    scgi_temp_path scgi;
    uwsgi_temp_path uwsgi;
    include export.conf;
}}
"""
_CADDY = """{{
    admin off
    auto_https off
}}
{site}
"""


@contextmanager
def nginx(export: str, directory: Path) -> Iterator[Running]:
    """Run nginx with an export until the block ends."""
    # nginx does not take port 0, but it takes a socket over, as it does when its binary is replaced.
    with socket.create_server(("127.0.0.1", 0)) as listening:
        listening.set_inheritable(True)
        port = listening.getsockname()[1]
        (directory / "export.conf").write_text(export.replace("listen 80;", f"listen 127.0.0.1:{port};"))
        (directory / "nginx.conf").write_text(_NGINX.format(user=getpass.getuser()))
        command = [program("SERVERS", "nginx"), "-p", str(directory), "-c", "nginx.conf", "-e", "stderr"]
        with started(command, {"NGINX": f"{listening.fileno()};"}, pass_fds=[listening.fileno()]) as running:
            yield running


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
