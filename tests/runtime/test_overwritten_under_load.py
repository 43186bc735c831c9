"""DIST overwritten in place while servers answer from it: they live, and no 200 has other bytes than a release has there."""

from __future__ import annotations

import subprocess
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from threading import Event

import pytest

from servestatic_runtime import Manifest
from support.connections import ask, connected
from support.processes import eventually, started
from support.required import program
from support.servers import gunicorn, module, uvicorn
from support.trees import Compiled, Tree, compile_tree, write_tree

APP = """
from servestatic_runtime import ServeStatic, ServeStaticASGI
wsgi = ServeStatic(None, "dist")
asgi = ServeStaticASGI(None, "dist")
watching_wsgi = ServeStatic(None, "dist", reload=True)
watching_asgi = ServeStaticASGI(None, "dist", reload=True)
"""
CLIENTS = 2
REQUESTS = 30  # of each client, before and behind the change

OVERWRITES = {
    "cp": ["cp", "new/dist/manifest.msgpack", "dist/manifest.msgpack"],
    "cp -r": ["cp", "-r", "new/dist/.", "dist/"],
    "rsync --inplace": ["rsync", "--recursive", "--inplace", "--checksum", "new/dist/", "dist/"],
    "truncate to nothing": ["truncate", "--size", "0", "dist/manifest.msgpack"],
    "truncate by halves": ["truncate", "--size", "500", "dist/manifest.msgpack"],
}


def tree(release: int) -> Tree:
    return {f"{number}.txt": f"release {release}, file {number}\n" * 20 for number in range(20)}


def bodies_of(*releases: Compiled) -> dict[str, set[bytes]]:
    """Return which bodies each URL path may have."""
    bodies: dict[str, set[bytes]] = {}
    for release in releases:
        for asset in Manifest.open(release.dist):
            for path in (asset.url, asset.plain_url):
                bodies.setdefault(path or "", set()).add(release.read(asset.name))
    return bodies


class Load:
    """Clients that ask for all the paths again and again, and what they got."""

    def __init__(self, port: int, bodies: dict[str, set[bytes]]) -> None:
        self._port = port
        self._bodies = bodies
        self._stop = Event()
        self.answers = 0
        self.statuses: Counter[int] = Counter()
        self.wrong: list[str] = []

    @contextmanager
    def running(self) -> Iterator[None]:
        with ThreadPoolExecutor(CLIENTS) as clients:
            done = [clients.submit(self._ask) for _ in range(CLIENTS)]
            try:
                yield
            finally:
                self._stop.set()
        for each in done:
            each.result()

    def go_on(self) -> None:
        """Wait until the clients have asked as often again."""
        enough = self.answers + CLIENTS * REQUESTS
        eventually(lambda: self.answers >= enough)

    def _ask(self) -> None:
        connection = connected(self._port)
        while not self._stop.is_set():
            for path, bodies in self._bodies.items():
                with suppress(ConnectionError):  # the server closed it between two requests
                    got = ask(connection, path)
                    self.answers += 1
                    self.statuses[got.status] += 1
                    if got.status == 200 and got.body not in bodies:
                        self.wrong.append(path)
                    continue
                connection.close()
        connection.close()


@pytest.mark.slow
@pytest.mark.parametrize("command", OVERWRITES.values(), ids=OVERWRITES)
@pytest.mark.parametrize("watches", [False, True], ids=["", "reload"])
@pytest.mark.parametrize("server", ["uvicorn", "gunicorn"])
def test_servers_live_and_answer_nothing_wrong(tmp_path: Path, server: str, watches: bool, command: list[str]) -> None:
    program("SERVERS", command[0])
    old, new = (compile_tree(tmp_path / f"{name}", tree(number)) for number, name in enumerate(("old", "new")))
    old.dist.rename(tmp_path / "dist")
    served = Compiled(old.result, tmp_path / "dist")
    write_tree(tmp_path, {"app.py": APP})
    name = f"app:{'watching_' if watches else ''}{'asgi' if server == 'uvicorn' else 'wsgi'}"
    start = uvicorn(name) if server == "uvicorn" else gunicorn(name)
    with started(module(*start), cwd=tmp_path) as process:
        load = Load(process.port, bodies_of(served, new))
        with load.running():
            load.go_on()
            subprocess.run(command, cwd=tmp_path, check=True)
            load.go_on()
        assert process.process.is_running()
        with closing(connected(process.port)) as connection:
            assert ask(connection, "/static/nothing").status == 404
    assert load.wrong == []
    assert load.statuses[200] > 0
    assert set(load.statuses) <= {200, 404, 500}
