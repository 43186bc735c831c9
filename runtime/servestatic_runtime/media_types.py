"""Media types by suffix: our own table, so that no machine's own decides (https://www.iana.org/assignments/media-types)."""

from __future__ import annotations

from collections.abc import Mapping

DEFAULT = "application/octet-stream"

BY_SUFFIX = {
    # Documents and code
    "css": "text/css",
    "csv": "text/csv",
    "htm": "text/html",
    "html": "text/html",
    "ics": "text/calendar",
    "js": "text/javascript",
    "md": "text/markdown",
    "mjs": "text/javascript",
    "cjs": "text/javascript",
    "txt": "text/plain",
    "vtt": "text/vtt",
    "xhtml": "application/xhtml+xml",
    "xml": "application/xml",
    "xsl": "application/xslt+xml",
    "atom": "application/atom+xml",
    "rss": "application/rss+xml",
    "json": "application/json",
    "jsonld": "application/ld+json",
    "geojson": "application/geo+json",
    "map": "application/json",
    "webmanifest": "application/manifest+json",
    "wasm": "application/wasm",
    "pdf": "application/pdf",
    "rtf": "application/rtf",
    "bin": "application/octet-stream",
    # Images
    "apng": "image/apng",
    "avif": "image/avif",
    "bmp": "image/bmp",
    "cur": "image/x-icon",
    "gif": "image/gif",
    "heic": "image/heic",
    "ico": "image/x-icon",
    "jpeg": "image/jpeg",
    "jpg": "image/jpeg",
    "jxl": "image/jxl",
    "png": "image/png",
    "svg": "image/svg+xml",
    "tif": "image/tiff",
    "tiff": "image/tiff",
    "webp": "image/webp",
    # Fonts
    "eot": "application/vnd.ms-fontobject",
    "otf": "font/otf",
    "ttc": "font/collection",
    "ttf": "font/ttf",
    "woff": "font/woff",
    "woff2": "font/woff2",
    # Sound and film
    "aac": "audio/aac",
    "flac": "audio/flac",
    "m3u8": "application/vnd.apple.mpegurl",
    "m4a": "audio/mp4",
    "m4v": "video/mp4",
    "mid": "audio/midi",
    "mov": "video/quicktime",
    "mp3": "audio/mpeg",
    "mp4": "video/mp4",
    "mpd": "application/dash+xml",
    "oga": "audio/ogg",
    "ogg": "audio/ogg",
    "ogv": "video/ogg",
    "opus": "audio/ogg",
    "wav": "audio/wav",
    "weba": "audio/webm",
    "webm": "video/webm",
    # Models and data
    "glb": "model/gltf-binary",
    "gltf": "model/gltf+json",
    "obj": "model/obj",
    "stl": "model/stl",
    # Archives
    "7z": "application/x-7z-compressed",
    "br": "application/x-brotli",
    "bz2": "application/x-bzip2",
    "gz": "application/gzip",
    "rar": "application/vnd.rar",
    "tar": "application/x-tar",
    "tgz": "application/gzip",
    "xz": "application/x-xz",
    "zip": "application/zip",
    "zst": "application/zstd",
}


def media_type(name: str, overrides: Mapping[str, str]) -> str:
    """Return the type of a file by its suffix; ``overrides`` (suffix without the dot to type) goes before the table."""
    _, dot, suffix = name.rpartition("/")[2].lower().rpartition(".")
    suffix = suffix if dot else ""
    return overrides.get(suffix) or BY_SUFFIX.get(suffix, DEFAULT)


def content_type(media_type: str) -> str:
    """Return the Content-Type of a media type: text is UTF-8, unless the settings say otherwise."""
    is_bare_text = media_type.startswith("text/") and ";" not in media_type
    return f"{media_type}; charset=utf-8" if is_bare_text else media_type
