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
