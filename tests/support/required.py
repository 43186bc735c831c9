"""What tests need beside the packages that all of them need: without it a test is skipped, or fails where everything has to be there."""

from __future__ import annotations

import os
import shutil
from importlib.util import find_spec
from typing import Literal, NoReturn, TypeAlias

import pytest

Kind: TypeAlias = Literal["BROWSER", "ORACLES", "PACKAGES", "SERVERS"]


def missing(kind: Kind, what: str) -> NoReturn:
    """Skip the test, or fail it where what is of this kind has to be there: ``REQUIRE_BROWSER=1`` and so on."""
    if os.environ.get(f"REQUIRE_{kind}") == "1":
        pytest.fail(what)
    pytest.skip(what)


def program(kind: Kind, *names: str) -> str:
    """Return the path of the first of these programs that is there, maybe where only root looks."""
    places = f"{os.environ['PATH']}:/usr/sbin:/usr/local/sbin"
    path = next((path for name in names if (path := shutil.which(name, path=places))), None)
    if path is None:
        missing(kind, f"none of {', '.join(names)} is on the PATH")
    return path


def packages(*modules: str) -> None:
    """Go on where these modules are installed, which some versions of Python or Django lack."""
    absent = [module for module in modules if find_spec(module) is None]
    if absent:
        missing("PACKAGES", f"{', '.join(absent)} is not installed")
