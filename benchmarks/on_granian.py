"""What ServeStaticASGI costs on granian, beside a bare application and ServeStatic 4.4.

Run ``.venv/bin/python benchmarks/on_granian.py``. It needs wrk (apt-get install wrk) and two cores.
wrk runs on core 0; ``--server-cores 1`` keeps the servers, with all their threads, on the other one.
"""

from __future__ import annotations

from collections.abc import Iterator

from loads import large_file, small_file
from measure import Target
from servers import Contender, Contest, run
from two_files import compile_two_files, large, small

SERVER = "granian (ASGI)"
OURS, BARE, SERVESTATIC = "ours", "bare application", "ServeStatic 4.4"
APPLICATIONS = {OURS: "ours", BARE: "bare", SERVESTATIC: "servestatic"}


def main() -> None:
    """Measure all of them in turn and print the tables."""
    compile_two_files()
    run(__doc__, _contests())


def _contests() -> Iterator[Contest]:
    contenders = {name: _granian(name, small().url) for name in APPLICATIONS}
    targets = {(OURS, BARE): Target("at least", 0.93), (OURS, SERVESTATIC): Target("at least", 1.9)}
    yield Contest(small_file(SERVER), contenders, targets)
    contenders = {name: _granian(name, large().url) for name in (OURS, SERVESTATIC)}
    yield Contest(large_file(SERVER), contenders, {(OURS, SERVESTATIC): Target("at least", 0.95)})


def _granian(name: str, url: str) -> Contender:
    factory = f"applications:asgi_{APPLICATIONS[name]}"
    server = ["granian", "--factory", factory, "--interface", "asgi", "--host", "127.0.0.1", "--port", "0"]
    return Contender([*server, "--workers", "1", "--no-ws", "--log-level", "warning"], url)


if __name__ == "__main__":
    main()
