"""Write anew what the documents take from the code: settings, help texts, codes. A test fails where they differ."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import redirect_stdout, suppress
from io import StringIO
from pathlib import Path
from typing import Any
from unittest.mock import patch

from click.testing import CliRunner

from diagnostic_examples import EXAMPLES
from servestatic_build.cli import main as build_command
from servestatic_build.codes import Code
from servestatic_build.inspection.cli import main as manifest_command
from servestatic_build.settings.config import SETTINGS
from servestatic_build.settings.presets import PRESETS
from servestatic_build.settings.table import Setting
from servestatic_runtime.__main__ import main as preview_command
from servestatic_runtime.django.keys import KEYS

ROOT = Path(__file__).parent.parent
DOCUMENTS = (ROOT / "README.md", *sorted(ROOT.glob("docs/**/*.md")))

_WIDTH = 100
_PART = re.compile(r"(<!-- docs/generated_parts\.py: (\w+) -->\n).*?(<!-- end -->\n)", re.DOTALL)


def updated(text: str) -> str:
    """Return a document with its generated parts as they should be."""
    return _PART.sub(lambda part: f"{part[1]}{_PARTS[part[2]]()}{part[3]}", text)


def _settings() -> str:
    return "\n".join(_section(setting) for setting in SETTINGS.values() if setting.in_file)


def _section(setting: Setting[Any, Any]) -> str:
    text = " ".join(filter(None, (setting.summary, setting.details)))
    facts = "".join(f"- {label}: {fact}\n" for label, fact in _facts(setting) if fact)
    return f"## `{setting.name}`\n\n{text}\n\n{facts}\n```toml\n{setting.example}\n```\n"


def _facts(setting: Setting[Any, Any]) -> Iterator[tuple[str, str]]:
    yield "Value", setting.wanted
    yield "Default", f"`{setting.default_text}`" if setting.default_text else "none"
    metavar = f" {setting.metavar}" if setting.metavar else ""
    yield "Command line", " or ".join(f"`{option}{metavar}`" for option in setting.options)
    yield "Django", ", ".join(f"`{key}`" for key in _DJANGO.get(setting.name, ()))


def _django_keys() -> dict[str, list[str]]:
    """Return the keys of Django's dictionary by the setting that they make, asked with a value that all of them take."""
    found: dict[str, list[str]] = {}
    for name, key in KEYS.items():
        for setting in key.build({}) if key.build else ():
            found.setdefault(setting, []).append(name)
    return found


_DJANGO = _django_keys()


def _codes() -> str:
    """Return a section for each code, with what its example prints."""
    return "\n" + "\n".join(_code(code) for code in sorted(Code)) + "\n"


def _code(code: Code) -> str:
    session = EXAMPLES[code].shown(code)
    return f"## `{code}`\n\n{code.meaning}\n\n```console\n{session}\n```\n\n**What to do:** {code.advice}\n"


def _presets() -> str:
    rows = (f"| `{name}` | {row.finds} | {', '.join(f'`{p}`' for p in row.plain)} |\n" for name, row in PRESETS.items())
    return f"\n| preset | what the package's scripts find | files that keep their names |\n|---|---|---|\n{''.join(rows)}\n"


def _build_help() -> str:
    shown = CliRunner().invoke(build_command, ["--help"], prog_name="servestatic-build", terminal_width=_WIDTH)
    return _block(shown.output)


def _manifest_help() -> str:
    """Return the help of the command and of each of its subcommands."""
    whole = _argparse_help(manifest_command)
    names = re.findall(r"^    (\w+)", whole, re.MULTILINE)
    return "\n".join(map(_block, (whole, *(_argparse_help(manifest_command, name) for name in names))))


def _preview_help() -> str:
    return _block(_argparse_help(preview_command))


def _argparse_help(command: Callable[[list[str]], int], *arguments: str) -> str:
    shown = StringIO()
    with redirect_stdout(shown), patch.dict(os.environ, COLUMNS=str(_WIDTH)), suppress(SystemExit):
        command([*arguments, "--help"])
    return shown.getvalue()


def _block(text: str) -> str:
    return f"```text\n{text}```\n"


_PARTS: dict[str, Callable[[], str]] = {
    "build_help": _build_help,
    "codes": _codes,
    "manifest_help": _manifest_help,
    "presets": _presets,
    "preview_help": _preview_help,
    "settings": _settings,
}


def main(paths: Sequence[Path] = DOCUMENTS) -> None:
    """Write the documents that are not as they should be."""
    for path in paths:
        before = path.read_text()
        if (after := updated(before)) != before:
            path.write_text(after)
            print(f"{path.relative_to(ROOT)} is written anew", file=sys.stderr)


if __name__ == "__main__":
    main()
