"""servestatic-manifest verify: what is wrong with a DIST, whatever it is, and nothing else."""

from __future__ import annotations

import builtins
import json
import os
import re
import shutil
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import brotli
import pytest

from servestatic_build import Source
from servestatic_build.codecs import CODECS
from servestatic_build.inspection.cli import main
from servestatic_build.references.extractors import EXTRACTORS
from servestatic_build.references.extractors.candidates import CANDIDATES, UndecidedError
from servestatic_build.verification.manifest_bytes import damaged_part
from servestatic_build.verification.verify import verify
from servestatic_runtime import ManifestError
from servestatic_runtime.document import Document
from servestatic_runtime.format import MANIFEST_NAME
from support.codings import StubCodec
from support.commands import run_command
from support.trees import Compiled, Tree, compile_sources, compile_tree, write_tree

TEXT = "a{color:red}" * 40
STATIC: Tree = {
    "app.css": f"@import 'base.css';a{{b:url(img/a.png)}}{TEXT}",
    "base.css": f"{TEXT}a{{--icon:url(img/a.png)}}b{{c:var(--icon)}}",
    "docs/index.html": "<link rel=stylesheet href=../app.css><script type=module src=../main.js></script>" + "<p>" * 99,
    "empty.txt": "",
    "img/a.png": bytes(range(256)) * 4,
    "loop.js": "import './main.js';" + "//" * 99,
    "main.js": 'import "./loop.js"; import "lit"; new Worker(new URL("work.js", import.meta.url));' + "//" * 99,
    "lit.js": "",
    "site.webmanifest": '{"icons":[{"src":"img/a.png"}]}',
    "work.js": "importScripts('lit.js')",
}
MAX_AGE, IMMUTABLE = "public, max-age=60", "public, max-age=31536000, immutable"


@pytest.fixture(scope="module")
def intact(tmp_path_factory: pytest.TempPathFactory) -> Compiled:
    root = tmp_path_factory.mktemp("release")
    sources = (
        Source(str(write_tree(root / "static", STATIC))),
        Source(str(write_tree(root / "public", {"robots.txt": "User-agent: *\n" * 20})), "/"),
    )
    return compile_sources(root, *sources, codings=("gzip", "br", "zstd"), imports={"lit": "lit.js"})


@pytest.fixture
def dist(intact: Compiled, tmp_path: Path) -> Path:
    """Return a copy of the release, to be damaged."""
    return Path(shutil.copytree(intact.dist, tmp_path / "copy"))


def verified(dist: Path, *options: str) -> dict[str, Any]:
    """Return what verify says, after a check that its exit code says the same."""
    done = run_command(main, "verify", str(dist), "--json", *options)
    data: dict[str, Any] = json.loads(done.stdout)
    assert (done.exit_code, done.stderr) == (0 if data["ok"] else 1, "")
    return data


def problems(dist: Path, *options: str) -> list[tuple[str, str]]:
    """Return the code and the file of each problem."""
    return [(each["code"], each["file"]) for each in verified(dist, *options)["problems"]]


def listed_file(intact: Compiled, name: str, coding: str = "identity") -> str:
    return next(each.file for each in intact.manifest.asset(name).variants if each.coding == coding)


def test_a_release_that_is_right_has_no_fault(intact: Compiled) -> None:
    size = sum(asset.variants[0].size for asset in intact.manifest)
    files = sum(len(asset.variants) for asset in intact.manifest)
    assert verified(intact.dist) == {
        "ok": True,
        "assets": 11,
        "read": 11,
        "files": files,
        "bytes_read": size,
        "problems": [],
    }
    done = run_command(main, "verify", str(intact.dist))
    assert done.stdout == (f"{intact.dist}: no fault; read 11 of 11 assets ({size:,} bytes), looked at {files} files\n")


def test_the_manifest_stands_for_dist(intact: Compiled) -> None:
    assert verified(intact.dist / MANIFEST_NAME)["ok"]


def flipped(path: Path, place: int) -> None:
    """Flip one bit of a file, in place and under its old date."""
    status, data = path.stat(), bytearray(path.read_bytes())
    data[place] ^= 1 << place % 8
    path.chmod(0o644)
    path.write_bytes(data)
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))


@pytest.mark.parametrize("coding", ["identity", "gzip", "br", "zstd"])
@pytest.mark.parametrize("name", ["app.css", "docs/index.html", "main.js", "/robots.txt"])
def test_any_flipped_byte_of_a_file_is_found(intact: Compiled, dist: Path, name: str, coding: str) -> None:
    file = listed_file(intact, name, coding)
    size = (dist / file).stat().st_size
    for place in {0, 1, size // 3, size // 2, size - 2, size - 1}:
        shutil.copy2(intact.dist / file, dist / file)
        flipped(dist / file, place)
        assert problems(dist) == [("damaged-file", file)]


@pytest.mark.parametrize("name", ["img/a.png", "site.webmanifest"])
def test_a_flipped_byte_of_a_file_without_codings_is_found(intact: Compiled, dist: Path, name: str) -> None:
    flipped(dist / listed_file(intact, name), 0)
    assert problems(dist) == [("damaged-file", listed_file(intact, name))]


def test_any_flipped_byte_of_the_manifest_is_found(tmp_path: Path) -> None:
    tree = {"a.css": "", "b.js": "import 'c'", "c.js": "", "index.html": "<script src=b.js></script>"}
    compiled = compile_tree(tmp_path, tree, imports={"c": "c.js"})
    data = (compiled.dist / MANIFEST_NAME).read_bytes()
    assert damaged_part(data) is None
    missed = [place for place in range(len(data)) if not is_damaged(with_bit_flipped(data, place))]
    assert missed == []


def with_bit_flipped(data: bytes, place: int) -> bytes:
    return data[:place] + bytes((data[place] ^ 1 << place % 8,)) + data[place + 1 :]


def is_damaged(data: bytes) -> bool:
    try:
        Document(data, MANIFEST_NAME)
    except ManifestError:
        return True
    return damaged_part(data) is not None


@pytest.mark.parametrize(
    "manifest", sorted(Path(__file__).parent.parent.glob("golden/*.msgpack")), ids=lambda p: p.name
)
def test_a_manifest_of_any_version_of_the_format_is_whole(manifest: Path) -> None:
    assert damaged_part(manifest.read_bytes()) is None


def test_a_damaged_record_of_the_manifest_is_the_one_fault(dist: Path) -> None:
    place = (dist / MANIFEST_NAME).read_bytes().index(b"/robots.txt")
    flipped(dist / MANIFEST_NAME, place)
    (problem,) = verified(dist)["problems"]
    assert (problem["code"], problem["file"]) == ("damaged-manifest", str(dist / MANIFEST_NAME))
    assert problem["message"] == "assets, entry 0 is damaged"


def test_a_manifest_that_can_t_be_opened_is_one_line_on_stderr(dist: Path) -> None:
    flipped(dist / MANIFEST_NAME, 60)
    done = run_command(main, "verify", str(dist), "--json")
    assert (done.exit_code, done.stdout) == (1, "")
    assert "its head is damaged" in done.stderr


def shortened(path: Path) -> None:
    os.truncate(path, path.stat().st_size - 1)


def lengthened(path: Path) -> None:
    with path.open("ab") as file:
        file.write(b"\0")


def replaced_by_a_directory(path: Path) -> None:
    path.unlink()
    path.mkdir()


def replaced_by_a_pipe(path: Path) -> None:
    path.unlink()
    os.mkfifo(path)


@pytest.mark.parametrize(
    ("damage", "code"),
    [
        (Path.unlink, "missing-file"),
        (shortened, "damaged-file"),
        (lengthened, "damaged-file"),
        (replaced_by_a_directory, "missing-file"),
        (replaced_by_a_pipe, "missing-file"),
    ],
)
@pytest.mark.parametrize("coding", ["identity", "br"])
def test_what_is_not_the_whole_file_is_found(
    intact: Compiled, dist: Path, damage: Callable[[Path], None], code: str, coding: str
) -> None:
    file = listed_file(intact, "main.js", coding)
    damage(dist / file)
    assert problems(dist) == [(code, file)]


def test_two_files_that_were_swapped_are_two_faults(intact: Compiled, dist: Path) -> None:
    one, other = dist / listed_file(intact, "loop.js", "br"), dist / listed_file(intact, "loop.js", "zstd")
    one.rename(dist / "aside")
    other.rename(one)
    (dist / "aside").rename(other)
    assert [code for code, _ in problems(dist)] == ["damaged-file"] * 2


def test_the_manifest_of_another_dist_is_found(tmp_path: Path, dist: Path) -> None:
    other = compile_tree(tmp_path, {**STATIC, "app.css": "a{}", "more.txt": "more"})
    shutil.copy2(other.dist / MANIFEST_NAME, dist / MANIFEST_NAME)
    found = problems(dist)
    assert ("missing-file", listed_file(other, "more.txt")) in found
    assert ("missing-file", listed_file(other, "app.css")) in found


def test_all_faults_are_told_with_what_to_do(intact: Compiled, dist: Path) -> None:
    shortened(dist / listed_file(intact, "main.js"))
    (dist / listed_file(intact, "app.css")).unlink()
    done = run_command(main, "verify", str(dist))
    size = (intact.dist / listed_file(intact, "main.js")).stat().st_size
    assert done.exit_code == 1
    hint = "  hint: copy DIST again, or compile again with --verify-content"
    missing, short = (listed_file(intact, name) for name in ("app.css", "main.js"))
    assert done.stdout.splitlines()[:-1] == [
        f"{missing}: error: the manifest lists this file, and it is missing [missing-file]",
        hint,
        f"{short}: error: this file has {size - 1} bytes where the manifest says {size} [damaged-file]",
        hint,
    ]
    assert done.stdout.splitlines()[-1].startswith(f"{dist}: 2 faults; ")


def test_many_faults_of_one_kind_are_summed_up_unless_all_are_asked_for(tmp_path: Path) -> None:
    compiled = compile_tree(tmp_path, {f"{number}.txt": f"{number}" for number in range(20)})
    shutil.rmtree(compiled.dist / "files")
    assert run_command(main, "verify", str(compiled.dist)).stdout.count("[missing-file]") == 4
    assert run_command(main, "verify", str(compiled.dist), "--verbose").stdout.count("[missing-file]") == 20


# Files that the manifest does not list


def test_what_is_not_listed_is_named_and_no_fault(dist: Path) -> None:
    write_tree(dist, {"files/static/old.css": "", "more.txt": "", ".servestatic-build-x/0": ""})
    data = verified(dist)
    assert data["ok"]
    assert [(each["severity"], each["file"]) for each in data["problems"]] == [
        ("note", "more.txt"),
        ("note", "files/static/old.css"),
    ]


@pytest.fixture
def at_url_paths(tmp_path: Path) -> Compiled:
    compiled = compile_tree(tmp_path, {"a.css": TEXT, "b.css": TEXT}, layout="urls", codings=("br",))
    assert verified(compiled.dist)["problems"] == []
    return compiled


def test_a_plain_name_that_is_missing_is_found(at_url_paths: Compiled) -> None:
    (at_url_paths.dist / "static/a.css.br").unlink()
    assert problems(at_url_paths.dist) == [("missing-file", "static/a.css.br")]


def test_a_plain_name_of_other_bytes_is_found(at_url_paths: Compiled) -> None:
    plain = at_url_paths.dist / "static/a.css"
    copy = plain.read_bytes()
    plain.unlink()
    plain.write_bytes(copy)
    assert problems(at_url_paths.dist) == []
    flipped(plain, 9)
    assert problems(at_url_paths.dist) == [("damaged-file", "static/a.css")]


def test_what_others_write_into_dist_is_theirs(at_url_paths: Compiled) -> None:
    write_tree(at_url_paths.dist, {"static/theirs.css": "", "theirs.txt": ""})
    assert problems(at_url_paths.dist) == []


# Samples


def test_a_sample_reads_so_many_assets(intact: Compiled) -> None:
    assert [verified(intact.dist, "--sample", count)["read"] for count in ("0", "3", "99")] == [0, 3, 11]


def test_a_sample_misses_no_file_that_is_missing_or_has_another_size(intact: Compiled, dist: Path) -> None:
    missing, short = listed_file(intact, "main.js", "br"), listed_file(intact, "app.css")
    (dist / missing).unlink()
    shortened(dist / short)
    flipped(dist / listed_file(intact, "img/a.png"), 0)
    assert problems(dist, "--sample", "0") == [("damaged-file", short), ("missing-file", missing)]


@pytest.mark.parametrize("count", ["-1", "a", "1.5"])
def test_a_sample_is_a_whole_number(intact: Compiled, count: str) -> None:
    done = run_command(main, "verify", str(intact.dist), "--sample", count)
    assert (done.exit_code, done.stdout) == (2, "")


# Codings


@pytest.mark.parametrize(
    ("coding", "coded", "code"),
    [
        pytest.param("gzip", b"no gzip", "wrong-coding", id="no gzip"),
        pytest.param("gzip", CODECS["gzip"].encode(b"other", "fast"), "wrong-coding", id="gzip of other bytes"),
        pytest.param("gzip", CODECS["gzip"].encode(TEXT.encode(), "fast") + b"\0", "wrong-coding", id="two members"),
        pytest.param("gzip", CODECS["gzip"].encode(TEXT.encode(), "fast")[:-1], "wrong-coding", id="a part of gzip"),
        pytest.param("gzip", CODECS["gzip"].encode(bytes(10**6), "fast"), "wrong-coding", id="much more gzip"),
        pytest.param("br", b"\x0bno br", "wrong-coding", id="no br"),
        pytest.param("br", brotli.compress(b"other"), "wrong-coding", id="br of other bytes"),
        pytest.param("br", b"\x11\x18", "large-window", id="large window of br"),
        pytest.param("zstd", b"no zstd", "wrong-coding", id="no zstd"),
        pytest.param("zstd", CODECS["zstd"].encode(b"other", "fast"), "wrong-coding", id="zstd of other bytes"),
        pytest.param("zstd", CODECS["zstd"].encode(TEXT.encode(), "fast") + b"\0", "wrong-coding", id="zstd and more"),
        # Magic, no single segment, a window of 2^24 (RFC 8878 3.1.1.1).
        pytest.param("zstd", b"\x28\xb5\x2f\xfd\x00\x70\x01\x00\x00", "large-window", id="large window of zstd"),
    ],
)
def test_a_coding_that_clients_can_t_decode_is_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, coding: str, coded: bytes, code: str
) -> None:
    monkeypatch.setitem(CODECS, coding, StubCodec(lambda _data, _effort: coded))
    tree = {"a.css": TEXT * (1 + len(coded) // 100)}
    compiled = compile_tree(tmp_path, tree, codings=(coding,))
    assert problems(compiled.dist) == [(code, compiled.manifest.asset("a.css").variants[1].file)]


# Headers


@pytest.mark.parametrize(
    ("rule", "message"),
    [
        (
            {"add": {"Cache-Control": "max-age=9"}},
            "Cache-Control has max-age with different values, 31536000 and 9",
        ),
        ({"add": {"Cache-Control": "no-store"}}, "Cache-Control has both no-store and immutable"),
        ({"add": {"Cache-Control": "private"}}, "Cache-Control has both public and private"),
        ({"add": {"Content-Type": "text/x"}}, "the header content-type is there 2 times, and may be there once"),
    ],
)
def test_headers_that_contradict_each_other_are_found(tmp_path: Path, rule: Mapping[str, Any], message: str) -> None:
    compiled = compile_tree(tmp_path, {"a.css": "", "b.css": "", "c.js": ""}, headers=[{"for": "*.css", **rule}])
    found = verified(compiled.dist)["problems"]
    assert (found[0]["code"], found[0]["file"], found[0]["message"]) == ("contradicting-headers", "a.css", message)
    assert {each["file"] for each in found} == {"a.css"}


@pytest.mark.parametrize(
    "value", ["no-cache, no-store, max-age=0, must-revalidate", "no-store", "private, max-age=60", ""]
)
def test_headers_of_one_mind_are_no_fault(tmp_path: Path, value: str) -> None:
    rules = [{"for": "*", "set": {"Cache-Control": value}}, {"for": "*", "add": {"Link": "a"}}]
    compiled = compile_tree(tmp_path, {"a.css": TEXT}, headers=[*rules, rules[1]], codings=("br",))
    assert verified(compiled.dist)["ok"]


def test_one_file_under_two_types_is_found(tmp_path: Path) -> None:
    def hook(headers: Any, _path: str, url: str) -> None:
        if url == "/static/a.css":
            headers["Content-Type"] = "text/plain"

    compiled = compile_tree(tmp_path, {"a.css": ""}, headers_hook=hook)
    (problem,) = verified(compiled.dist)["problems"]
    assert problem["message"] == (
        "the same bytes are served as text/css; charset=utf-8 and as text/plain under their two URLs"
    )


# References


@pytest.mark.parametrize(
    ("name", "text", "place"),
    [
        ("a.css", "a{b:c}\n.d{e:url(none.png)}", "2:10"),
        ("a.js", "import './none.js'", "1:9"),
        ("a.html", "<img src=/static/none.png>", "1:10"),
        ("a.svg", "<svg xmlns='http://www.w3.org/2000/svg'><image href='none.png'/></svg>", "1:54"),
    ],
)
def test_a_reference_to_nothing_is_found_where_it_is(tmp_path: Path, name: str, text: str, place: str) -> None:
    compiled = compile_tree(tmp_path, {name: text}, missing="ignore")
    file = compiled.manifest.asset(name).variants[0].file
    (problem,) = verified(compiled.dist)["problems"]
    assert (problem["code"], problem["severity"], problem["file"]) == ("missing-reference", "error", file)
    assert f"{problem['line']}:{problem['column']}" == place
    assert re.fullmatch(r"'\S+' resolves to /static/none\.\w+, which does not exist", problem["message"])
    assert [each["severity"] for each in verified(compiled.dist, "--missing", "warn")["problems"]] == ["warning"]
    assert problems(compiled.dist, "--missing", "ignore") == []


@pytest.mark.parametrize(
    "text",
    [
        "<a href=/none.html></a><a href=none.html></a>",
        "<img src=//elsewhere.example/static/none.png><img src=/media/none.png>",
        "<img src='{{ url }}'>",
        "<script type=module>import 'bare'</script>",
    ],
)
def test_what_is_not_ours_to_find_is_no_fault(tmp_path: Path, text: str) -> None:
    assert verified(compile_tree(tmp_path, {"a.html": text}).dist)["ok"]


def test_a_source_map_that_was_not_shipped_is_no_fault(tmp_path: Path) -> None:
    assert verified(compile_tree(tmp_path, {"a.js": "//# sourceMappingURL=a.js.map"}).dist)["ok"]


def test_what_a_bundler_named_is_for_the_bundler_to_judge(tmp_path: Path) -> None:
    assert verified(compile_tree(tmp_path, {"a-12345678.js": "import './none.js'"}, hashed="a-*").dist)["ok"]


@pytest.mark.parametrize(
    "script",
    [
        "// import './none.js'",
        "`import './none.js'`",
        "x.import('./none.js')",
        "export const a = '* from \"./none.js\"'",
    ],
)
def test_what_only_looks_like_a_reference_is_no_fault(tmp_path: Path, script: str) -> None:
    assert verified(compile_tree(tmp_path, {"a.js": script}).dist)["ok"]


def test_a_url_is_relative_to_who_uses_the_custom_property(tmp_path: Path) -> None:
    tree = {"a/a.css": "a{--icon:url(i.png)}", "a/i.png": "", "b/b.css": "b{background:var(--icon)}"}
    compiled = compile_tree(tmp_path, tree, missing="ignore")
    assert problems(compiled.dist) == [("missing-reference", listed_file(compiled, "a/a.css"))]


@pytest.mark.parametrize("starts", [True, False])
def test_a_script_for_workers_is_broken_only_if_a_worker_runs_it(tmp_path: Path, starts: bool) -> None:
    tree = {
        "a.js": "new Worker(new URL('w/b.js', import.meta.url))" if starts else "",
        "w/b.js": "import './c.js'",
        "w/c.js": "importScripts('none.js')",
    }
    compiled = compile_tree(tmp_path, tree, missing="ignore")
    assert problems(compiled.dist) == [("missing-reference", listed_file(compiled, "w/c.js"))] * starts


def test_no_lexer_reads_a_script_or_style_sheet_whose_references_all_lead_to_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tree = {
        "a.js": "import {b} from './b.js'; // export * from './a.png'\nimport('./b.js')",
        "b.js": "export const b = 'import';",
        "a.css": "@import 'b.css'; a{background:URL( 'a.png' )} b{background:url(a.png)}",
        "b.css": "a{background:url(data:,)}",
        "a.png": "",
    }
    compiled = compile_tree(tmp_path, tree)
    for kind in ("text/css", "text/javascript"):
        monkeypatch.setitem(EXTRACTORS, kind, lambda _: pytest.fail("a lexer reads it"))
    assert verified(compiled.dist)["ok"]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.js", "import{/*" * 20_000),
        ("a.js", "import(`" * 20_000),
        ("a.js", "importScripts(/*" * 20_000),
        ("a.css", "url(url(" * 20_000),
        ("a.css", "@import/*" * 20_000),
        ("a.css", "\\a" * 40_000),
        ("a.css", "@" * 40_000),
    ],
)
def test_files_that_are_made_to_be_slow_are_left_to_the_lexers(name: str, text: str) -> None:
    candidates = CANDIDATES["text/css" if name.endswith("css") else "text/javascript"](text.encode())
    with suppress(UndecidedError):
        assert len([*candidates]) < 10


# A release that takes the place of another meanwhile


class Publishing:
    """Progress that has another release published whenever the files begin to be read, and a file of the old one deleted."""

    def __init__(self, root: Path, rounds: int) -> None:
        self._root = root
        self._releases = [f"a{{z-index:{number}}}" for number in range(rounds)]
        self.publish()

    def publish(self) -> None:
        """Publish the next release."""
        self.compiled = compile_tree(self._root, {"a.css": self._releases.pop()}, keep_releases=0, keep_days=0)

    def stage(self, _name: str, _steps: int) -> Callable[[], None]:
        """Take the place of a release that verify has opened, if there is another."""
        if self._releases:
            old = self.compiled.dist / listed_file(self.compiled, "a.css")
            self.publish()
            old.unlink(missing_ok=True)
        return lambda: None


def test_a_release_that_is_published_meanwhile_is_verified_instead(tmp_path: Path) -> None:
    progress = Publishing(tmp_path, rounds=3)
    verification = verify(str(progress.compiled.dist), sample=None, missing="error", progress=progress)
    assert verification.problems == ()


def test_who_publishes_all_the_time_is_told_to_stop(tmp_path: Path) -> None:
    progress = Publishing(tmp_path, rounds=9)
    with pytest.raises(ManifestError, match="replaced 5 times while it was verified"):
        verify(str(progress.compiled.dist), sample=None, missing="error", progress=progress)


@pytest.mark.parametrize("plain_urls", [True, False])
def test_modules_that_the_import_map_leads_on_are_found(tmp_path: Path, plain_urls: bool) -> None:
    tree = {"a.js": "import './b.js'", "b.js": "import './c/d.js'", "c/d.js": "import '../a.js'"}
    compiled = compile_tree(tmp_path, tree, modules="importmap", plain_urls=plain_urls)
    assert verified(compiled.dist)["ok"]


def test_an_integrity_value_of_other_bytes_is_found(tmp_path: Path) -> None:
    page = f"<script src=a.js integrity=sha384-{'A' * 64}></script>"
    compiled = compile_tree(tmp_path, {"a.html": page, "a.js": ""})
    (problem,) = verified(compiled.dist)["problems"]
    assert (problem["code"], problem["file"]) == ("wrong-integrity", "files/static/" + only_name(compiled, "a.html"))
    assert problem["column"] == len("<script src=a.0123456789ab.js integrity=") + 1


def only_name(compiled: Compiled, name: str) -> str:
    return compiled.manifest.asset(name).variants[0].file.rpartition("/")[2]


@pytest.mark.parametrize("algorithm", ["sha256", "sha384", "sha512"])
def test_the_integrity_value_of_the_bytes_is_no_fault(tmp_path: Path, algorithm: str) -> None:
    import hashlib
    from base64 import b64encode

    value = f"{algorithm}-{b64encode(hashlib.new(algorithm, b'1').digest()).decode()}"
    compiled = compile_tree(tmp_path, {"a.html": f"<script src=a.js integrity={value}></script>", "a.js": "1"})
    assert compiled.messages() == []
    assert verified(compiled.dist)["ok"]


# Without the extra


def test_without_the_extra_it_says_what_to_install(intact: Compiled, monkeypatch: pytest.MonkeyPatch) -> None:
    import_module = builtins.__import__

    def refuse(name: str, *arguments: Any) -> Any:
        if name.startswith("servestatic_build.report"):
            raise ModuleNotFoundError("No module named 'rich'", name="rich")
        return import_module(name, *arguments)

    monkeypatch.setattr(builtins, "__import__", refuse)
    done = run_command(main, "verify", str(intact.dist))
    assert (done.exit_code, done.stdout) == (1, "")
    assert done.stderr == (
        "servestatic-manifest: error: rich is missing. To verify a release, install the extra: "
        'pip install "servestatic-build[build]"\n'
    )


def test_a_flipped_byte_of_an_earlier_release_is_found(tmp_path: Path) -> None:
    old = compile_tree(tmp_path, {"app.css": TEXT}, codings=("gzip",)).manifest.asset("app.css")
    dist = compile_tree(tmp_path, {"app.css": TEXT * 2}, codings=("gzip",)).dist
    assert verified(dist)["assets"] == 2
    for variant in old.variants:
        flipped(dist / variant.file, 20)
        assert problems(dist) == [("damaged-file", variant.file)]
        flipped(dist / variant.file, 20)
