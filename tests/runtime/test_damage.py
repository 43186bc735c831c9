"""What damage to a manifest does: an error, and never another answer."""

from __future__ import annotations

import os
import random
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import msgpack
import pytest

from servestatic_runtime import Manifest, ManifestError, UnknownAssetError
from servestatic_runtime import format as schema
from servestatic_runtime.document import Document
from servestatic_runtime.manifest import AssetMatch
from support.manifests import synthetic_manifest
from support.small_release import FILES, MISSING, OPENERS, Opener, compile_small
from support.trees import compile_tree

COMPILE = "compile with: servestatic-build SOURCE... -o DIST"
AGAIN = "copy it again, or compile again with servestatic-build"
UPGRADE = "upgrade servestatic-build where the app runs"


@pytest.fixture(scope="module")
def document(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    root = tmp_path_factory.mktemp("release")
    compile_tree(root, EARLIER, codings=("gzip", "br"))
    return (compile_small(root).dist / schema.MANIFEST_NAME).read_bytes()


@pytest.fixture(params=OPENERS)
def open_manifest(request: pytest.FixtureRequest) -> Opener:
    return OPENERS[request.param]


def test_a_missing_manifest_says_how_to_make_one(tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "nothing"):
        name = path / schema.MANIFEST_NAME
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
            lambda d: d[:VERSION_AT] + b"\x03" + d[VERSION_AT + 1 :],
            "format version 3 is newer than 2, the newest known here",
            UPGRADE,
            id="newer",
        ),
        pytest.param(
            lambda d: d[:VERSION_AT] + b"\x03" + bytes(500),
            "format version 3 is newer than 2",
            UPGRADE,
            id="newer, the rest unlike",
        ),
        pytest.param(
            lambda d: bytes((d[0] + 1,)) + d[1:VERSION_AT] + b"\x03" + bytes(500), "newer", UPGRADE, id="newer, more keys"
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

    def details(asset: Any, *matches: AssetMatch) -> Any:
        return asset, [
            headers(variant)
            for match in matches
            for variant in asset.variants
            for headers in (match.ok_headers, match.not_modified_headers)
        ]

    def find(path: str) -> Any:
        match = manifest.find(path)
        return match and (match.location, details(match.asset, match))

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
    ask("releases", manifest.releases)
    ask("retired", lambda: list(manifest.retired()))
    for key in (*KEYS, *MISSING, *RETIRED):
        ask(f"find {key}", lambda key=key: find(key))  # type: ignore[misc]
        ask(f"asset {key}", lambda key=key: asset(key))  # type: ignore[misc]
    ask("all", lambda: list(manifest))
    return said


EARLIER = {"css/base.css": "a{}" * 99, "old/gone.js": "gone"}
RETIRED = ("/static/css/base.0e0678c23492.css", "/static/old/gone.283bb9deef02.js")
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
