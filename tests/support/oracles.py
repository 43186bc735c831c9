"""Independent readers of the formats, run by node, and real npm packages for them and for us to read."""

from __future__ import annotations

import fcntl
import json
import shutil
import subprocess
from collections.abc import Callable, Iterable, Sequence
from functools import cache, partial
from hashlib import sha256
from pathlib import Path
from typing import Any

from support.required import program

ORACLES = Path(__file__).parent.parent / "oracles"
CACHE = ORACLES.parent.parent / "build" / "oracles"


@cache
def installed() -> Path:
    """Return the directory in which npm has installed what the lock file of tests/oracles names.

    Without node and npm the test is skipped, or fails under REQUIRE_ORACLES=1.
    """
    for name in ("node", "npm"):
        program("ORACLES", name)
    return install()


def install(packages: Path = ORACLES) -> Path:
    """Install what a lock file in ``packages`` names, unless that is done, and return where it is."""
    return once(packages / "package-lock.json", partial(_install, packages))


def once(lock_file: Path, make: Callable[[Path], None]) -> Path:
    """Return a directory that ``make`` fills.

    It does so once for each content of the lock file, however many processes ask for it.
    """
    directory = CACHE / sha256(lock_file.read_bytes()).hexdigest()[:12]
    CACHE.mkdir(parents=True, exist_ok=True)
    with (CACHE / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not directory.exists():
            unfinished = directory.with_suffix(".unfinished")
            shutil.rmtree(unfinished, ignore_errors=True)
            unfinished.mkdir()
            make(unfinished)
            unfinished.rename(directory)
    return directory


def _install(packages: Path, directory: Path) -> None:
    for name in ("package.json", "package-lock.json"):
        shutil.copy(packages / name, directory)
    # The packages are there to be read: none of their scripts runs.
    command = ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
    run = subprocess.run(command, cwd=directory, capture_output=True, text=True, check=False)
    if run.returncode:
        raise RuntimeError(f"npm ci failed:\n{run.stderr}")


def files_of(package: str, suffixes: Sequence[str]) -> list[Path]:
    """Return the files of a package with one of these suffixes, in order of their paths; not those of its own."""
    root = installed() / "node_modules" / package
    files = (path for path in root.rglob("*") if path.suffix in suffixes and path.is_file())
    return sorted(path for path in files if "node_modules" not in path.relative_to(root).parts)


def ask(script: str, texts: Iterable[bytes]) -> list[Any]:
    """Return what a script of tests/oracles answers for each text; None where it can't read it."""
    return answers(script, [text.decode("utf-8", "surrogateescape") for text in texts])


def answers(script: str, questions: Iterable[Any]) -> list[Any]:
    """Return what a script of tests/oracles answers to each question."""
    lines = "".join(f"{json.dumps(question)}\n" for question in questions)
    command = ["node", str(ORACLES / script)]
    run = subprocess.run(command, cwd=installed(), input=lines, stdout=subprocess.PIPE, text=True, check=True)
    return list(map(json.loads, run.stdout.splitlines()))
