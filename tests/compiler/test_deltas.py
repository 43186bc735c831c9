"""Builds with deltas: which files are dictionaries, from which earlier contents differences are kept, and how they lie in DIST."""

from __future__ import annotations

import json
from hashlib import sha256
from pathlib import Path
from random import Random
from typing import Any

import pytest

from servestatic_build import Source
from servestatic_build.codecs import dcz
from servestatic_build.inspection.cli import main
from servestatic_build.model import Asset, Signature, SourceFile, StagedFile, Variant
from servestatic_build.releases import dictionaries
from servestatic_build.releases.dictionaries import with_patterns
from servestatic_build.settings.globs import Globs
from servestatic_build.settings.header_rules import HeaderRule
from servestatic_runtime.url_reason import UrlReason
from support.commands import run_command
from support.trees import Compiled, compile_sources, compile_tree, write_tree

WORDS = [Random(number).randbytes(6).hex() for number in range(900)]
DELTAS: dict[str, Any] = {"codings": ("gzip", "br", "zstd"), "deltas": 2}


def script(version: int) -> str:
    """Return a script of 14 kB in random words, of which few change from version to version."""
    return "\n".join(f"// {word}" for word in WORDS) + f"\nexport const version = {version};\n"


def released(tmp_path: Path, *versions: int, **settings: Any) -> Compiled:
    """Compile these versions of a script, one after the other, and return the last release."""
    done = [compile_tree(tmp_path, {"js/app.js": script(version)}, **{**DELTAS, **settings}) for version in versions]
    assert all(each.result.ok for each in done)
    return done[-1]


def dictionaries_of(release: Compiled) -> list[bytes]:
    return [delta.dictionary for delta in release.manifest.asset("js/app.js").deltas]


def digests(*versions: int) -> list[bytes]:
    return [sha256(script(version).encode()).digest() for version in versions]


# Which files are dictionaries, and for which URLs


def asset(path: str, *, sizes: tuple[int, ...] = (5000, 2000), reason: UrlReason = UrlReason.CONTENT) -> Asset:
    """Return an asset of this plain path."""
    source = SourceFile(
        path.lstrip("/"),
        path,
        path,
        Signature(sizes[0], 0, 0),
        0,
        "text/javascript",
        reason,
        plain=True,
        real_path=path,
    )
    codings = ("identity", "br", "gzip")
    variants = tuple(
        Variant(coding, StagedFile(None, path, size, b"")) for coding, size in zip(codings, sizes, strict=False)
    )
    return Asset(source, path, 0, b"", (), variants)


@pytest.mark.parametrize(
    ("path", "pattern"),
    [
        ("/static/js/app.js", "app.*.js"),
        ("/static/js/app.min.js", "app.min.*.js"),
        ("/static/LICENSE", "LICENSE.*"),
        ("/static/ä b.css", "%C3%A4%20b.*.css"),
        ("/static/a(1)+b*.js", r"a\\(1\\)\\+b\\*.*.js"),
        ("/static/a:b?c#d\\e.js", "a%3Ab%3Fc%23d%5Ce.*.js"),
        ("/static/a'~!$&,;=@.js", "a'~!$&,;=@.*.js"),
    ],
)
def test_a_pattern_is_the_last_segment_with_a_star_for_the_hash(path: str, pattern: str) -> None:
    assert with_patterns([asset(path)])[0].pattern == pattern


@pytest.mark.parametrize(
    ("path", "pattern"),
    [
        ("/static/index-BX3kq2Zc.js", "index-*.js"),
        ("/static/main.3f2504e0.bundle.js", "main.*.bundle.js"),
        ("/static/no-hash.js", None),
    ],
)
def test_the_star_is_in_the_place_of_a_bundlers_hash(path: str, pattern: str | None) -> None:
    assert with_patterns([asset(path, reason=UrlReason.BUNDLER_MANIFEST)])[0].pattern == pattern


@pytest.mark.parametrize(
    "file",
    [
        pytest.param(asset("/static/a.js", sizes=(5000,)), id="no coding"),
        pytest.param(asset("/static/a.js", sizes=(5000, 1023)), id="small"),
        pytest.param(asset("/static/a.js", sizes=(101 * 2**20, 9000)), id="larger than browsers keep"),
        pytest.param(asset("/static/a.html", reason=UrlReason.HTML), id="a plain URL only"),
    ],
)
def test_other_files_have_none(file: Asset) -> None:
    assert with_patterns([file])[0].pattern is None


def test_two_files_of_one_pattern_have_none() -> None:
    paths = ["/a/chunk-BX3kq2Zc.js", "/a/chunk-CX3kq2Zc.js", "/b/chunk-BX3kq2Zc.js"]
    files = with_patterns([asset(path, reason=UrlReason.BUNDLER_MANIFEST) for path in paths])
    assert [file.pattern for file in files] == [None, None, "chunk-*.js"]


def test_the_largest_files_are_chosen_where_there_are_too_many(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dictionaries, "_MOST", 2)
    files = with_patterns([asset(f"/{size}.js", sizes=(9000, size)) for size in (2000, 4000, 3000)])
    assert [file.pattern for file in files] == [None, "4000.*.js", "3000.*.js"]


# From what differences are kept


def test_without_the_setting_there_is_none(tmp_path: Path) -> None:
    release = released(tmp_path, 1, 2, deltas=0)
    app = release.manifest.asset("js/app.js")
    assert (app.deltas, app.pattern, app.delta_headers) == ((), None, None)


def test_a_delta_leads_from_each_of_the_last_contents(tmp_path: Path) -> None:
    release = released(tmp_path, 1, 2, 3, 4)
    deltas = release.manifest.asset("js/app.js").deltas
    assert [delta.dictionary for delta in deltas] == digests(3, 2)
    for delta, version in zip(deltas, (3, 2), strict=True):
        coded = (release.dist / delta.variant.file).read_bytes()
        assert dcz.decode(coded, script(version).encode()) == script(4).encode()
        assert len(coded) == delta.variant.size < 200
        old = delta.dictionary.hex()[:12]
        assert delta.variant.file == f"{release.manifest.asset('js/app.js').variants[0].file}.{old}.dcz"


def test_a_content_that_comes_again_has_no_delta_from_itself(tmp_path: Path) -> None:
    assert dictionaries_of(released(tmp_path, 1, 2, 1)) == digests(2)


def test_a_release_that_is_forgotten_takes_its_deltas_along(tmp_path: Path) -> None:
    assert dictionaries_of(released(tmp_path, 1, 2, keep_releases=0, keep_days=0)) == []


def test_what_was_served_without_a_pattern_is_nobody_s_dictionary(tmp_path: Path) -> None:
    released(tmp_path, 1, deltas=0)
    assert dictionaries_of(released(tmp_path, 2)) == []
    assert dictionaries_of(released(tmp_path, 3)) == digests(2)


def test_what_has_changed_altogether_has_none(tmp_path: Path) -> None:
    compile_tree(tmp_path, {"a.js": script(1)}, **DELTAS)
    other = "\n".join(f"// {Random(word).randbytes(6).hex()}" for word in WORDS)
    release = compile_tree(tmp_path, {"a.js": other}, **DELTAS)
    assert release.manifest.asset("a.js").pattern is not None
    assert release.manifest.asset("a.js").deltas == ()


def test_unchanged_files_keep_their_deltas_whatever_the_effort(tmp_path: Path) -> None:
    first = released(tmp_path, 1, 2)
    before = first.manifest.asset("js/app.js").deltas
    tree = {"js/app.js": script(2), "other.txt": "new"}
    assert compile_tree(tmp_path, tree, **{**DELTAS, "effort": "default"}).manifest.asset("js/app.js").deltas == before


def test_the_same_again_is_up_to_date(tmp_path: Path) -> None:
    released(tmp_path, 1, 2)
    assert released(tmp_path, 2).result.up_to_date
    assert released(tmp_path, 2, check=True).result.up_to_date


def test_a_check_makes_no_delta(tmp_path: Path) -> None:
    dist = released(tmp_path, 1).dist
    before = sorted(dist.rglob("*"))
    tree = {"js/app.js": script(2)}
    assert compile_tree(tmp_path, tree, check=True, **DELTAS).result.outdated
    assert sorted(dist.rglob("*")) == before


def test_the_deltas_of_a_cached_build_are_the_same(tmp_path: Path) -> None:
    deltas = []
    for name in ("cold", "warm"):
        release = released(tmp_path / name, 1, 20, cache=str(tmp_path / "cache"))  # of another size, so that it is seen
        deltas.append(release.manifest.asset("js/app.js").deltas)
    assert deltas[0] == deltas[1] != ()


def test_a_delta_that_is_lost_is_made_again(tmp_path: Path) -> None:
    release = released(tmp_path, 1, 2)
    (delta,) = release.manifest.asset("js/app.js").deltas
    (release.dist / delta.variant.file).unlink()
    again = released(tmp_path, 2)
    assert again.manifest.asset("js/app.js").deltas == (delta,)
    assert (again.dist / delta.variant.file).stat().st_size == delta.variant.size


def test_an_earlier_file_that_is_damaged_is_a_warning_and_nothing_leads_from_it(tmp_path: Path) -> None:
    file = released(tmp_path, 1).manifest.asset("js/app.js").variants[0].file
    path = tmp_path / "dist" / file
    path.write_bytes(path.read_bytes().replace(b"version", b"VERSION"))
    release = released(tmp_path, 2)
    assert dictionaries_of(release) == []
    assert [each.code for each in release.result.diagnostics] == ["unreadable-release"]


def test_a_bundlers_file_leads_from_the_one_of_its_stem(tmp_path: Path) -> None:
    for version, name in ((1, "index-BX3kq2Zc.js"), (2, "index-CY4lr3Ad.js")):
        source = write_tree(tmp_path / f"src{version}", {f"assets/{name}": script(version)})
        release = compile_sources(tmp_path, Source(str(source)), hashed=["assets/*"], **DELTAS)
    (delta,) = release.manifest.asset("assets/index-CY4lr3Ad.js").deltas
    assert delta.dictionary == digests(1)[0]


# What DIST has of them


@pytest.mark.parametrize("layout", ["files", "urls", "prefix"])
def test_a_release_with_deltas_verifies_and_loses_none(tmp_path: Path, layout: str) -> None:
    release = released(tmp_path, 1, 2, layout=layout)
    done = run_command(main, "verify", str(release.dist))
    assert (done.exit_code, done.stdout.partition(";")[0]) == (0, f"{release.dist}: no fault")
    assert run_command(main, "prune", str(release.dist), "--dry-run").stdout.startswith("0 files")


@pytest.mark.parametrize("place", [0, 20, 50, -1])
def test_a_flipped_byte_of_a_delta_is_found(tmp_path: Path, place: int) -> None:
    release = released(tmp_path, 1, 2)
    file = release.manifest.asset("js/app.js").deltas[0].variant.file
    data = bytearray((release.dist / file).read_bytes())
    data[place] ^= 1
    (release.dist / file).write_bytes(data)
    done = run_command(main, "verify", str(release.dist))
    assert done.exit_code == 1
    assert file in done.stdout


def test_a_delta_takes_at_most_60_bytes_of_the_manifest(tmp_path: Path) -> None:
    sizes = []
    for deltas in (1, 2):
        root = tmp_path / str(deltas)
        sizes.append((released(root, 1, 2, 3, deltas=deltas).dist / "manifest.msgpack").stat().st_size)
    assert sizes[1] - sizes[0] <= 60


# Headers


def cache_control(release: Compiled) -> tuple[str, str]:
    """Return the Cache-Control of the file and that of its delta."""
    app = release.manifest.asset("js/app.js")
    match = release.manifest.find(app.url)
    assert match
    whole, delta = (dict(match.ok_headers(each)) for each in (app.variants[0], app.deltas[0].variant))
    return whole["Cache-Control"], delta["Cache-Control"]


IMMUTABLE = "max-age=31536000, immutable"


def test_a_delta_is_private_unless_shared_caches_are_known_to_tell_it_apart(tmp_path: Path) -> None:
    assert cache_control(released(tmp_path, 1, 2)) == (f"public, {IMMUTABLE}", f"private, {IMMUTABLE}")
    assert cache_control(released(tmp_path, 1, 2, public_deltas=True)) == (f"public, {IMMUTABLE}",) * 2


def test_a_rule_can_t_make_a_delta_public(tmp_path: Path) -> None:
    values = {"Cache-Control": "Public, s-maxage=9, max-age=5", "CDN-Cache-Control": "max-age=9", "X-A": "1"}
    release = released(tmp_path, 1, 2, headers=(HeaderRule(Globs.of("*"), set=values),))
    assert cache_control(release)[1] == "private, max-age=5"
    match = release.manifest.find(release.manifest.asset("js/app.js").url)
    assert match
    headers = dict(match.ok_headers(release.manifest.asset("js/app.js").deltas[0].variant))
    assert ("CDN-Cache-Control" in headers, headers["X-A"]) == (False, "1")


def test_only_the_url_with_a_hash_announces_a_dictionary(tmp_path: Path) -> None:
    release = released(tmp_path, 1)
    app = release.manifest.asset("js/app.js")
    for path, vary, announced in (
        (app.url, "Accept-Encoding, Available-Dictionary", 'match="app.*.js"'),
        (app.plain_url, "Accept-Encoding", None),
    ):
        match = release.manifest.find(path or "")
        assert match
        for headers in (match.ok_headers(app.variants[1]), match.not_modified_headers(app.variants[1])):
            assert (dict(headers)["Vary"], dict(headers).get("Use-As-Dictionary")) == (vary, announced)


def test_a_retired_url_announces_itself_as_before(tmp_path: Path) -> None:
    old = released(tmp_path, 1).manifest
    app = old.asset("js/app.js")
    before, after = old.find(app.url), released(tmp_path, 2).manifest.find(app.url)
    assert before
    assert after
    assert after.ok_headers(app.variants[1]) == before.ok_headers(app.variants[1])
    assert after.deltas == {}


# What is said of them


def test_explain_and_show_name_them(tmp_path: Path) -> None:
    release = released(tmp_path, 1, 2)
    (delta,) = release.manifest.asset("js/app.js").deltas
    explained = run_command(main, "explain", str(release.dist), "js/app.js").stdout
    assert f"dcz: {delta.variant.size} bytes in {delta.variant.file}, from the file with the SHA-256 " in explained
    assert f"Cache-Control: private, {IMMUTABLE}" in explained
    data = json.loads(run_command(main, "explain", str(release.dist), "js/app.js", "--json").stdout)
    assert (data["pattern"], data["deltas"][0]["dictionary"]) == ("app.*.js", digests(1)[0].hex())
    assert run_command(main, "show", str(release.dist)).stdout.rstrip().endswith("gzip br zstd dcz")


def test_diff_says_what_a_returning_visitor_pays_with_them(tmp_path: Path) -> None:
    old = released(tmp_path / "old", 1).dist
    release = released(tmp_path, 1, 2)
    app = release.manifest.asset("js/app.js")
    sizes = json.loads(run_command(main, "diff", str(old), str(release.dist), "--json").stdout)["bytes"]
    assert sizes["dcz"]["returning"] == app.deltas[0].variant.size
    assert sizes["dcz"]["new"] == min(variant.size for variant in app.variants)
    assert sizes["br"]["returning"] == next(variant.size for variant in app.variants if variant.coding == "br")
