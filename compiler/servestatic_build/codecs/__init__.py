"""The codings: for each, how its bytes are made. One table, one module a coding."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from servestatic_build.codecs import br, gzip, zstd

# (identity bytes, effort) -> coded bytes, the same for the same input wherever it runs
Encode: TypeAlias = Callable[[bytes, str], bytes]

CODECS: dict[str, Encode] = {"gzip": gzip.encode, "br": br.encode, "zstd": zstd.encode}

EFFORTS = ("fast", "default", "best")
