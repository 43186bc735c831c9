"""Real Python packages to read and compile: those of tests/oracles/wheels.txt, unpacked and never installed."""

from __future__ import annotations

import subprocess
import sys
from functools import cache
from pathlib import Path
from zipfile import ZipFile

from support.oracles import CACHE, ORACLES, once
from support.required import missing

_REQUIREMENTS = ORACLES / "wheels.txt"


@cache
def unpacked() -> Path:
    """Return the directory that holds what the wheels hold.

    Where pip can't get them the test is skipped, or fails under REQUIRE_ORACLES=1.
    """
    try:
        return once(_REQUIREMENTS, _unpack)
    except subprocess.CalledProcessError as error:
        missing("ORACLES", f"pip could not download the packages of {_REQUIREMENTS.name}: {error.stderr}")


def _unpack(directory: Path) -> None:
    wheels = CACHE / "wheels"
    options = ["--no-deps", "--require-hashes", "--disable-pip-version-check", "--quiet"]
    command = [
        sys.executable,
        "-m",
        "pip",
        "download",
        *options,
        "--requirement",
        str(_REQUIREMENTS),
        "--dest",
        str(wheels),
    ]
    subprocess.run(command, capture_output=True, text=True, check=True)
    for wheel in wheels.glob("*.whl"):
        with ZipFile(wheel) as archive:
            archive.extractall(directory)
