"""The caches that stand in front of an application, as a CDN would: what they do is decided by our headers alone."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from support.connections import Got
from support.nginx import nginx
from support.processes import Running, started
from support.required import program

STATUS_HEADER = "x-status"  # in which the origin repeats its status

# Neither proxy_cache_valid nor proxy_ignore_headers: nothing but the answers' own headers says what is kept.
_NGINX = """
proxy_cache_path cache keys_zone=static:1m;
server {{
    listen 80;
    location / {{
        proxy_pass http://127.0.0.1:{origin};
        proxy_cache static;
        proxy_cache_revalidate on;
        add_header X-Cache $upstream_cache_status always;
    }}
}}
"""


@dataclass(frozen=True, slots=True)
class Cache:
    """A cache, and how its answers tell what it did."""

    start: Callable[[int, Path], AbstractContextManager[Running]]  # from the port of the origin and a directory
    is_hit: Callable[[Got], bool]
    was_revalidated: Callable[[Got], bool]
    unpacks: bool = False  # keeps gzip alone, and unpacks it for who wants none; what it unpacks it can't cut


def _nginx(origin: int, directory: Path) -> AbstractContextManager[Running]:
    return nginx(_NGINX.format(origin=origin), directory)


def _varnish(*options: str) -> Callable[[int, Path], AbstractContextManager[Running]]:
    def start(origin: int, directory: Path) -> AbstractContextManager[Running]:
        return started(
            [
                *(program("SERVERS", "varnishd"), "-F", "-j", "none", "-T", "none"),
                *("-n", str(directory), "-s", "malloc,64m"),
                *("-a", "127.0.0.1:0", "-b", f"127.0.0.1:{origin}", *options),
            ]
        )

    return start


def _nginx_says(state: str, got: Got) -> bool:
    return got.headers.get("x-cache") == state


def _varnish_hit(got: Got) -> bool:
    """Return whether there are two numbers, this request's and that of the one that brought the answer."""
    return len(got.headers["x-varnish"].split()) == 2


def _varnish_revalidated(got: Got) -> bool:
    """Return whether the stored answer has been updated by a 304 (RFC 9111 4.3.4); see STATUS_HEADER."""
    return got.headers[STATUS_HEADER] == "304"


CACHES: Mapping[str, Cache] = {
    "nginx": Cache(_nginx, partial(_nginx_says, "HIT"), partial(_nginx_says, "REVALIDATED")),
    "Varnish": Cache(_varnish(), _varnish_hit, _varnish_revalidated, unpacks=True),
    "Varnish without gzip": Cache(_varnish("-p", "http_gzip_support=off"), _varnish_hit, _varnish_revalidated),
}
