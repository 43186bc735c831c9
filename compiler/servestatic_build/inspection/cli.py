"""The command servestatic-manifest. It works in a production install: with the standard library alone."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterable, Sequence
from importlib.metadata import version

from servestatic_build.inspection.explain import explain
from servestatic_build.inspection.show import show
from servestatic_build.text import printable
from servestatic_runtime import ManifestError, UnknownAssetError

_DISTRIBUTION = "servestatic-build"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a subcommand; return the exit code."""
    options = _parser().parse_args(arguments)
    try:
        _print(options.run(options))
    except ManifestError as error:
        return _failed(f"{error.path}: error: {error.problem}", f"  hint: {error.hint}")
    except UnknownAssetError as error:
        return _failed(f"{error.path}: error: {error}")
    except BrokenPipeError:  # the reader has seen enough, as head does
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    return 0


def _print(lines: Iterable[str]) -> None:
    for line in lines:
        print(line)
    sys.stdout.flush()


def _failed(*lines: str) -> int:
    print("\n".join(map(printable, lines)), file=sys.stderr)
    return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("servestatic-manifest", description="Read what servestatic-build compiled.")
    parser.add_argument("--version", action="version", version=f"%(prog)s, version {version(_DISTRIBUTION)}")
    commands = parser.add_subparsers(metavar="COMMAND", required=True)
    shown = _command(commands, "show", "List the assets of DIST.")
    shown.add_argument("--json", action="store_true", help="print everything, as one JSON object")
    shown.set_defaults(run=lambda options: show(options.dist, as_json=options.json))
    explained = _command(commands, "explain", "Say all there is to say about one asset of DIST.")
    explained.add_argument("name", metavar="NAME", help="its logical name, css/app.css, or a URL that it answers at")
    explained.add_argument("--json", action="store_true", help="print it as one JSON object")
    explained.set_defaults(run=lambda options: explain(options.dist, options.name, as_json=options.json))
    return parser


def _command(
    commands: argparse._SubParsersAction[argparse.ArgumentParser], name: str, text: str
) -> argparse.ArgumentParser:
    command = commands.add_parser(name, help=text, description=text)
    command.add_argument("dist", metavar="DIST", help="the directory that servestatic-build wrote, or its manifest")
    return command
