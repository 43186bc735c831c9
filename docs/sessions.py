"""Short sessions in a project of their own: files, commands, and the problems that the last command prints."""

from __future__ import annotations

import importlib
import json
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, chdir, nullcontext, redirect_stdout
from dataclasses import dataclass, field
from io import StringIO
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from unittest.mock import patch

from click.testing import CliRunner

from servestatic_build.cli import main as build_command
from servestatic_build.inspection.cli import main as manifest_command
from servestatic_runtime.printable import printable

BUILD = "servestatic-build static -o dist"
VERIFY = "servestatic-manifest verify dist"
_LONGEST_SHOWN, _MOST_NAMED = 400, 4
_PROBLEM = re.compile(
    r"^(?P<place>.+?): (?P<severity>error|warning|note): (?P<message>.+) \[(?P<code>[a-z-]+)\]$"
    r"(?:\n  note: (?P<note>.+))?(?:\n  hint: (?P<hint>.+))?",
    re.MULTILINE,
)


@dataclass(frozen=True)
class Session:
    """Files of a project by their paths, then commands of ours, or of a shell, which are run in it, one after another.

    ``hidden`` is what happens meanwhile and can't be written down as a command: no memory, a faulty codec.
    """

    files: Mapping[str, str]
    commands: tuple[str, ...] = (BUILD,)
    hidden: AbstractContextManager[object] = field(default_factory=nullcontext)

    def problems(self) -> list[dict[str, Any]]:
        """Run it, and return the problems that the last command finds, with paths below the project."""
        with TemporaryDirectory() as directory, chdir(directory):
            for name, content in self.files.items():
                path = Path(name)
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(content)
            with self.hidden:
                problems = [_run(command) for command in self.commands][-1]
            here = os.path.join(os.path.realpath(directory), "")
            shown = json.dumps(problems).replace(here, "").replace(os.path.join(directory, ""), "")
        found: list[dict[str, Any]] = json.loads(shown)
        return found

    def shown(self, code: str) -> str:
        """Run it, and return all of it as a terminal shows it, of the problems only the first of a code."""
        problem = next(each for each in self.problems() if each["code"] == code)
        lines = [*self._files_shown(), *(f"$ {command}" for command in self.commands), *_lines(problem)]
        return "\n".join(lines)

    def _files_shown(self) -> Iterator[str]:
        empty = [name for name, content in self.files.items() if not content]
        if empty:
            more = [] if len(empty) <= _MOST_NAMED else ["…"]
            yield f"$ touch {' '.join([*empty[:_MOST_NAMED], *more])}"
        for name, content in self.files.items():
            if len(content) > _LONGEST_SHOWN:
                yield from (f"$ wc --bytes {name}", f"{len(content)} {name}")
            elif content:
                yield from (f"$ cat {name}", content.rstrip("\n"))


def _lines(problem: Mapping[str, Any]) -> Iterator[str]:
    place = problem.get("place") or problem["file"]
    yield printable(f"{place}: {problem['severity']}: {problem['message']} [{problem['code']}]")
    for label in ("note", "hint"):
        if problem.get(label):
            yield f"  {label}: {problem[label]}"


def _run(command: str) -> list[dict[str, Any]]:
    path, name, arguments = _parts(command)
    if name == "servestatic-build":
        cache = [] if "--cache" in arguments else ["--no-cache"]
        importlib.invalidate_caches()  # the directory that is "." is another one now
        with patch.object(sys, "path", [*path, *sys.path]):
            done = CliRunner().invoke(build_command, [*arguments, "--json", "--effort=fast", *cache])
        return json.loads(done.stdout)["diagnostics"] if done.stdout else [*_printed(done.stderr)]
    if name == "servestatic-manifest":
        with redirect_stdout(StringIO()) as stdout:
            manifest_command([*arguments, "--json"])
        found: list[dict[str, Any]] = json.loads(stdout.getvalue())["problems"]
        return found
    return [*_printed(_shell(command))]


def _parts(command: str) -> tuple[list[str], str, list[str]]:
    """Return what PYTHONPATH is set to before a command, if it is, the command, and its arguments."""
    first, *others = shlex.split(command)
    name, _, value = first.partition("=")
    return ([value], others[0], others[1:]) if name == "PYTHONPATH" else ([], first, others)


def _shell(command: str) -> str:
    bin_ = os.path.dirname(sys.executable)
    environment = {**os.environ, "PATH": f"{bin_}{os.pathsep}{os.environ['PATH']}"}
    done = subprocess.run(["bash", "-ec", command], env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{command}: {done.stderr}")
    return done.stderr


def _printed(text: str) -> Iterator[dict[str, Any]]:
    for problem in _PROBLEM.finditer(text):
        yield problem.groupdict()
