"""What a person sees of many problems, and of names that would speak to the terminal."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from servestatic_build.cli import main
from servestatic_build.codes import Code
from servestatic_build.diagnostics import Diagnostic, Severity
from servestatic_build.report.digest import digest
from support.trees import write_tree


def broken(number: int, severity: Severity = Severity.WARNING) -> Diagnostic:
    return Diagnostic(severity, Code.MISSING_REFERENCE, "a.js", f"'{number}.js' does not exist", None, None, number, 8)


def shown(diagnostics: list[Diagnostic]) -> list[str]:
    return [f"{each.place}: {each.severity}: {each.message}" for each in digest(diagnostics, "see all")]


def test_ten_of_a_kind_are_printed_as_they_are() -> None:
    diagnostics = [*map(broken, range(10)), Diagnostic(Severity.NOTE, Code.REPLACED_FILE, "b.css", "replaces a.css")]
    assert [*digest(diagnostics, "see all")] == diagnostics


def test_many_of_a_kind_are_summed_up_with_their_count_and_first_places() -> None:
    note = Diagnostic(Severity.NOTE, Code.REPLACED_FILE, "b.css", "replaces a.css")
    assert shown([*map(broken, range(1, 8)), note, *map(broken, range(8, 2001))]) == [
        "a.js:1:8: warning: '1.js' does not exist",
        "a.js:2:8: warning: '2.js' does not exist",
        "a.js:3:8: warning: '3.js' does not exist",
        "a.js:4:8, a.js:5:8, a.js:6:8, ...: warning: 1,997 more problems of this kind",
        "b.css: note: replaces a.css",
    ]


def test_errors_are_not_summed_up_with_warnings() -> None:
    diagnostics = [broken(number, severity) for severity in (Severity.WARNING, Severity.ERROR) for number in range(10)]
    assert len(shown(diagnostics)) == 20


@pytest.mark.parametrize(("options", "count"), [((), 4), (("--verbose",), 30)])
def test_verbose_names_every_problem(tmp_path: Path, options: tuple[str, ...], count: int) -> None:
    source = write_tree(tmp_path / "src", {"a.css": "a { b: url(no.png) }\n" * 30})
    arguments = [str(source), "--out", str(tmp_path / "dist"), "--codings=none", *options]
    lines = CliRunner().invoke(main, arguments).stderr.splitlines()
    assert sum("[missing-reference]" in line for line in lines) == count
    assert ("  hint: --verbose names them all, as --json does" in lines) == (not options)
    assert lines[-1] == "30 broken references; --strict makes every warning an error"


@pytest.mark.parametrize(
    "name", ["\x1b[2J.css", "a\rb.css", "a\nb.css", "\x9b2J.css", "\N{RIGHT-TO-LEFT OVERRIDE}.css"]
)
def test_a_name_can_t_speak_to_the_terminal(tmp_path: Path, name: str) -> None:
    write_tree(tmp_path / "1", {name: f"a{{b:url('{name.encode('unicode_escape').decode()}.png')}}", f".{name}": ""})
    write_tree(tmp_path / "2", {name: "a{b:url(no.png)}"})
    sources = [str(tmp_path / number) for number in "12"]
    out = str(tmp_path / f"dist{name}")
    for options in (("--strict",), ("--check",), ("--verbose",), ()):
        said = CliRunner().invoke(main, [*sources, "--out", out, "--codings=none", *options]).stderr
        assert ascii(name)[1:-5] in said
        assert all(line.isprintable() for line in said.split("\n"))
