"""Every block of code in the documents is of a language that is checked, and every command of ours in them can be given."""

from __future__ import annotations

import json
import re
import shlex
import subprocess
import tomllib
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest
import yaml

from servestatic_build.cli import main as build_command
from servestatic_build.inspection.cli import parser
from support.documents import ROOT, Block, blocks, pages
from support.nginx import nginx
from support.required import program

BLOCKS = [block for page in [ROOT / "README.md", *pages()] for block in blocks(page.read_text(), page.name)]
INSTRUCTIONS = {"ARG", "FROM", "RUN", "WORKDIR", "COPY", "CMD"}
# What is run elsewhere: by Python, by a template engine, by a browser, or as what a page shows.
RUN_ELSEWHERE = {
    "python",
    "jinja",
    "django",
    "html",
    "css",
    "xml",
    "js",
    "console",
    "text",
    "json",
    "nginx",
    "caddyfile",
}


def _shell(text: str) -> None:
    subprocess.run(["bash", "-n", "-c", text], check=True, capture_output=True)


def _dockerfile(text: str) -> None:
    lines = re.sub(r"\\\n", " ", text).splitlines()
    assert {line.split()[0] for line in lines if line and not line.startswith("#")} <= INSTRUCTIONS


CHECKS: Mapping[str, Callable[[str], object]] = {
    "sh": _shell,
    "yaml": yaml.safe_load,
    "toml": tomllib.loads,
    "dockerfile": _dockerfile,
}


@pytest.mark.parametrize("block", [block for block in BLOCKS if block.language not in RUN_ELSEWHERE], ids=str)
def test_a_block_is_right_in_its_language(block: Block) -> None:
    CHECKS[block.language](block.text)


def commands() -> Iterator[tuple[str, list[str]]]:
    for block in BLOCKS:
        if block.language in {"sh", "console", "yaml", "dockerfile"}:
            lines = re.sub(r"\\\n", " ", block.text).splitlines()
            for line in (each for each in lines if block.language != "console" or each.startswith("$ ")):
                for command in re.findall(r"(?:^|[\s$]|&& |run: )(servestatic-(?:build|manifest) [^&|>#]*)", line):
                    if "pip install" not in line.partition(command)[0]:
                        yield str(block), shlex.split(command)


@pytest.mark.parametrize(("place", "command"), [*commands()], ids=str)
def test_a_command_in_the_documents_can_be_given(place: str, command: list[str]) -> None:
    name, *arguments = command
    if name == "servestatic-build":
        assert build_command.make_context(name, arguments).params, place
    else:
        assert callable(parser().parse_args(arguments).run), place


@pytest.mark.parametrize("block", [block for block in BLOCKS if block.language == "nginx"], ids=str)
def test_nginx_takes_what_is_shown(tmp_path: Path, block: Block) -> None:
    text = block.text.replace("/var/cache/nginx/static", "cache")
    if "server {" not in text:
        text = f"server {{ listen 80; {text} }}"
    with nginx(text, tmp_path) as server:
        assert server.port


@pytest.mark.parametrize("block", [block for block in BLOCKS if block.language == "caddyfile"], ids=str)
def test_caddy_takes_what_is_shown(tmp_path: Path, block: Block) -> None:
    (tmp_path / "Caddyfile").write_text(block.text)
    command = [program("SERVERS", "caddy"), "adapt", "--config", "Caddyfile", "--adapter", "caddyfile"]
    done = subprocess.run(command, cwd=tmp_path, check=True, capture_output=True)
    assert json.loads(done.stdout)
