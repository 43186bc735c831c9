"""Extractions as plain values: what a cache holds comes back as it was, and what is no such value is an error."""

from __future__ import annotations

from typing import Any

import msgpack
import pytest

from servestatic_build.cache.plain import from_plain, to_plain
from servestatic_build.model import (
    Extraction,
    ImportMapPrefix,
    PagePolicy,
    Reference,
    ReferenceKind,
    Unreadable,
    WrittenText,
)

EXTRACTIONS = {
    "nothing": Extraction(),
    "a reference": Extraction((Reference(1, 5, "a.png", ("css url",)),)),
    "a hash": Extraction((Reference(1, 5, "a.js", (), ReferenceKind.IMPORT, WrittenText(7, 9, "sha256-x")),)),
    "a part that can't be read": Extraction(unreadable=(Unreadable(3, "no"),)),
    "a base": Extraction(base="/x/"),
    "a policy": Extraction(policy=PagePolicy((WrittenText(1, 5, "sha256-x"),), (WrittenText(7, 9, ""),))),
    "a prefix": Extraction(import_map_prefixes=(ImportMapPrefix("a/", "/a/", 4),)),
}


@pytest.mark.parametrize("extraction", EXTRACTIONS.values(), ids=EXTRACTIONS)
def test_an_extraction_comes_back_from_messagepack(extraction: Extraction) -> None:
    plain = msgpack.unpackb(msgpack.packb(to_plain(extraction)), use_list=False)
    assert from_plain(Extraction, plain) == extraction


@pytest.mark.parametrize(
    "plain",
    [
        pytest.param((), id="too few fields"),
        pytest.param((*to_plain(Extraction()), 1), id="one field more"),
        pytest.param(to_plain(Extraction((Reference(1, 5, "a"),)))[1:], id="another order"),
        pytest.param(((("1", 5, "a", (), "url", None),), (), None, ()), id="text for a number"),
        pytest.param((((1, 5, "a", (), "no such kind", None),), (), None, ()), id="no member of the enum"),
        pytest.param(None, id="nil"),
        pytest.param("text", id="text"),
    ],
)
def test_what_is_no_extraction_is_an_error(plain: Any) -> None:
    with pytest.raises((TypeError, ValueError)):
        from_plain(Extraction, plain)
