"""The command servestatic-manifest. It works in a production install, but for subcommands that say which extra they need."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterable, Sequence
from importlib.metadata import version
from typing import TypeAlias

from servestatic_build.diagnostics import ConfigError
from servestatic_build.exports.formats import FORMATS, export
from servestatic_build.extra import MissingExtraError
from servestatic_build.inspection.answers import NegativeAnswerError
from servestatic_build.inspection.diff import diff, two_releases
from servestatic_build.inspection.explain import explain
from servestatic_build.inspection.probe import probe
from servestatic_build.inspection.prune import prune
from servestatic_build.inspection.releases import releases
from servestatic_build.inspection.report_page import report
from servestatic_build.inspection.rollback import rollback
from servestatic_build.inspection.show import show
from servestatic_build.inspection.verify import verify
from servestatic_build.probing.questions import Site
from servestatic_runtime import ManifestError, UnknownAssetError
from servestatic_runtime.printable import printable

_Commands: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"  # noqa: SLF001 - it has no other name

_DISTRIBUTION = "servestatic-build"
_COMMAND = "servestatic-manifest"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a subcommand; return the exit code."""
    options = parser().parse_args(arguments)
    try:
        _print(options.run(options))
    except ManifestError as error:
        return _failed(f"{error.path}: error: {error.problem}", f"  hint: {error.hint}")
    except UnknownAssetError as error:
        return _failed(f"{error.path}: error: {error}")
    except MissingExtraError as error:
        return _failed(f"{_COMMAND}: error: {error}")
    except ConfigError as error:
        return _failed(f"{_COMMAND}: error: {error.message}")
    except NegativeAnswerError:
        sys.stdout.flush()
        return 1
    except BrokenPipeError:  # the reader has seen enough, as head does
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except OSError as error:
        return _failed(f"{error.filename or _COMMAND}: error: {error.strerror or error}")
    return 0


def _print(lines: Iterable[str]) -> None:
    for line in lines:
        print(line)
    sys.stdout.flush()


def _failed(*lines: str) -> int:
    print("\n".join(map(printable, lines)), file=sys.stderr)
    return 1


def parser() -> argparse.ArgumentParser:
    """Return what reads the command line."""
    whole = argparse.ArgumentParser(_COMMAND, description="Read what servestatic-build compiled.")
    whole.add_argument("--version", action="version", version=f"%(prog)s, version {version(_DISTRIBUTION)}")
    commands = whole.add_subparsers(metavar="COMMAND", required=True)
    shown = _command(commands, "show", "List the assets of DIST.")
    shown.add_argument("--json", action="store_true", help="print everything, as one JSON object")
    shown.set_defaults(run=lambda options: show(options.dist, as_json=options.json))
    explained = _command(commands, "explain", "Say all there is to say about one asset of DIST.")
    explained.add_argument("name", metavar="NAME", help="its logical name, css/app.css, or a URL that it answers at")
    explained.add_argument("--json", action="store_true", help="print it as one JSON object")
    explained.set_defaults(run=lambda options: explain(options.dist, options.name, as_json=options.json))
    listed = _command(commands, "releases", "List the releases whose URLs DIST serves.")
    listed.add_argument("--json", action="store_true", help="print them as one JSON object")
    listed.set_defaults(run=lambda options: releases(options.dist, as_json=options.json))
    pruned = _command(commands, "prune", "Delete from DIST what no kept release needs. Needs the extra [build].")
    pruned.add_argument("--dry-run", action="store_true", help="delete nothing; name what would be deleted")
    pruned.add_argument(
        "--grace-minutes",
        type=_count,
        metavar="MINUTES",
        help="how long files stay that a server may still read (10)",
    )
    pruned.add_argument(
        "--verbose", action="store_true", help="name the files that no release has ever listed, which stay"
    )
    pruned.set_defaults(run=_run_prune)
    _add_rollback(commands)
    _add_verify(commands)
    _add_diff(commands)
    _add_export(commands)
    _add_probe(commands)
    _add_report(commands)
    return whole


def _run_prune(options: argparse.Namespace) -> Iterable[str]:
    return prune(options.dist, options.grace_minutes, dry_run=options.dry_run, verbose=options.verbose)


def _add_rollback(commands: _Commands) -> None:
    text = "Make a release that DIST keeps current again. Needs the extra [build]."
    command = _command(commands, "rollback", text)
    command.add_argument("release", metavar="ID", help="its id, the beginning of that, or its label")
    command.set_defaults(run=lambda options: rollback(options.dist, options.release))


def _add_verify(commands: _Commands) -> None:
    command = _command(commands, "verify", "Check every byte of DIST against its manifest. Needs the extra [build].")
    command.add_argument("--sample", type=_count, metavar="N", help="read N assets only, and the sizes of the others")
    command.add_argument(
        "--missing",
        choices=("ignore", "warn", "error"),
        default="error",
        help="what a reference to a file that the release does not have is (error)",
    )
    command.add_argument("--verbose", action="store_true", help="name every problem, however many are alike")
    command.add_argument("--json", action="store_true", help="print what was found as one JSON object")
    command.set_defaults(
        run=lambda options: verify(
            options.dist,
            sample=options.sample,
            missing=options.missing,
            as_json=options.json,
            verbose=options.verbose,
        )
    )


def _add_diff(commands: _Commands) -> None:
    text = "Say what is different between two releases: those of A and B, or two that A keeps."
    command = commands.add_parser("diff", help=text, description=text)
    command.add_argument("a", metavar="A", help="a directory that servestatic-build wrote, or a manifest")
    command.add_argument(
        "b", metavar="B", nargs="?", help="another one (A itself, and its previous release before that)"
    )
    command.add_argument("--from", dest="old", metavar="ID", help="an earlier release of A: its id, or its label")
    command.add_argument("--to", dest="new", metavar="ID", help="an earlier release of B")
    forms = command.add_mutually_exclusive_group()
    for form, what in (("json", "one JSON object"), ("markdown", "Markdown, for a comment on a pull request")):
        forms.add_argument(
            f"--{form}", dest="form", action="store_const", const=form, default="text", help=f"print {what}"
        )
    command.add_argument("--exit-code", action="store_true", help="exit 1 if there is a difference")
    command.set_defaults(run=_run_diff)


def _run_diff(options: argparse.Namespace) -> Iterable[str]:
    old, new = two_releases(options.a, options.b, options.old, options.new)
    return diff(old, new, form=options.form, exit_code=options.exit_code)


def _add_export(commands: _Commands) -> None:
    command = _command(commands, "export", "Write what serves DIST without an application.")
    command.add_argument(
        "--to",
        choices=FORMATS,
        required=True,
        help="a configuration of nginx or Caddy, a _headers file (Netlify, Cloudflare Pages), or the objects of a bucket",
    )
    command.set_defaults(run=lambda options: export(options.dist, options.to))


def _add_probe(commands: _Commands) -> None:
    text = "Ask a live site, or its CDN, for what the manifest of DIST says. Needs the extra [probe]."
    command = _command(commands, "probe", text)
    command.add_argument("url", metavar="URL", help="the site: https://www.example.com")
    command.add_argument("--page", metavar="NAME", help="ask for this asset and all that it needs")
    command.add_argument("--sample", type=_count, metavar="N", help="ask for N assets only")
    command.add_argument("--concurrency", type=_count, default=8, metavar="N", help="requests at once (8)")
    command.add_argument("--timeout", type=float, default=30, metavar="SECONDS", help="for each request (30)")
    command.add_argument("--json", action="store_true", help="print what was found as one JSON object")
    command.set_defaults(run=_run_probe)


def _run_probe(options: argparse.Namespace) -> Iterable[str]:
    site = Site(options.url, max(1, options.concurrency), options.timeout)
    return probe(options.dist, site, page=options.page, sample=options.sample, as_json=options.json)


def _add_report(commands: _Commands) -> None:
    text = "Write one HTML page about a release. Needs the extra [report]."
    command = _command(commands, "report", text)
    # Without a long form: Python 3.13 writes the help of both in another way, and the documents take it from here.
    command.add_argument("-o", dest="out", metavar="FILE", required=True, help="the page to write")
    command.add_argument("--against", metavar="OTHER", help="another release: say what has changed since")
    command.set_defaults(run=lambda options: report(options.dist, options.out, options.against))


def _count(text: str) -> int:
    number = int(text)
    if number < 0:
        raise ValueError
    return number


def _command(commands: _Commands, name: str, text: str) -> argparse.ArgumentParser:
    command = commands.add_parser(name, help=text, description=text)
    command.add_argument("dist", metavar="DIST", help="the directory that servestatic-build wrote, or its manifest")
    return command
