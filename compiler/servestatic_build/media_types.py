"""Which media types are HTML, which may have a source map, and which are worth a coding."""

from __future__ import annotations

JAVASCRIPT = "text/javascript"
HTML = frozenset({"text/html", "application/xhtml+xml"})
MAPPED = frozenset({"text/css", JAVASCRIPT})  # may have a source map

# Types whose format is compressed already: another coding costs time and gains nothing.
_COMPRESSED = frozenset(
    {
        "application/gzip",
        "application/vnd.rar",
        "application/x-7z-compressed",
        "application/x-brotli",
        "application/x-bzip2",
        "application/x-xz",
        "application/zip",
        "application/zstd",
        "font/woff",
        "font/woff2",
    }
)
_COMPRESSED_KINDS = ("image/", "audio/", "video/")
_TEXTUAL = frozenset({"image/bmp", "image/svg+xml", "image/x-icon", "audio/wav", "audio/midi"})


def compresses(media_type: str) -> bool:
    """Return whether files of this type are worth another coding."""
    if media_type in _TEXTUAL:
        return True
    return media_type not in _COMPRESSED and not media_type.startswith(_COMPRESSED_KINDS)
