"""What contributors and CI go by: the targets of make, on Windows too, and the names in CONTRIBUTING."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from servestatic_build.codecs import CODECS
from servestatic_runtime.format import FILE_SUFFIXES
from support.codings import DECODERS

ROOT = Path(__file__).parent.parent
CONTRIBUTING = (ROOT / "docs/CONTRIBUTING.md").read_text()
WORKFLOW = (ROOT / ".github/workflows/ci.yml").read_text()


def make(*arguments: str) -> str:
    """Return what make would do in an environment that is not there yet."""
    command = ["make", "--dry-run", "VENV=new", *arguments]
    return subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout


def targets(text: str) -> list[str]:
    return sorted(set(re.findall(r"(?:\$|run:) make (\S+)", text)))


@pytest.mark.parametrize("target", targets(CONTRIBUTING + WORKFLOW))
@pytest.mark.parametrize(
    ("system", "python"), [("", "new/bin/python"), ("Windows_NT", "new/Scripts/python")], ids=["POSIX", "Windows"]
)
def test_every_target_that_is_named_can_be_made(target: str, system: str, python: str) -> None:
    assert f"{python} -m pip install" in make(f"OS={system}", target)


def test_ci_runs_the_same_targets_on_every_system() -> None:
    assert targets(WORKFLOW) == ["check", "test"]
    assert re.findall(r"(ubuntu|macos|windows)-latest", WORKFLOW)[-3:] == ["ubuntu", "macos", "windows"]


def test_windows_runs_the_suites_that_are_for_every_system() -> None:
    suites = sorted(path.relative_to(ROOT).as_posix() for path in (ROOT / "tests/platforms/suites").glob("*.py"))
    (command,) = (line for line in make("OS=Windows_NT", "test").splitlines() if "pytest" in line)
    assert command.split()[-len(suites) :] == suites


@pytest.mark.parametrize("path", sorted(set(re.findall(r"`((?:compiler|runtime|tests|\.ci)/[\w./]+)`", CONTRIBUTING))))
def test_the_files_that_contributing_names_are_there(path: str) -> None:
    assert (ROOT / path).exists() or "KIND" in path or "NAME" in path or "FRAMEWORK" in path


def test_the_steps_to_a_new_coding_are_all_of_them() -> None:
    assert {"identity", *CODECS} == set(FILE_SUFFIXES) == set(DECODERS)


def test_the_example_of_a_test_passes(tmp_path: Path) -> None:
    (block,) = re.findall(r"^```python\n(.*?)^```$", CONTRIBUTING, re.DOTALL | re.MULTILINE)
    (tmp_path / "test_example.py").write_text(block)
    options = ["-q", "-p", "no:cacheprovider", "-n", "0", f"--basetemp={tmp_path / 'inner'}"]
    command = [sys.executable, "-m", "pytest", *options, str(tmp_path / "test_example.py")]
    done = subprocess.run(command, cwd=ROOT / "tests", check=False, capture_output=True, text=True)
    assert "2 passed" in done.stdout
