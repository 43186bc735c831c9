"""Windows and macOS, as far as they can be tried here: the suites run where Python lacks what those systems lack."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from support.manifests import sparse_release
from support.without_posix import PLATFORMS

TESTS = Path(__file__).parent.parent
SUITES = sorted((TESTS / "platforms/suites").glob("*.py"))

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not os.path.isdir("/proc/self"), reason="finds the open files in /proc"),
]


@pytest.fixture(scope="session")
def releases(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two releases, for suites without the compiler."""
    root = tmp_path_factory.mktemp("releases")
    sparse_release(root / "first", {"/small.txt": 1000, "/empty.txt": 0, "/large.bin": 1_000_000})
    sparse_release(root / "next", {"/small.txt": 10})
    return root


@pytest.mark.parametrize("suite", SUITES, ids=lambda path: path.stem)
@pytest.mark.parametrize("platform", PLATFORMS)
def test_the_suite_passes(platform: str, suite: Path, releases: Path, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "support.without_posix", platform, str(suite), f"--basetemp={tmp_path / 'inner'}"]
    variables = {**os.environ, "RELEASES": str(releases)}
    done = subprocess.run(command, cwd=TESTS, env=variables, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
