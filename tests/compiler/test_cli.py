"""The commands: talk on stderr, data on stdout, exit codes that a script can trust."""

from __future__ import annotations

import hashlib
import json
import os
import re
import subprocess
import sys
from base64 import b64encode
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from servestatic_build.cli import main
from servestatic_build.codecs import CODECS
from servestatic_build.inspection.cli import main as manifest_main
from servestatic_runtime import Manifest
from servestatic_runtime.format import etag
from support.commands import Done, run_command
from support.releases import snapshot
from support.trees import write_tree

STYLE = "a { b: c }\n" * 50
SITE = {
    "a.css": STYLE + "a{b:url(a.png)}",
    "a.png": "a",
    "page.html": "<p>",
    "docs/home.html": "<p>",
    ".hidden": "",
}
DIST_IS_SHARED = (
    "servestatic-build: error: DIST (.) holds other files, and the sources or the working directory [invalid-setting]\n"
    "  hint: choose a directory of its own, with -o: it is made if it does not exist\n"
)
BROKEN = {"css/b.css": "a{b:url(no.png)}"}


@pytest.fixture(autouse=True)
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Work in an empty directory with the site in ``src``."""
    monkeypatch.chdir(tmp_path)
    return write_tree(tmp_path / "src", SITE)


def run(*arguments: str, env: dict[str, str] | None = None) -> Result:
    """Run servestatic-build; an exception that it does not handle fails the test."""
    return CliRunner().invoke(main, arguments, env=env, catch_exceptions=False)


def show(*arguments: str) -> Done:
    return run_command(manifest_main, "show", *arguments)


def codings(manifest: Manifest) -> list[str]:
    return [variant.coding for variant in manifest.asset("a.css").variants]


def gzip_size(manifest: Manifest) -> int:
    return manifest.asset("a.css").variants[1].size


def header(url: str, name: str) -> Callable[[Manifest], str | None]:
    def look(manifest: Manifest) -> str | None:
        match = manifest.find(url)
        assert match
        return dict(match.ok_headers(match.variants[0])).get(name)

    return look


def answers(url: str) -> Callable[[Manifest], bool]:
    return lambda manifest: manifest.find(url) is not None


@pytest.mark.parametrize(
    ("options", "look", "default", "expected"),
    [
        pytest.param(["--prefix", "/x"], lambda m: m.prefix, "/static/", "/x/", id="prefix"),
        pytest.param(
            ["--codings", "br,gzip"],
            codings,
            ["identity", "gzip", "br", "zstd"],
            ["identity", "gzip", "br"],
            id="codings",
        ),
        pytest.param(["--codings", "none"], codings, ["identity", "gzip", "br", "zstd"], ["identity"], id="no codings"),
        pytest.param(
            ["--no-compress", "a.css"], codings, ["identity", "gzip", "br", "zstd"], ["identity"], id="no compress"
        ),
        pytest.param(["--ignore", "*.png", "--ignore", "*.html"], len, 4, 1, id="ignore"),
        pytest.param(["--plain", "*.css"], lambda m: m.asset("a.css").immutable, True, False, id="plain"),
        pytest.param(
            ["--fingerprint", "*.html"], lambda m: m.asset("page.html").immutable, False, True, id="fingerprint"
        ),
        pytest.param(["--no-plain-urls"], answers("/static/a.css"), True, False, id="no plain URLs"),
        pytest.param(["--index", "home.html"], answers("/static/docs/"), False, True, id="index"),
        pytest.param(
            ["--max-age", "7"],
            header("/static/a.css", "Cache-Control"),
            "public, max-age=60",
            "public, max-age=7",
            id="max-age",
        ),
        pytest.param(
            ["--no-cross-origin"], header("/static/a.css", "Access-Control-Allow-Origin"), "*", None, id="cross-origin"
        ),
    ],
)
def test_an_option_changes_what_is_served(
    options: list[str], look: Callable[[Manifest], Any], default: object, expected: object
) -> None:
    for arguments, value in (([], default), (options, expected)):
        assert run("src", "--effort=fast", *arguments).exit_code == 0
        assert look(Manifest.open("dist")) == value


@pytest.mark.parametrize("effort", ["fast", "default"])
def test_effort_decides_how_small_a_variant_is(effort: str) -> None:
    run("src", "--effort", effort)
    manifest = Manifest.open("dist")
    content = Path("dist", manifest.asset("a.css").variants[0].file).read_bytes()
    assert gzip_size(manifest) == len(CODECS["gzip"].encode(content, effort))


UNUSED = ["cache: coded: 0 hits, 1 miss", "cache: last-build: 0 hits, 1 miss", "cache: outcome: 0 hits, 1 miss"]
USED = ["cache: coded: 1 hit, 0 misses", "cache: last-build: 1 hit, 0 misses", "cache: outcome: 0 hits, 1 miss"]


def cache_lines(*options: str) -> list[str]:
    done = run("src", "--verbose", "--codings=br", "--effort=fast", *options)
    return [line for line in done.stderr.splitlines() if line.startswith("cache: ")]


def test_verbose_says_how_the_cache_was_used() -> None:
    assert cache_lines("-o", "a") == UNUSED
    assert cache_lines("-o", "b") == USED
    assert cache_lines("-o", "b") == ["cache: outcome: 1 hit, 0 misses"]


def test_the_cache_is_where_the_command_line_says() -> None:
    assert cache_lines("-o", "a", "--cache", "cached") == UNUSED
    assert cache_lines("-o", "b") == UNUSED
    assert cache_lines("-o", "c", "--cache", "cached") == USED


def test_no_cache_is_used_where_none_is_wanted() -> None:
    Path("pyproject.toml").write_text('[tool.servestatic-build]\ncache = "cached"\n')
    assert cache_lines("-o", "a", "--no-cache") == []
    assert not Path("cached").exists()


def test_the_command_line_can_take_back_that_no_cache_is_wanted() -> None:
    Path("pyproject.toml").write_text("[tool.servestatic-build]\ncache = false\n")
    assert cache_lines("-o", "a") == []
    assert cache_lines("-o", "b", "--cache", "cached") == UNUSED


def test_out_is_where_the_release_goes() -> None:
    run("src", "-o", "some/where", "--codings=none")
    assert len(Manifest.open("some/where")) == 4
    assert not Path("dist").exists()


def test_several_sources_and_urls_are_taken() -> None:
    write_tree(Path("public"), {"robots.txt": ""})
    run("src", "/=public", "--codings=none")
    assert Manifest.open("dist").url("/robots.txt") == "/robots.txt"


def test_jobs_change_no_byte() -> None:
    run("src", "-o", "one", "--jobs", "1", "--effort=fast")
    run("src", "-o", "four", "--jobs", "4", "--effort=fast")
    assert snapshot(Path("one")) == snapshot(Path("four"))


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        pytest.param(["src"], 0, id="good"),
        pytest.param(["src", "broken"], 0, id="warning"),
        pytest.param(["src", "broken", "--missing", "ignore", "--strict"], 0, id="ignored"),
        pytest.param(["src", "broken", "--strict"], 1, id="warning, strict"),
        pytest.param(["src", "broken", "--missing", "error"], 1, id="error"),
        pytest.param(["src", "broken", "--missing", "error", "--quiet"], 1, id="error, quiet"),
        pytest.param(["nothing"], 1, id="source that is not there"),
        pytest.param(["src", "--check"], 1, id="check of nothing"),
        pytest.param(["--help"], 0, id="help"),
        pytest.param(["--version"], 0, id="version"),
        pytest.param([], 2, id="no source"),
        pytest.param(["src", "--unknown"], 2, id="unknown option"),
        pytest.param(["src", "--effort", "x"], 2, id="unknown effort"),
        pytest.param(["src", "--missing", "x"], 2, id="unknown severity"),
        pytest.param(["src", "--codings", "x"], 2, id="unknown coding"),
        pytest.param(["src", "--jobs", "x"], 2, id="jobs that are no number"),
        pytest.param(["src", "--jobs", "0"], 2, id="no jobs"),
        pytest.param(["src", "--max-age", "-1"], 2, id="negative max-age"),
        pytest.param(["src", "--prefix", "x"], 2, id="relative prefix"),
        pytest.param(["src", "--config", "nothing.toml"], 2, id="config that is not there"),
        pytest.param(["src", "--ignore", "!"], 2, id="pattern that is none"),
        pytest.param(["/x="], 2, id="source without a directory"),
        pytest.param([""], 2, id="empty source"),
        pytest.param(["src", "--prefix", ""], 2, id="empty prefix"),
        pytest.param(["src", "--out", ""], 2, id="empty output"),
        pytest.param(["src", "--max-age", "9" * 5000], 2, id="number of 5,000 digits"),
        pytest.param(["src", "--origin", "https://[::1"], 2, id="origin that is none"),
    ],
)
def test_the_exit_code_is_0_good_1_failed_2_usage(arguments: list[str], code: int) -> None:
    write_tree(Path("broken"), BROKEN)
    assert run(*arguments).exit_code == code
    assert Path("dist").exists() == (code == 0 and "src" in arguments)


@pytest.mark.parametrize(
    ("content", "code"),
    [
        pytest.param({"settings.py": "", "static/a.css": ""}, 2, id="a project"),
        pytest.param({"static/a.css": ""}, 2, id="sources alone"),
        pytest.param({}, 0, id="nothing"),
        pytest.param({".gitkeep": "", ".git/config": ""}, 0, id="nothing to see"),
        pytest.param(None, 0, id="a release"),
    ],
)
def test_a_release_is_not_scattered_among_other_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: dict[str, str] | None, code: int
) -> None:
    if content is None:
        run("src", "-o", "here", "--codings=none")
    directory = write_tree(tmp_path / "here", content or {})
    before = snapshot(directory)
    monkeypatch.chdir(directory)
    done = run("../src", "-o", ".", "--codings=none", "--max-age=1")
    assert done.exit_code == code
    assert (snapshot(directory) == before) == (code == 2)
    assert (done.stderr == DIST_IS_SHARED) == (code == 2)


def test_neither_is_it_where_a_source_is(tmp_path: Path) -> None:
    write_tree(tmp_path / "project", {"static/a.css": "", "settings.py": ""})
    done = run("project/static", "-o", "project", "--codings=none")
    assert (done.exit_code, done.stderr) == (2, DIST_IS_SHARED.replace("(.)", "(project)"))


def test_a_directory_that_neither_a_source_nor_the_work_is_in_may_hold_other_files(tmp_path: Path) -> None:
    write_tree(tmp_path / "public", {"robots.txt": ""})
    assert run("src", "-o", "public", "--codings=none").exit_code == 0


def test_check_passes_once_the_release_is_there() -> None:
    run("src", "--codings=none")
    assert run("src", "--codings=none", "--check").exit_code == 0


STAGES = ("scan", "link: 0 of 2", "fingerprint: 0 of 2", "compress", "publish")


def test_where_there_is_no_terminal_each_stage_is_a_line_on_stderr() -> None:
    done = run("src", "--codings=none", "--json")
    assert done.stderr.startswith("scan\nlink: 0 of ")
    assert json.loads(done.stdout)["ok"]
    assert run("src", "--codings=none", "--quiet").stderr == ""


def test_a_problem_is_printed_with_its_place_and_a_hint() -> None:
    write_tree(Path("broken"), {**BROKEN, "js/x.js": "f(() => import('./a.js')"})
    lines = [line for line in run("broken", "--codings=none").stderr.splitlines() if line not in STAGES]
    assert lines[:4] == [
        "js/x.js:1:2: warning: JavaScript syntax error: the script cannot be parsed from here on [unreadable]",
        "  note: references in it are not rewritten",
        "  hint: correct the syntax there",
        "css/b.css:1:9: warning: 'no.png' resolves to /static/css/no.png, which does not exist [missing-reference]",
    ]


def test_the_summary_counts_files_bytes_time_and_warnings() -> None:
    write_tree(Path("broken"), BROKEN)
    done = run("src", "broken", "--effort=fast")
    assert done.stdout == ""
    css = len(SITE["a.css"]) + len(".000000000000")
    assert re.search(rf"^br +1 +\d+ +{css}$", done.stderr, re.MULTILINE)
    assert re.search(r"scan \d.* s, link .* fingerprint .* compress .* publish ", done.stderr)
    assert done.stderr.endswith(
        "dist is compiled: 5 files, 8 new on disk, 1 skipped, 1 warning\n"
        "1 broken reference; --strict makes every warning an error\n"
    )


def test_an_up_to_date_release_is_said_to_be_so() -> None:
    run("src", "--codings=none")
    last = run("src", "--codings=none").stderr.splitlines()[-1]
    assert last == "dist is up to date: 4 files, 0 new on disk, 1 skipped, 0 warnings"


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        pytest.param([], "", id="good"),
        pytest.param(["broken"], "", id="warning"),
        pytest.param(
            ["broken", "--missing=error"],
            "css/b.css:1:9: error: 'no.png' resolves to /static/css/no.png, which does not exist [missing-reference]\n",
            id="error",
        ),
    ],
)
def test_quiet_prints_errors_only(options: list[str], expected: str) -> None:
    write_tree(Path("broken"), BROKEN)
    done = run("src", "--quiet", "--codings=none", *options)
    assert (done.stdout, done.stderr) == ("", expected)


def test_quiet_prints_a_usage_error() -> None:
    assert (
        run("src", "--quiet", "--jobs=0").stderr
        == "servestatic-build: error: --jobs: 0 is not a whole number of at least 1 [invalid-setting]\n"
    )


def test_verbose_names_the_skipped_files(site: Path) -> None:
    line = f"{site}/.hidden: skipped: a hidden file\n"
    assert line in run("src", "--codings=none", "--verbose").stderr
    assert line not in run("src", "--codings=none").stderr


def test_json_is_a_summary_on_stdout() -> None:
    write_tree(Path("broken"), BROKEN)
    data = json.loads(run("src", "broken", "--effort=fast", "--codings=br", "--json").stdout)
    seconds, codings, diagnostics = data.pop("seconds"), data.pop("codings"), data.pop("diagnostics")
    assert data == {
        "ok": True,
        "up_to_date": False,
        "files": 5,
        "new_files": 6,
        "skipped": 1,
        "missing_ignored": 0,
        "placeholders": 0,
        "cache": {kind: {"hits": 0, "misses": 1} for kind in ("coded", "last-build", "outcome")},
        "over_budget": [],
        "warnings": 1,
        "errors": 0,
    }
    assert list(seconds) == ["scan", "link", "fingerprint", "compress", "publish"]
    assert [(row["coding"], row["files"]) for row in codings] == [("identity", 5), ("br", 1)]
    assert codings[1]["bytes"] < codings[1]["identity_bytes"]
    assert diagnostics == [
        {
            "severity": "warning",
            "code": "missing-reference",
            "place": "css/b.css:1:9",
            "name": "css/b.css",
            "line": 1,
            "column": 9,
            "message": "'no.png' resolves to /static/css/no.png, which does not exist",
            "note": None,
            "hint": None,
        }
    ]


def test_json_tells_of_a_build_that_failed() -> None:
    done = run("nothing", "--json", "--quiet")
    data = json.loads(done.stdout)
    assert (done.exit_code, data["ok"], data["files"], data["errors"]) == (1, False, 0, 1)


def test_the_command_line_wins_over_the_file() -> None:
    Path("pyproject.toml").write_text(
        "[tool.servestatic-build]\n"
        'sources = ["nothing"]\nout = "nowhere"\nprefix = "/y/"\ncodings = "none"\nmax-age = 5\nplain-urls = false\n'
    )
    run("src", "-o", "dist", "--prefix=/x/", "--plain-urls")
    manifest = Manifest.open("dist")
    assert header("/x/a.css", "Cache-Control")(manifest) == "public, max-age=5"
    assert codings(manifest) == ["identity"]
    assert not Path("nowhere").exists()


def test_a_switch_of_the_command_line_can_take_back_one_of_the_file() -> None:
    Path("x.toml").write_text('sources = "src"\ncodings = "none"\ncross-origin = false\n')
    run("--config=x.toml", "--cross-origin")
    assert header("/static/a.css", "Access-Control-Allow-Origin")(Manifest.open("dist")) == "*"


def test_a_wrong_setting_is_a_usage_error_with_a_hint() -> None:
    Path("pyproject.toml").write_text("[tool.servestatic-build]\nprefx = 1\n")
    done = run("src")
    assert done.exit_code == 2
    assert done.stderr.startswith(
        "pyproject.toml:2: error: there is no setting 'prefx' [invalid-setting]\n  hint: did you mean prefix?\n"
    )


@pytest.mark.parametrize(("environment", "coloured"), [({}, True), ({"NO_COLOR": "1"}, False)])
def test_no_color_is_respected(environment: dict[str, str], *, coloured: bool) -> None:
    terminal = {"FORCE_COLOR": "1", "TERM": "xterm-256color", **environment}
    stderr = run("nothing", env=terminal).stderr
    assert ("\x1b[1;31m" in stderr) == coloured
    assert bool(re.search(r"\x1b\[[0-9;]*3[0-7]m", stderr)) == coloured


def test_no_escape_goes_to_what_is_no_terminal() -> None:
    write_tree(Path("broken"), BROKEN)
    assert "\x1b" not in run("broken", "--effort=fast").stderr


@pytest.mark.parametrize("name", ["[id].css", "[red]x.css", "x[/b].css", ":smile:.css"])
def test_a_name_that_looks_like_markup_is_printed_as_it_is(name: str) -> None:
    write_tree(Path("odd"), {name: "a{b:url(no.png)}"})
    assert f"{name}:1:9: warning: " in run("odd", "--codings=none").stderr
    assert name in show("dist").stdout


def test_an_output_that_looks_like_markup_is_printed_as_it_is() -> None:
    assert "dist[/b] is compiled: " in run("src", "-o", "dist[/b]", "--codings=none").stderr


def test_help_describes_every_option() -> None:
    text = run("--help").stdout
    options = [name for parameter in main.params for name in (*parameter.opts, *parameter.secondary_opts)]
    assert [name for name in options if name.startswith("-") and name not in text] == []


def test_the_commands_are_installed() -> None:
    scripts = Path(sys.executable).parent
    command = [str(scripts / "servestatic-build"), "src", "--codings=none", "--json"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert json.loads(done.stdout)["files"] == 4
    assert done.stderr.endswith("0 warnings\n")
    shown = subprocess.run(
        [str(scripts / "servestatic-manifest"), "show", "dist"], capture_output=True, text=True, check=True
    )
    assert "page.html" in shown.stdout
    assert shown.stderr == ""


def test_show_json_has_the_shape_of_the_design() -> None:
    write_tree(Path("two"), {"a.css": STYLE + "a{b:url(é.png)}", "é.png": "a", "page.html": "<p>"})
    run("two", "--effort=fast", "--codings=br")
    contents, files = {}, {}
    for asset in Manifest.open("dist"):
        files[asset.name] = asset.variants[0].file
        contents[asset.name] = Path("dist", files[asset.name]).read_bytes()
    coded = Path("dist", files["a.css"] + ".br").read_bytes()

    def shown(name: str, url: str, plain_url: str, kind: str, *, immutable: bool) -> dict[str, Any]:
        data = contents[name]
        return {
            "name": name,
            "url": url,
            "plain_url": plain_url,
            "file": files[name],
            "type": kind,
            "size": len(data),
            "digest": hashlib.sha256(data).hexdigest(),
            "integrity": "sha384-" + b64encode(hashlib.sha384(data).digest()).decode(),
            "immutable": immutable,
            "variants": [
                {
                    "coding": "identity",
                    "file": files[name],
                    "size": len(data),
                    "etag": etag(hashlib.sha256(data).digest()),
                }
            ],
            "references": [],
        }

    digest = {name: hashlib.sha256(data).hexdigest()[:12] for name, data in contents.items()}
    css = shown("a.css", f"/static/a.{digest['a.css']}.css", "/static/a.css", "text/css; charset=utf-8", immutable=True)
    css["variants"].append(
        {"coding": "br", "file": css["file"] + ".br", "size": len(coded), "etag": etag(hashlib.sha256(coded).digest())}
    )
    css["references"] = ["é.png"]
    html = shown("page.html", "/static/page.html", "/static/page.html", "text/html; charset=utf-8", immutable=False)
    png = shown("é.png", f"/static/%C3%A9.{digest['é.png']}.png", "/static/%C3%A9.png", "image/png", immutable=True)
    assert json.loads(show("dist", "--json").stdout) == {"version": 1, "prefix": "/static/", "assets": [css, html, png]}


def test_show_json_has_null_where_there_is_no_plain_url() -> None:
    run("src", "--no-plain-urls", "--codings=none")
    assets = json.loads(show("dist", "--json").stdout)["assets"]
    assert [asset["plain_url"] for asset in assets] == [None, None, "/static/docs/home.html", "/static/page.html"]


def test_show_lists_the_assets() -> None:
    run("src", "--effort=fast")
    rows = [line.split() for line in show("dist").stdout.splitlines()]
    manifest = Manifest.open("dist")
    assert rows == [
        ["name", "url", "size", "codings"],
        ["a.css", manifest.url("a.css"), str(manifest.asset("a.css").variants[0].size), "gzip", "br", "zstd"],
        ["a.png", manifest.url("a.png"), "1"],
        ["docs/home.html", "/static/docs/home.html", "3"],
        ["page.html", "/static/page.html", "3"],
    ]


def test_show_keeps_an_asset_on_one_line_however_long_its_name() -> None:
    name = "a" * 100 + ".css"
    write_tree(Path("long"), {name: ""})
    run("long", "--codings=none")
    assert show("dist").stdout.splitlines()[1].split() == [name, Manifest.open("dist").url(name), "0"]


def test_show_and_explain_print_no_control_character() -> None:
    name = "\x1b[31m\n\x9b.css"
    write_tree(Path("odd"), {name: ""})
    run("odd", "--codings=none")
    escaped = r"\x1b[31m\n\x9b.css"
    assert show("dist").stdout.splitlines()[1].split()[0] == escaped
    assert run_command(manifest_main, "explain", "dist", name).stdout.splitlines()[0] == escaped


@pytest.mark.parametrize("command", [["show", "dist"], ["explain", "dist", "a.css"]])
def test_a_reader_that_has_seen_enough_is_no_error(command: list[str]) -> None:
    run("src", "--codings=none")
    reader, writer = os.pipe()
    os.close(reader)
    program = [str(Path(sys.executable).parent / "servestatic-manifest"), *command]
    done = subprocess.run(program, stdout=writer, stderr=subprocess.PIPE, text=True, check=False)
    os.close(writer)
    assert (done.returncode, done.stderr) == (1, "")


@pytest.mark.parametrize("options", [[], ["--json"]])
def test_show_of_what_is_no_release_fails_on_stderr(tmp_path: Path, options: list[str]) -> None:
    done = show("nothing", *options)
    assert (done.exit_code, done.stdout) == (1, "")
    assert done.stderr == (
        f"{tmp_path}/nothing/manifest.msgpack: error: No such file or directory\n"
        "  hint: compile with: servestatic-build SOURCE... -o DIST\n"
    )


def test_show_without_dist_is_a_usage_error() -> None:
    assert show().exit_code == 2
