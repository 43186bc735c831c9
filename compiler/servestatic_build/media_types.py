"""Which media types are HTML, which may have a source map, and which are worth a coding."""

from __future__ import annotations

from collections.abc import Mapping

from servestatic_runtime.media_types import BY_SUFFIX, media_type

JAVASCRIPT = "text/javascript"
WEB_MANIFEST = "application/manifest+json"
HTML = frozenset({"text/html", "application/xhtml+xml"})
MAPPED = frozenset({"text/css", JAVASCRIPT})  # may have a source map

# Types whose format is compressed already: another coding costs time and gains nothing.
_COMPRESSED = frozenset(
    {
        "application/gzip",
        "application/java-archive",
        "application/vnd.google-earth.kmz",
        "application/vnd.rar",
        "application/x-7z-compressed",
        "application/x-brotli",
        "application/x-bzip2",
        "application/x-redhat-package-manager",
        "application/x-shockwave-flash",
        "application/x-stuffit",
        "application/x-xpinstall",
        "application/x-xz",
        "application/zip",
        "application/zstd",
        "font/woff",
        "font/woff2",
    }
)
_COMPRESSED_KINDS = (
    "image/",
    "audio/",
    "video/",
    "application/vnd.oasis.opendocument.",
    "application/vnd.openxmlformats-officedocument.",
)
_ZIP = "+zip"  # RFC 6839 3.6
# Images and sounds that are not compressed, or in a way that a coding improves on.
_TEXTUAL = frozenset(
    {
        "audio/midi",
        "audio/wav",
        "image/bmp",
        "image/ktx",
        "image/ktx2",
        "image/svg+xml",
        "image/vnd.radiance",
        "image/x-icon",
    }
)


def compresses(media_type: str) -> bool:
    """Return whether files of this type are worth another coding."""
    if media_type in _TEXTUAL:
        return True
    is_packed = media_type in _COMPRESSED or media_type.endswith(_ZIP)
    return not is_packed and not media_type.startswith(_COMPRESSED_KINDS)


# Formats that are read in parts, by their offsets in the file: of a coded file no part can be had. Many of them
# compress their parts themselves.
_RANDOM_ACCESS = (
    ".arrow",
    ".db",
    ".duckdb",
    ".feather",
    ".fgb",
    ".gpkg",
    ".h5",
    ".hdf5",
    ".mbtiles",
    ".nc",
    ".parquet",
    ".pmtiles",
    ".sqlite",
    ".sqlite3",
    ".tif",
    ".tiff",
)
_ZARR = ".zarr/"  # a directory, whose chunks are files of any name


def is_random_access(name: str) -> bool:
    """Return whether the file of a logical name is read in parts, so that a coding makes it useless."""
    lower = name.lower()
    return lower.endswith(_RANDOM_ACCESS) or _ZARR in lower


_CODED_SUFFIXES = frozenset({"gz", "br", "zst"})


def decoded_type(name: str, overrides: Mapping[str, str]) -> str:
    """Return the type of what a coded file decodes to: of the suffix before the last, where that says a coding or nothing."""
    stem, _, suffix = name.rpartition(".")
    known = {*overrides, *BY_SUFFIX} - _CODED_SUFFIXES
    return media_type(name if suffix.lower() in known else stem, overrides)
