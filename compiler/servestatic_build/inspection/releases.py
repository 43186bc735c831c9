"""``servestatic-manifest releases``: the releases whose URLs DIST serves."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from servestatic_build.inspection.json_view import as_json_text
from servestatic_runtime import Manifest
from servestatic_runtime.printable import printable


def releases(dist: str, *, as_json: bool) -> Iterator[str]:
    """Yield the lines about the current release, then the earlier ones, the newest first; raise ManifestError."""
    data = _data(Manifest.open(dist))
    if as_json:
        yield as_json_text({"releases": data})
        return
    for release in data:
        state = f"replaced {_shown(release['replaced'])}" if release["replaced"] is not None else "current"
        label = f"  {printable(release['label'])}" if release["label"] else ""
        yield f"{release['id']}  {_shown(release['time'])}  {release['urls']:,} URLs, {release['bytes']:,} bytes  {state}{label}"


def _data(manifest: Manifest) -> list[dict[str, Any]]:
    """Return the releases; of an earlier one the URLs and bytes that are kept for it and those before it alone."""
    urls: dict[int, int] = defaultdict(int)
    files: dict[int, dict[str, int]] = defaultdict(dict)
    for asset in manifest:
        urls[0] += 1
        files[0] |= {variant.file: variant.size for variant in asset.variants}
    for retired in manifest.retired():
        urls[retired.release] += 1
        files[retired.release] |= {
            variant.file: variant.size for variant in retired.variants if variant.file not in files[0]
        }
    return [
        {**release._asdict(), "urls": urls[place], "bytes": sum(files[place].values())}
        for place, release in enumerate(manifest.releases())
    ]


def _shown(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
