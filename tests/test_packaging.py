"""What `pip install servestatic-build` brings: a wheel that serves in an empty environment."""

from __future__ import annotations

import subprocess
import sys
import venv
from pathlib import Path
from zipfile import ZipFile

import pytest

from servestatic_runtime import Manifest
from support.trees import compile_tree

ROOT = Path(__file__).parent.parent

pytestmark = pytest.mark.slow

SERVE = """
import sys
from servestatic_runtime import Manifest, ServeStatic
url = Manifest.open(sys.argv[1]).url("app.css")
started = []
body = ServeStatic(None, sys.argv[1])(
    {"REQUEST_METHOD": "GET", "PATH_INFO": url}, lambda status, headers: started.append(status)
)
print(*started, b"".join(body).decode())
"""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(out), str(ROOT)]
    subprocess.run(command, check=True, capture_output=True)
    (built,) = out.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def python(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An interpreter of an environment that holds the wheel and nothing else."""
    environment = tmp_path_factory.mktemp("empty")
    venv.create(environment, with_pip=True)
    interpreter = environment / "bin/python"
    subprocess.run(
        [interpreter, "-m", "pip", "install", "--quiet", "--no-index", str(wheel)], check=True, capture_output=True
    )
    return interpreter


def test_the_wheel_holds_both_packages_and_their_types(wheel: Path) -> None:
    names = set(ZipFile(wheel).namelist())
    assert {
        "servestatic_build/py.typed",
        "servestatic_runtime/py.typed",
        "servestatic_build/references/extractors/css.py",
    } <= names
    assert {name.split("/")[0].partition("-")[0] for name in names} == {
        "servestatic_build",
        "servestatic_runtime",
    } | {name.split("/")[0].partition("-")[0] for name in names if ".dist-info/" in name}


def test_the_wheel_serves_without_extras(python: Path, tmp_path: Path) -> None:
    compiled = compile_tree(tmp_path, {"app.css": "body{}"})
    served = subprocess.run(
        [python, "-I", "-c", SERVE, compiled.dist], check=True, capture_output=True, text=True, cwd=tmp_path
    )
    assert served.stdout == "200 OK body{}\n"


def ran(*command: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("arguments", [["--help"], ["static"], []])
@pytest.mark.parametrize("is_module", [False, True], ids=["script", "python -m"])
def test_without_the_extra_the_command_says_in_one_line_what_to_install(
    python: Path, arguments: list[str], *, is_module: bool
) -> None:
    command = [python, "-m", "servestatic_build"] if is_module else [python.parent / "servestatic-build"]
    failed = ran(*command, *arguments)
    assert (failed.returncode, failed.stdout) == (2, "")
    (line,) = failed.stderr.splitlines()
    assert line.startswith("servestatic-build: error: ")
    assert line.endswith('pip install "servestatic-build[build]"')


def test_without_the_extra_a_name_of_the_compiler_says_what_to_install(python: Path) -> None:
    failed = ran(python, "-c", "from servestatic_build import build")
    assert failed.stderr.splitlines()[-1].endswith('pip install "servestatic-build[build]"')


@pytest.mark.parametrize("options", [[], ["--json"]])
@pytest.mark.parametrize("subcommand", [["show"], ["explain", "app.css"]], ids=["show", "explain"])
def test_without_the_extra_a_release_can_be_looked_at(
    python: Path, tmp_path: Path, subcommand: list[str], options: list[str]
) -> None:
    dist = str(compile_tree(tmp_path, {"app.css": "body{}"}).dist)
    name, *more = subcommand
    shown = ran(python.parent / "servestatic-manifest", name, dist, *more, *options)
    assert (shown.returncode, shown.stderr) == (0, "")
    assert Manifest.open(dist).url("app.css") in shown.stdout


def test_without_the_extra_two_releases_can_be_compared(python: Path, tmp_path: Path) -> None:
    trees = ({"app.css": "a{b:url(a.png)}", "a.png": number} for number in "12")
    dists = [str(compile_tree(tmp_path / f"{number}", tree).dist) for number, tree in enumerate(trees)]
    shown = ran(python.parent / "servestatic-manifest", "diff", *dists)
    assert (shown.returncode, shown.stderr) == (0, "")
    assert "because of a.png" in shown.stdout


def test_without_the_extra_a_release_can_t_be_verified_and_a_line_says_why(python: Path, tmp_path: Path) -> None:
    failed = ran(python.parent / "servestatic-manifest", "verify", str(compile_tree(tmp_path, {"app.css": ""}).dist))
    assert (failed.returncode, failed.stdout) == (1, "")
    (line,) = failed.stderr.splitlines()
    assert line.startswith("servestatic-manifest: error: ")
    assert line.endswith('pip install "servestatic-build[build]"')
