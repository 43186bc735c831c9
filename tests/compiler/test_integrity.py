"""Subresource Integrity: what becomes of a hash when the file that it is of is compiled."""

from __future__ import annotations

import hashlib
from functools import partial

import pytest

from servestatic_build.render.integrity import renewed
from support.hashes import integrity


def digest(data: bytes, algorithm: str) -> bytes:
    return hashlib.new(algorithm, data).digest()


def named(template: str) -> str:
    """Return metadata with real hashes for ``256:source`` and the like."""
    words = {
        f"{bits}:{text}": integrity(text, f"sha{bits}")
        for bits in (256, 384, 512)
        for text in ("source", "final", "other")
    }
    for word, text in words.items():
        template = template.replace(word, text)
    return template


@pytest.mark.parametrize(
    ("metadata", "expected"),
    [
        pytest.param("256:source", "256:final", id="SHA-256"),
        pytest.param("384:source", "384:final", id="SHA-384"),
        pytest.param("512:source", "512:final", id="SHA-512"),
        pytest.param("256:source 512:source", "256:final 512:final", id="several algorithms"),
        pytest.param("\t384:source\n 384:other ", "\t384:final\n 384:other ", id="several versions"),
        pytest.param("384:source?x=1", "384:final?x=1", id="options"),
        pytest.param("md5-x 256:source sha1-y", "md5-x 256:final sha1-y", id="algorithms that nobody knows"),
        pytest.param("256:other 384:source", "256:other 384:final", id="weaker one that is wrong"),
        pytest.param("384:final", "384:final", id="final bytes"),
        pytest.param("384:other", None, id="other bytes"),
        pytest.param("256:source 384:other", None, id="stronger one that is wrong"),
        pytest.param("256:final 384:other", None, id="stronger one that is wrong, beside the final bytes"),
        pytest.param("sha384-AAAA", None, id="too short"),
        pytest.param("", "", id="nothing"),
        pytest.param("none", "none", id="no hash"),
        pytest.param("md5-AAAA x384:source 384:source!", "md5-AAAA x384:source 384:source!", id="only near a hash"),
    ],
)
def test_a_hash_of_the_source_becomes_one_of_the_final_bytes(metadata: str, expected: str | None) -> None:
    found = renewed(named(metadata), partial(digest, b"source"), partial(digest, b"final"))
    assert found == (None if expected is None else named(expected))


@pytest.mark.parametrize("algorithm", ["SHA256", "Sha256"])
def test_an_algorithm_s_case_stays(algorithm: str) -> None:
    before, after = (named(f"256:{text}").replace("sha256", algorithm) for text in ("source", "final"))
    assert renewed(before, partial(digest, b"source"), partial(digest, b"final")) == after


def test_a_hash_may_be_written_for_urls_and_without_its_padding() -> None:
    metadata = named("256:source").translate(str.maketrans("+/", "-_")).rstrip("=")
    assert renewed(metadata, partial(digest, b"source"), partial(digest, b"final")) == named("256:final")
