"""What ServeStaticASGI costs on uvicorn, beside bare applications and the peers.

Run ``.venv/bin/python benchmarks/on_uvicorn.py``. It needs wrk (apt-get install wrk) and two cores.
wrk runs on core 0; ``--server-cores 1`` keeps the servers, with all their threads, on the other one.
"""

from __future__ import annotations

from collections.abc import Iterator

from loads import large_file, not_modified, small_file
from measure import Target
from servers import Contender, Contest, run
from two_files import compile_two_files, large, small

SERVER = "uvicorn (httptools, uvloop)"
OURS, BARE, SERVESTATIC = "ours", "bare application", "ServeStatic 4.4"
STARLETTE, BLACKNOISE = "Starlette StaticFiles", "blacknoise"


def main() -> None:
    """Measure all of them in turn and print the tables."""
    compile_two_files()
    run(__doc__, _contests())


def _contests() -> Iterator[Contest]:
    url = small().url
    contenders = {
        OURS: _uvicorn("ours", url),
        BARE: _uvicorn("bare", url),
        SERVESTATIC: _uvicorn("servestatic", url),
        STARLETTE: _uvicorn("starlette", f"{url}.br"),  # it knows no variants, so the variant is asked for
        BLACKNOISE: _uvicorn("blacknoise", url),
    }
    targets = {
        (OURS, BARE): Target("at least", 0.93),
        (OURS, SERVESTATIC): Target("at least", 18),
        (OURS, STARLETTE): Target("at least", 12),
        (OURS, BLACKNOISE): Target("at least", 10),
        (BARE, SERVESTATIC): None,  # the most that any application can reach
    }
    yield Contest(small_file(SERVER), contenders, targets)
    contenders = {OURS: _uvicorn("ours", url), BARE: _uvicorn("bare_304", url)}
    yield Contest(not_modified(SERVER), contenders, {(OURS, BARE): Target("at least", 0.90)})
    url = large().url
    names = {OURS: "ours", STARLETTE: "starlette", SERVESTATIC: "servestatic"}
    contenders = {name: _uvicorn(application, url) for name, application in names.items()}
    targets = {(OURS, STARLETTE): Target("at least", 1.0), (OURS, SERVESTATIC): Target("at least", 10)}
    yield Contest(large_file(SERVER), contenders, targets)


def _uvicorn(name: str, url: str) -> Contender:
    server = ["uvicorn", "--factory", f"applications:asgi_{name}", "--host", "127.0.0.1", "--port", "0"]
    options = ["--workers", "1", "--http", "httptools", "--loop", "uvloop", "--no-access-log", "--lifespan", "off"]
    return Contender([*server, *options], url)


if __name__ == "__main__":
    main()
