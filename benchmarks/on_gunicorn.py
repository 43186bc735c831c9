"""What ServeStatic costs on gunicorn, beside a bare application and the peers.

Run ``.venv/bin/python benchmarks/on_gunicorn.py``. It needs wrk (apt-get install wrk) and two cores.
wrk runs on core 0; ``--server-cores 1`` keeps the servers, with all their threads, on the other one.
"""

from __future__ import annotations

from collections.abc import Iterator

from loads import large_file, small_file
from measure import Target
from servers import Contender, Contest, run
from two_files import compile_two_files, large, small

THREADS = 4
SERVER = f"gunicorn (gthread, {THREADS} threads)"
OURS, BARE, SERVESTATIC, WHITENOISE = "ours", "bare application", "ServeStatic 4.4", "WhiteNoise"
APPLICATIONS = {OURS: "ours", BARE: "bare", SERVESTATIC: "servestatic", WHITENOISE: "whitenoise"}


def main() -> None:
    """Measure all of them in turn and print the tables."""
    compile_two_files()
    run(__doc__, _contests())


def _contests() -> Iterator[Contest]:
    targets = {
        (OURS, BARE): Target("at least", 0.97),
        (OURS, SERVESTATIC): Target("at least", 1.2),
        (OURS, WHITENOISE): Target("at least", 1.2),
    }
    yield Contest(small_file(SERVER), {name: _gunicorn(name, small().url) for name in APPLICATIONS}, targets)
    contenders = {name: _gunicorn(name, large().url) for name in (OURS, SERVESTATIC)}
    yield Contest(large_file(SERVER), contenders, {(OURS, SERVESTATIC): Target("at least", 0.95)})


def _gunicorn(name: str, url: str) -> Contender:
    factory = f"applications:wsgi_{APPLICATIONS[name]}()"
    server = ["gunicorn", factory, "--bind", "127.0.0.1:0", "--workers", "1"]
    return Contender([*server, "--worker-class", "gthread", "--threads", str(THREADS)], url)


if __name__ == "__main__":
    main()
