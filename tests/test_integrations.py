"""The GitHub Action, the GitLab job and the pre-commit hook: valid by their schemas, and their shell does what they say."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from servestatic_runtime import Manifest
from support.trees import compile_tree, write_tree

ROOT = Path(__file__).parent.parent
ACTION = ROOT / ".github/action/action.yml"
GITLAB = ROOT / ".gitlab/servestatic-build.yml"
HOOKS = ROOT / ".pre-commit-hooks.yaml"

pytestmark = pytest.mark.slow


def loaded(path: Path) -> Any:
    return yaml.safe_load(path.read_text())


@pytest.mark.parametrize(
    "command",
    [
        pytest.param(["check_jsonschema", "--builtin-schema", "vendor.github-actions", str(ACTION)], id="action"),
        pytest.param(
            [
                "check_jsonschema",
                *("--builtin-schema", "vendor.github-workflows", str(ROOT / ".github/workflows/ci.yml")),
            ],
            id="workflow",
        ),
        pytest.param(["check_jsonschema", "--builtin-schema", "vendor.gitlab-ci", str(GITLAB)], id="GitLab"),
        pytest.param(["pre_commit", "validate-manifest", str(HOOKS)], id="pre-commit"),
    ],
)
def test_a_file_is_what_its_service_takes(command: list[str], tmp_path: Path) -> None:
    env = {**os.environ, "PRE_COMMIT_HOME": str(tmp_path), "XDG_CACHE_HOME": str(tmp_path)}
    done = subprocess.run([sys.executable, "-m", *command], env=env, check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project with a release, and programs that write down how they are called."""
    old = compile_tree(tmp_path / "old", {"css/app.css": "a{}" * 50})
    write_tree(tmp_path, {"static/css/app.css": "b{}" * 60, "public/robots.txt": "User-agent: *\n"})
    programs = write_tree(tmp_path / "programs", {"gh": '#!/bin/sh\necho "gh $*" >> calls\n'})
    (programs / "gh").chmod(0o755)
    monkeypatch.chdir(tmp_path)
    places = (str(programs), str(Path(sys.executable).parent), os.environ["PATH"])
    given = {
        "PATH": os.pathsep.join(places),
        "PIP_NO_INDEX": "1",
        "AGAINST": str(old.dist),
        "SOURCES": "static /=public",
        "OUT": "dist",
        "OPTIONS": "--effort fast",
        "PACKAGE": "servestatic-build[build]",
        "RUNNER_TEMP": str(tmp_path),
        "GITHUB_OUTPUT": str(tmp_path / "output"),
        "GITHUB_STEP_SUMMARY": str(tmp_path / "step_summary"),
        "GH_TOKEN": "token",
        "GH_REPO": "owner/name",
        "NUMBER": "7",
        "SERVESTATIC_CACHE": str(tmp_path / "cache"),
    }
    for name, value in given.items():
        monkeypatch.setenv(name, value)
    return tmp_path


def run(script: str) -> None:
    done = subprocess.run(["bash", "-eo", "pipefail", "-c", script], check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_shell_of_the_action_compiles_compares_and_comments(project: Path) -> None:
    for step in loaded(ACTION)["runs"]["steps"]:
        if "run" in step:
            assert "${{" not in step["run"]  # what an input says is never part of a script
            run(step["run"])
    summary = Path((project / "output").read_text().strip().removeprefix("summary="))
    assert json.loads(summary.read_text())["ok"]
    assert Manifest.open(project / "dist").url("/robots.txt") == "/robots.txt"
    assert "css/app" in (project / "step_summary").read_text()
    assert (
        project / "calls"
    ).read_text() == f"gh pr comment 7 --body-file {project}/servestatic-build.md --edit-last\n"


def test_every_input_of_the_action_is_used() -> None:
    text = ACTION.read_text()
    assert {*loaded(ACTION)["inputs"]} == set(re.findall(r"inputs\.(\w+)", text))


def test_the_job_for_gitlab_compiles(project: Path) -> None:
    run("\n".join(loaded(GITLAB)[".servestatic-build"]["script"]))
    assert json.loads((project / "servestatic-build.json").read_text())["files"] == 2


def test_the_hook_fails_where_dist_is_not_up_to_date(project: Path) -> None:
    (project / "pyproject.toml").write_text('[tool.servestatic-build]\nsources = ["static"]\neffort = "fast"\n')
    (hook,) = loaded(HOOKS)
    with pytest.raises(AssertionError, match="out-of-date"):
        run(hook["entry"])
    run(hook["entry"].replace(" --check", ""))
    run(hook["entry"])
