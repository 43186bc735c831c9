"""The documents' code: their blocks, and a page followed step by step as a reader does."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

from support.processes import PATIENCE_SECONDS, started

ROOT = Path(__file__).parent.parent.parent
DOCS = ROOT / "docs"

_FENCE = re.compile(r"^( *)```(\w*)(?: +title=\"([^\"]+)\")?\n(.*?)^\1```$", re.DOTALL | re.MULTILINE)
_AT_THE_END = " (at the end)"
_ANYTHING = "…"

# Commands that serve until they are stopped.
_SERVERS = (
    "flask run",
    "gunicorn",
    "hypercorn",
    "python -m servestatic_runtime",
    "quart run",
    "uvicorn",
    "waitress-serve",
)
_PORT = "8000"  # the one that every page uses; a test takes a free one


@dataclass(frozen=True, slots=True)
class Block:
    """A fenced block of code, and the file that it is by its title."""

    language: str
    title: str
    text: str
    page: str = ""
    line: int = 0

    def __str__(self) -> str:
        return f"{self.page}:{self.line}"


def blocks(text: str, page: str = "") -> list[Block]:
    """Return the blocks of a document, in order."""
    return [_block(match, page) for match in _FENCE.finditer(text)]


def _block(match: re.Match[str], page: str) -> Block:
    indent, language, title, text = match.groups()
    line = match.string.count("\n", 0, match.start()) + 1
    return Block(language, title or "", re.sub(rf"^{indent}", "", text, flags=re.MULTILINE), page, line)


def pages(*directories: str) -> list[Path]:
    """Return the pages below directories of docs/, or all of them."""
    roots = [DOCS / name for name in directories] or [DOCS]
    return sorted(path for root in roots for path in root.rglob("*.md"))


def environment(directory: Path) -> dict[str, str]:
    """Return what commands run in: this environment's own programs first, and servers on any free port."""
    return {
        **os.environ,
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "PIP_NO_INDEX": "1",  # all that a page installs is in constraints.txt
        "PIP_DISABLE_PIP_VERSION_CHECK": "1",
        "PYTHONWARNINGS": "default",  # a server's own warnings are not ours
        "PYTHONDONTWRITEBYTECODE": "1",
        "SERVESTATIC_CACHE": str(directory / ".cache"),
        "GUNICORN_CMD_ARGS": "--bind=127.0.0.1:0",
        "UVICORN_PORT": "0",
    }


@dataclass
class Walk:
    """A page, followed in a directory: files are written, commands run, servers started, and what is shown compared."""

    directory: Path
    _stack: ExitStack = field(default_factory=ExitStack)
    _port: str = _PORT

    def follow(self, page: Path) -> None:
        """Do what the page says, from top to bottom."""
        with self._stack:
            for block in blocks(page.read_text(), page.name):
                self._step(block)

    def _step(self, block: Block) -> None:
        if block.title:
            self._write(block)
        elif block.language == "sh":
            self._run(block)
        elif block.language == "console":
            self._compare(block)

    def _write(self, block: Block) -> None:
        name = block.title.removesuffix(_AT_THE_END)
        path = self.directory / name
        path.parent.mkdir(parents=True, exist_ok=True)
        before = path.read_text() if name != block.title else ""
        path.write_text(before + block.text)

    def _run(self, block: Block) -> None:
        if block.text.startswith(_SERVERS):
            (command,) = block.text.splitlines()
            self._serve(shlex.split(command.replace(_PORT, "0"), comments=True))
        else:
            self._output(block, block.text)

    def _serve(self, command: Sequence[str]) -> None:
        env = environment(self.directory)
        program = Path(sys.executable).with_name(command[0])
        server = self._stack.enter_context(started([str(program), *command[1:]], env, self.directory))
        self._port = str(server.port)

    def _compare(self, block: Block) -> None:
        """Run the commands of a block in one shell, and compare what each prints with the lines below it."""
        commands, shown = zip(*_shown(block.text), strict=True)
        script = "\nprintf '\\0'\n".join(commands).replace(f":{_PORT}", f":{self._port}")
        printed = self._output(block, script).replace("\r\n", "\n").split("\0")
        for command, pattern, output in zip(commands, map(_pattern, shown), printed, strict=True):
            assert re.fullmatch(pattern, output), f"{block}: {command}\n{output}"

    def _output(self, block: Block, command: str) -> str:
        env = environment(self.directory)
        arguments = ["bash", "-e", "-o", "pipefail", "-c", command]
        done = subprocess.run(
            arguments,
            cwd=self.directory,
            env=env,
            capture_output=True,
            text=True,
            timeout=PATIENCE_SECONDS,
            check=False,
        )
        assert done.returncode == 0, f"{block}: {command}\n{done.stdout}{done.stderr}"
        return done.stdout


def _shown(text: str) -> Iterator[tuple[str, str]]:
    """Yield the commands of a console block, each with the output that is shown below it."""
    _, *parts = re.split(r"^\$ ", text, flags=re.MULTILINE)
    for part in parts:
        command, _, shown = part.partition("\n")
        yield command, shown


def _pattern(shown: str) -> str:
    """Return the pattern of an output: "…" is any text of a line, and alone on its line any lines."""
    lines = (
        ".*(?:\n.*)*?" if line == _ANYTHING else re.escape(line).replace(_ANYTHING, ".*?")
        for line in shown.splitlines()
    )
    return "\n".join(lines) + "\n?"
