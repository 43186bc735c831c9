"""URL paths: the manifest stores them decoded; browsers see them percent-encoded."""

from __future__ import annotations

# RFC 3986 3.3: pchar and the slash. The colon stays out: a relative reference may not begin "name:".
_PATH_SAFE = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~!$&'()*+,;=@/")
# RFC 3986 3.4, and "%", since a query arrives encoded and is only passed on.
_QUERY_SAFE = _PATH_SAFE | frozenset(b":?%")


def quote_path(path: str) -> str:
    """Return a decoded path as it stands in a URL."""
    return _quote(path.encode(), _PATH_SAFE)


def quote_query(query: bytes) -> str:
    """Return a request's query (without the "?") with every byte that may not stand there encoded."""
    return _quote(query, _QUERY_SAFE)


def _quote(text: bytes, safe: frozenset[int]) -> str:
    return "".join(chr(byte) if byte in safe else f"%{byte:02X}" for byte in text)


def with_fingerprint(path: str, fingerprint: str) -> str:
    """Return a path with a fingerprint before its last suffix: ``css/app.0a1b2c3d4e5f.css``."""
    directory, slash, name = path.rpartition("/")
    stem, dot, suffix = name.rpartition(".")
    return directory + slash + (f"{stem}.{fingerprint}.{suffix}" if dot else f"{name}.{fingerprint}")
