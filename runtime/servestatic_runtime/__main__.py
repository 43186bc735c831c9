"""``python -m servestatic_runtime DIST``: a preview server on the standard library."""

from __future__ import annotations

import argparse
import sys
from itertools import islice

from servestatic_runtime.errors import ManifestError
from servestatic_runtime.manifest import Manifest
from servestatic_runtime.paths import quote_path
from servestatic_runtime.preview import preview_server
from servestatic_runtime.printable import printable
from servestatic_runtime.wsgi import ServeStatic

MOST_ASSETS_READ = 1000
MOST_URLS_SHOWN = 10


def main(arguments: list[str] | None = None) -> int:
    """Serve DIST until interrupted; return the exit code."""
    options = _options(arguments)
    try:
        application = ServeStatic(None, options.dist, strict=True)
        urls = _urls_to_try(Manifest.open(options.dist))
    except ManifestError as error:
        print(printable(f"error: {error}"), file=sys.stderr)
        return 1
    with preview_server(application, options.host, options.port) as server:
        base = f"http://{options.host}:{server.server_port}"
        print(printable(f"Serving {options.dist} (a preview server, not for production). Try:"), flush=True)
        print("\n".join(f"  {base}{url}" for url in urls), flush=True)
        try:
            server.serve_forever()
        except KeyboardInterrupt:
            print()
    return 0


def _options(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser("python -m servestatic_runtime", description="Serve DIST for preview.")
    parser.add_argument("dist", metavar="DIST", help="the directory that servestatic-build wrote")
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (%(default)s)")
    parser.add_argument("--port", type=int, default=8000, help="port to listen on, 0 for any (%(default)s)")
    return parser.parse_args(arguments)


def _urls_to_try(manifest: Manifest) -> list[str]:
    """Return a few URLs: index pages, then the first asset of each suffix."""
    directories: list[str] = []
    by_suffix: dict[str, str] = {}
    for asset in islice(manifest, MOST_ASSETS_READ):
        if asset.directory:
            directories.append(asset.directory)
        else:
            by_suffix.setdefault(asset.url.rpartition(".")[2], asset.url)
    return [quote_path(url) for url in (*directories, *by_suffix.values())][:MOST_URLS_SHOWN]


if __name__ == "__main__":
    sys.exit(main())
