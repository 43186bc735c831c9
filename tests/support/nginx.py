"""nginx, run with the servers that a test describes."""

from __future__ import annotations

import getpass
import socket
from collections.abc import Iterator
from contextlib import contextmanager
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
    include servers.conf;
}}
"""


@contextmanager
def nginx(servers: str, directory: Path) -> Iterator[Running]:
    """Run nginx until the block ends, with what stands in its ``http`` block; its ``listen 80`` gets a free port."""
    # nginx does not take port 0, but it takes a socket over, as it does when its binary is replaced.
    with socket.create_server(("127.0.0.1", 0)) as listening:
        listening.set_inheritable(True)
        port = listening.getsockname()[1]
        (directory / "servers.conf").write_text(servers.replace("listen 80;", f"listen 127.0.0.1:{port};"))
        (directory / "nginx.conf").write_text(_NGINX.format(user=getpass.getuser()))
        command = [program("SERVERS", "nginx"), "-p", str(directory), "-c", "nginx.conf", "-e", "stderr"]
        with started(command, {"NGINX": f"{listening.fileno()};"}, pass_fds=[listening.fileno()]) as running:
            yield running
