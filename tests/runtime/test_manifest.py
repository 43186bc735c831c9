"""The manifest: what it answers, what opening it costs, and what damage does to it."""

from __future__ import annotations

import os
import random
import re
from base64 import b64encode
from collections.abc import Callable
from contextlib import suppress
from hashlib import sha256, sha384
from itertools import islice
from pathlib import Path
from typing import Any, SupportsIndex

import msgpack
import pytest

from servestatic_build import Source
from servestatic_runtime import Manifest, ManifestError, UnknownAssetError
from servestatic_runtime import format as schema
from servestatic_runtime import manifest as manifest_module
from servestatic_runtime.document import Document
from servestatic_runtime.records import Asset
from support.manifests import synthetic_manifest
from support.trees import Compiled, compile_sources, write_tree

APP = "body { color: red }\n" * 99
FILES = {
    "css/app.css": f'@import "base.css";\n{APP}',
    "css/base.css": APP,
    "docs/index.html": "<h1>Docs</h1>",
    "é 😀.txt": "odd",
}
Opener = Callable[[Path], Manifest]


def mapped(path: Path) -> Manifest:
    return Manifest.open(path)


def read(path: Path) -> Manifest:
    return Manifest(Document(path.read_bytes(), str(path)))


@pytest.fixture(scope="module")
def release(tmp_path_factory: pytest.TempPathFactory) -> Compiled:
    root = tmp_path_factory.mktemp("release")
    static, public = write_tree(root / "static", FILES), write_tree(root / "public", {"robots.txt": "User-agent: *\n"})
    return compile_sources(root, Source(str(static)), Source(str(public), "/"), codings=("gzip", "br"))


@pytest.fixture(scope="module")
def document(release: Compiled) -> bytes:
    return (release.dist / schema.MANIFEST_NAME).read_bytes()


@pytest.fixture(params=[mapped, read], ids=["mmap", "bytes"])
def open_manifest(request: pytest.FixtureRequest) -> Opener:
    opener: Opener = request.param
    return opener


@pytest.fixture
def manifest(open_manifest: Opener, release: Compiled) -> Manifest:
    return open_manifest(release.dist / schema.MANIFEST_NAME)


# What it answers.


def test_it_lists_every_asset_in_order_of_name(manifest: Manifest) -> None:
    names = ["/robots.txt", *sorted(FILES)]
    assert [asset.name for asset in manifest] == names
    assert len(manifest) == len(names)


def test_an_asset_says_what_its_file_is(manifest: Manifest, release: Compiled) -> None:
    for asset in manifest:
        body = (release.dist / asset.variants[0].file).read_bytes()
        assert asset.digest == sha256(body).digest()
        assert asset.variants[0][:3] == ("identity", len(body), f'"{asset.digest.hex()[:24]}"')
        assert manifest.integrity(asset.name) == "sha384-" + b64encode(sha384(body).digest()).decode()


def test_every_variant_is_at_its_file(manifest: Manifest) -> None:
    for variant in (variant for asset in manifest for variant in asset.variants):
        body = Path(manifest.body_path(variant)).read_bytes()
        assert (variant.size, variant.etag) == (len(body), f'"{sha256(body).hexdigest()[:24]}"')


@pytest.mark.parametrize(
    ("name", "url", "plain_url", "directory"),
    [
        pytest.param("css/base.css", r"/static/css/base.[0-9a-f]{12}.css", "/static/css/base.css", None, id="asset"),
        pytest.param("docs/index.html", r"/static/docs/index.html", "/static/docs/index.html", "/static/docs/", id="index"),
        pytest.param("/robots.txt", r"/robots.txt", "/robots.txt", None, id="URL=DIR"),
        pytest.param("é 😀.txt", r"/static/%C3%A9%20%F0%9F%98%80.[0-9a-f]{12}.txt", "/static/é 😀.txt", None, id="odd"),
    ],
)  # fmt: skip
def test_a_name_leads_to_its_urls(
    manifest: Manifest, name: str, url: str, plain_url: str, directory: str | None
) -> None:
    asset = manifest.asset(name)
    assert re.fullmatch(url, manifest.url(name))
    assert (asset.plain_url, asset.directory) == (plain_url, directory)


@pytest.mark.parametrize(("most", "lookups"), [(len(FILES), len(FILES)), (2, 2 * len(FILES))])
def test_the_url_of_a_name_is_looked_up_once_while_there_is_room_to_remember_it(
    manifest: Manifest, monkeypatch: pytest.MonkeyPatch, most: int, lookups: int
) -> None:
    asked: list[str] = []
    real = Manifest.asset

    def counted(manifest: Manifest, name: str) -> Asset:
        asked.append(name)
        return real(manifest, name)

    monkeypatch.setattr(Manifest, "asset", counted)
    monkeypatch.setattr(manifest_module, "_MOST_URLS", most)
    assert [manifest.url(name) for name in FILES] == [manifest.url(name) for name in FILES]
    assert len(asked) == lookups


def test_every_url_leads_to_its_asset(manifest: Manifest) -> None:
    for asset in manifest:
        for path in {asset.url, asset.plain_url, asset.directory} - {None}:
            found = manifest.find(path or "")
            assert found
            assert (found.asset, found.location) == (asset, None)


def test_a_directory_without_its_slash_leads_to_the_one_with_it(manifest: Manifest) -> None:
    found = manifest.find("/static/docs")
    assert found
    assert (found.asset.name, found.location) == ("docs/index.html", "/static/docs/")


def test_references_are_logical_names(manifest: Manifest) -> None:
    assert manifest.references(manifest.asset("css/app.css")) == ("css/base.css",)
    assert manifest.references(manifest.asset("css/base.css")) == ()


MISSING = ("", "/", "css", "css/app.css ", "/css/app.css", "/static/css/nothing.css", "/static/docs//", "\0", "\udcff")


@pytest.mark.parametrize("key", MISSING, ids=ascii)
def test_what_it_does_not_list_is_not_there(manifest: Manifest, key: str) -> None:
    assert manifest.find(key) is None
    for ask in (manifest.url, manifest.integrity, manifest.asset):
        with pytest.raises(UnknownAssetError):
            ask(key)


def test_an_unknown_name_is_named_with_the_place_to_look(manifest: Manifest) -> None:
    with pytest.raises(KeyError) as caught:
        manifest.url("css/ap.css")
    assert str(caught.value) == (
        f"no asset named 'css/ap.css' in {manifest.path} (servestatic-manifest show lists the names)"
    )


def test_a_logical_name_is_no_path_and_a_path_no_name(manifest: Manifest) -> None:
    assert manifest.find("css/app.css") is None
    with pytest.raises(UnknownAssetError):
        manifest.asset("/static/css/app.css")


@pytest.mark.parametrize("given", ["directory", "file", "text", "relative"])
def test_it_opens_by_directory_or_by_file(release: Compiled, monkeypatch: pytest.MonkeyPatch, given: str) -> None:
    monkeypatch.chdir(release.dist.parent)
    paths: dict[str, str | os.PathLike[str]] = {
        "directory": release.dist,
        "file": release.dist / schema.MANIFEST_NAME,
        "text": str(release.dist),
        "relative": "dist",
    }
    manifest = Manifest.open(paths[given])
    monkeypatch.chdir("/")
    assert Path(manifest.body_path(manifest.asset("css/app.css").variants[0])).is_file()


def test_what_was_read_outlives_the_mapping(release: Compiled) -> None:
    manifest = Manifest.open(release.dist)
    asset = manifest.asset("css/base.css")
    manifest.close()
    assert asset == release.manifest.asset("css/base.css")


# The same document, read by the msgpack package.


def test_the_document_is_one_messagepack_map(document: bytes, manifest: Manifest) -> None:
    whole = msgpack.unpackb(document)
    assert tuple(whole) == schema.KEYS
    assert (whole["format"], whole["version"]) == (schema.FORMAT, schema.VERSION)
    assert whole["site"][:2] == [manifest.prefix, manifest.index]
    assert len(whole["assets"]) == len(manifest)


def test_the_document_says_of_each_asset_what_the_runtime_says(document: bytes, manifest: Manifest) -> None:
    whole = msgpack.unpackb(document)
    for asset, record in zip(manifest, whole["assets"], strict=True):
        fields = dict(zip(schema.ASSET_FIELDS, record, strict=False))
        file = schema.FILES_DIR + (fields["file"] or fields["url"])
        variants = [("identity", fields["size"], fields["digest"], file)]
        for coding, size, tag, own in fields["variants"]:
            variants.append((coding, size, tag, own or file + schema.FILE_SUFFIXES[coding]))
        for name in ("name", "url", "directory", "immutable", "headers", "modified", "digest", "integrity"):
            assert getattr(asset, name) == fields[name]
        assert list(asset.variants) == [(coding, size, schema.etag(tag), own) for coding, size, tag, own in variants]
        assert list(manifest.references(asset)) == [whole["assets"][number][0] for number in fields["references"]]


def test_the_document_says_of_each_header_set_what_the_runtime_says(document: bytes, manifest: Manifest) -> None:
    sets = msgpack.unpackb(document)["header_sets"]
    for asset in manifest:
        ok, not_modified = sets[asset.headers][: len(schema.HEADER_SET_FIELDS)]
        identity, *_ = asset.variants
        for stored, filled in (
            (ok, manifest.ok_headers(asset.headers, asset, identity)),
            (not_modified, manifest.not_modified_headers(asset.headers, asset, identity)),
        ):
            assert [(name, value) for name, value in stored if value is not None] == [
                pair for pair in filled if pair[0] not in schema.VARIANT_HEADERS
            ]
            assert {name for name, value in stored if value is None} - {"Content-Encoding"} == {
                name for name, _ in filled if name in schema.VARIANT_HEADERS
            }


# What opening costs.


class Counted(bytes):
    """A document that counts the bytes read from it."""

    read = 0

    def __getitem__(self, key: SupportsIndex | slice) -> Any:
        value = super().__getitem__(key)
        self.read += len(value) if isinstance(value, bytes) else 1
        return value


@pytest.fixture(scope="module")
def cost() -> Callable[[int, Callable[[Manifest], object]], int]:
    documents = {count: synthetic_manifest(count) for count in (10, 10_000)}

    def bytes_read(count: int, use: Callable[[Manifest], object]) -> int:
        document = Counted(documents[count])
        use(Manifest(Document(document, "manifest.msgpack")))
        return document.read

    return bytes_read


def test_opening_reads_as_much_of_ten_thousand_assets_as_of_ten(cost: Callable[[int, Any], int]) -> None:
    assert cost(10_000, id) == cost(10, id) <= 1024


def test_opening_reads_the_head_and_the_site_record_alone(document: bytes) -> None:
    layout = schema.unpack_head(document[: schema.HEAD.size])
    assert layout
    assert (
        Manifest(Document(document[: layout.site_end].ljust(len(document), b"\xff"), "manifest.msgpack")).prefix
        == "/static/"
    )


@pytest.mark.parametrize("path", ["/static/js/0000003.js", "/static/nothing"], ids=["a hit", "a miss"])
def test_a_lookup_reads_a_bucket_and_a_record(cost: Callable[[int, Any], int], path: str) -> None:
    assert cost(10_000, lambda manifest: manifest.find(path)) - cost(10_000, id) < 500


def test_a_release_of_ten_thousand_assets_is_found_whole() -> None:
    manifest = Manifest(Document(synthetic_manifest(10_000), "manifest.msgpack"))
    for asset in islice(manifest, 0, None, 10):
        assert manifest.asset(asset.name) == asset
        for path in (asset.url, asset.plain_url):
            found = manifest.find(path or "")
            assert found
            assert found.asset.name == asset.name
        assert manifest.find(asset.url + "x") is None


def test_a_release_without_a_file_opens_and_lists_nothing() -> None:
    manifest = Manifest(Document(synthetic_manifest(0), "manifest.msgpack"))
    assert (list(manifest), manifest.find("/"), manifest.find("")) == ([], None, None)


# What damage does.

COMPILE = "compile with: servestatic-build SOURCE... -o DIST"
AGAIN = "copy it again, or compile again with servestatic-build"
UPGRADE = "upgrade servestatic-build where the app runs"


def test_a_missing_manifest_says_how_to_make_one(tmp_path: Path) -> None:
    for path, name in ((tmp_path, tmp_path / schema.MANIFEST_NAME), (tmp_path / "nothing", tmp_path / "nothing")):
        with pytest.raises(ManifestError) as caught:
            Manifest.open(path)
        error = caught.value
        assert (error.path, error.problem, error.hint) == (str(name), "No such file or directory", COMPILE)
        assert str(error) == f"{name}: No such file or directory ({COMPILE})"


VERSION_AT = len(schema.MAGIC)


@pytest.mark.parametrize(
    ("change", "problem", "hint"),
    [
        pytest.param(lambda _: b"{}", "it does not begin like a manifest", AGAIN, id="JSON"),
        pytest.param(lambda _: msgpack.packb({"a": 1}), "it does not begin like a manifest", AGAIN, id="other msgpack"),
        pytest.param(lambda _: bytes(4096), "it does not begin like a manifest", AGAIN, id="zeros"),
        pytest.param(lambda d: d[:60], "it ends after 60 bytes", AGAIN, id="a head cut short"),
        pytest.param(lambda d: d + b"\0", "bytes and should have", AGAIN, id="a byte more"),
        pytest.param(lambda d: d + d, "bytes and should have", AGAIN, id="twice"),
        pytest.param(lambda d: d.replace(b"\n", b"\r\n"), "", AGAIN, id="line ends converted"),
        pytest.param(
            lambda d: d[:VERSION_AT] + b"\x02" + d[VERSION_AT + 1 :],
            "format version 2 is newer than 1, the newest known here",
            UPGRADE,
            id="newer",
        ),
        pytest.param(
            lambda d: d[:VERSION_AT] + b"\x02" + bytes(500),
            "format version 2 is newer than 1",
            UPGRADE,
            id="newer, the rest unlike",
        ),
        pytest.param(
            lambda d: bytes((d[0] + 1,)) + d[1:VERSION_AT] + b"\x02" + bytes(500), "newer", UPGRADE, id="newer, more keys"
        ),
        pytest.param(lambda d: d[:VERSION_AT] + b"\0" + d[VERSION_AT + 1 :], "head", AGAIN, id="version 0"),
    ],
)  # fmt: skip
def test_what_is_no_manifest_is_told_apart(
    tmp_path: Path,
    open_manifest: Opener,
    document: bytes,
    change: Callable[[bytes], bytes],
    problem: str,
    hint: str,
) -> None:
    path = tmp_path / schema.MANIFEST_NAME
    path.write_bytes(change(document))
    with pytest.raises(ManifestError) as caught:
        open_manifest(path)
    error = caught.value
    assert (error.path, error.hint) == (str(path), hint)
    assert problem in error.problem


def test_a_pipe_in_the_place_of_a_manifest_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / schema.MANIFEST_NAME)
    with pytest.raises(ManifestError):
        Manifest.open(tmp_path)


def test_a_manifest_cut_short_at_any_byte_does_not_open(tmp_path: Path, open_manifest: Opener, document: bytes) -> None:
    path = tmp_path / schema.MANIFEST_NAME
    path.write_bytes(document)
    for length in reversed(range(len(document))):
        os.truncate(path, length)
        with pytest.raises(ManifestError):
            open_manifest(path)


Damaged = ManifestError


def answers(document: bytes) -> dict[str, Any]:
    """Return all that a manifest says, by question; an error is the class Damaged."""

    def ask(question: str, answer: Callable[[], Any]) -> None:
        try:
            said[question] = answer()
        except ManifestError:
            said[question] = Damaged

    def details(asset: Any, *numbers: int) -> Any:
        return asset, [
            headers(number, asset, variant)
            for number in numbers
            for variant in asset.variants
            for headers in (manifest.ok_headers, manifest.not_modified_headers)
        ]

    def find(path: str) -> Any:
        found = manifest.find(path)
        return found and (found.location, details(found.asset, found.headers))

    def asset(name: str) -> Any:
        try:
            return details(manifest.asset(name)), manifest.references(manifest.asset(name)), manifest.url(name)
        except UnknownAssetError:
            return None

    said: dict[str, Any] = {}
    try:
        manifest = Manifest(Document(document, "manifest.msgpack"))
    except ManifestError:
        return {"open": Damaged}
    said["site"] = manifest.prefix, manifest.index, len(manifest)
    for key in (*KEYS, *MISSING):
        ask(f"find {key}", lambda key=key: find(key))  # type: ignore[misc]
        ask(f"asset {key}", lambda key=key: asset(key))  # type: ignore[misc]
    ask("all", lambda: list(manifest))
    return said


KEYS = (
    "/robots.txt", "/static/robots.txt", "/static/css/app.css", "/static/docs", "/static/docs/",
    "/static/docs/index.html", "/static/é 😀.txt", *FILES,
)  # fmt: skip


def assert_no_wrong_answer(damaged: bytes, right: dict[str, Any]) -> None:
    for question, answer in answers(damaged).items():
        assert answer is Damaged or answer == right[question], question


@pytest.mark.slow
def test_with_any_byte_flipped_every_answer_is_right_or_an_error(document: bytes) -> None:
    right, flips = answers(document), random.Random(1)
    assert Damaged not in right.values()
    for i in range(len(document)):
        damaged = bytearray(document)
        damaged[i] ^= flips.randrange(1, 256)
        assert_no_wrong_answer(bytes(damaged), right)


def test_with_pieces_overwritten_moved_or_zeroed_every_answer_is_right_or_an_error(document: bytes) -> None:
    right, dice = answers(document), random.Random(2)
    for _ in range(1500):
        damaged = bytearray(document)
        for _ in range(dice.randint(1, 4)):
            length = dice.choice((2, 4, 8, 64, 512))
            to, source = dice.randrange(schema.HEAD.size, len(document)), dice.randrange(len(document))
            piece = dice.choice((bytes(length), dice.randbytes(length), document[source : source + length]))
            damaged[to : to + length] = piece[: len(document) - to]
        assert_no_wrong_answer(bytes(damaged), right)


def test_a_copy_whose_tail_was_never_written_gives_right_answers_or_errors(document: bytes) -> None:
    right = answers(document)
    for end in range(0, len(document), 11):
        assert_no_wrong_answer(document[:end].ljust(len(document), b"\0"), right)


def test_an_index_that_begins_with_zeros_does_not_pass_for_an_empty_one() -> None:
    document = synthetic_manifest(4)
    urls = [asset.url for asset in Manifest(Document(document, "manifest.msgpack"))]
    buckets = msgpack.unpackb(document)["buckets"]
    damaged = Manifest(Document(document.replace(buckets, bytes(12) + buckets[12:]), "manifest.msgpack"))
    for url in urls:
        with suppress(ManifestError):
            assert damaged.find(url)


def test_an_asset_that_is_damaged_is_named(document: bytes) -> None:
    manifest = Manifest(Document(document.replace(b"css/base.css", b"css/basE.css"), "manifest.msgpack"))
    with pytest.raises(ManifestError, match=r"^manifest\.msgpack: asset 2 is damaged \(copy it again"):
        manifest.asset("css/base.css")


@pytest.mark.parametrize("files", [3, 40], ids=["few first segments", "too many to keep"])
def test_a_path_is_found_or_not_whatever_its_first_segment(tmp_path: Path, files: int) -> None:
    static = write_tree(tmp_path / "static", {"a.css": ""})
    names = [f"{number}.txt" for number in range(files)]
    public = write_tree(tmp_path / "public", {"index.html": "", "docs/index.html": "", **dict.fromkeys(names, "")})
    manifest = compile_sources(tmp_path, Source(str(static)), Source(str(public), "/")).manifest
    listed = ["/", "/index.html", "/docs", "/docs/", "/docs/index.html", "/static/a.css", *(f"/{n}" for n in names)]
    unlisted = [
        "",
        "*",
        "//",
        "/x",
        "/x/static/a.css",
        "/static",
        "/static/",
        "/doc",
        "/docs/x",
        "static/a.css",
        "/0.txt/",
    ]
    assert [path for path in (*listed, *unlisted) if manifest.find(path) is not None] == listed


def test_a_path_with_a_foreign_first_segment_costs_no_look_into_the_index(tmp_path: Path) -> None:
    source = write_tree(tmp_path / "static", {"a.css": ""})
    release = compile_sources(tmp_path, Source(str(source)))
    data = bytearray((release.dist / "manifest.msgpack").read_bytes())
    layout = schema.unpack_head(bytes(data[: schema.HEAD.size]))
    assert layout
    data[layout.buckets :] = bytes(len(data) - layout.buckets)
    manifest = Manifest(Document(bytes(data), "manifest.msgpack"))
    assert manifest.find("/api/a.css") is None
    with pytest.raises(ManifestError):
        manifest.find("/static/no.css")
