"""Accept-Encoding, as RFC 9110 12.5.3 has it."""

from __future__ import annotations

import pytest

from servestatic_runtime.negotiate import choose

BY_SIZE = ("br", "zstd", "gzip", "identity")


def chosen(accept_encoding: str | None, codings: tuple[str, ...] = BY_SIZE) -> str | None:
    choice = choose(accept_encoding, codings)
    return None if choice is None else codings[choice]


@pytest.mark.parametrize(
    ("field", "coding"),
    [
        pytest.param(None, "identity", id="absent"),
        pytest.param("", "identity", id="empty"),
        pytest.param(" ", "identity", id="blank"),
        pytest.param("gzip", "gzip", id="one coding"),
        pytest.param("gzip, deflate, br, zstd", "br", id="what browsers send: the smallest"),
        pytest.param("zstd,gzip", "zstd", id="a tie goes to the smaller, not to the first"),
        pytest.param("deflate", "identity", id="a coding that is not at hand"),
        pytest.param("identity", "identity", id="identity"),
        pytest.param("identity, gzip", "gzip", id="identity is one too: a tie goes to the smaller"),
        pytest.param("gzip, br;q=0.9", "gzip", id="the highest weight"),
        pytest.param("gzip;q=0.123, br;q=0.122", "gzip", id="three digits"),
        pytest.param("gzip;q=1.000, br;q=0.999", "gzip", id="one and three zeros"),
        pytest.param("gzip;q=1., br;q=0.", "gzip", id="a point and no digit"),
        pytest.param("gzip;q=0.001", "gzip", id="the least weight beats identity that is not listed"),
        pytest.param("gzip;q=0.5, identity;q=0.6", "identity", id="identity may be preferred"),
        pytest.param("br;q=0", "identity", id="zero forbids"),
        pytest.param("br;q=0.000, gzip", "gzip", id="three zeros forbid"),
        pytest.param("br;q=0, zstd;q=0, gzip;q=0", "identity", id="all forbidden but identity"),
        pytest.param("identity;q=0", None, id="identity forbidden and nothing else listed"),
        pytest.param("identity;q=0, gzip;q=0.1", "gzip", id="identity forbidden"),
        pytest.param("identity;q=0, gzip;q=0", None, id="everything forbidden by name"),
        # Scripts send a star whose libraries decode gzip at best, so it asks for no Brotli and no Zstandard.
        pytest.param("*", "gzip", id="star: gzip or identity, the smaller"),
        pytest.param("*, br;q=0.9", "gzip", id="star beats what has less weight"),
        pytest.param("*;q=0.5, br", "br", id="star beside a coding that is listed"),
        pytest.param("*;q=0", None, id="star forbids everything"),
        pytest.param("*;q=0, gzip", "gzip", id="star forbids the others"),
        pytest.param("*;q=0, identity", "identity", id="star forbids all but identity"),
        pytest.param("gzip;q=0, *", "identity", id="star is all but what is listed"),
        pytest.param("*;q=0.5, gzip", "gzip", id="star has a weight"),
        pytest.param("identity;q=0, *;q=0.5", "gzip", id="star without identity"),
        pytest.param("identity;q=0, gzip;q=0, *", "br", id="star where all it asks for is refused: another coding"),
        pytest.param("compress, *;q=0.1", "gzip", id="star after a coding that is not at hand"),
        pytest.param("GZip", "gzip", id="case of a coding"),
        pytest.param("gzip;Q=0.5, br;q=0.4", "gzip", id="case of q"),
        pytest.param("x-gzip", "gzip", id="x-gzip is gzip"),
        pytest.param("X-GZIP;q=0.5, br;q=0.4", "gzip", id="x-gzip with case and weight"),
        pytest.param("gzip\t ;  q=0.5 ,\tbr ; q=0.4", "gzip", id="white space"),
        pytest.param(", ,gzip,,", "gzip", id="empty members"),
    ],
)
def test_the_heaviest_acceptable_coding_is_sent_and_of_equals_the_smallest(field: str | None, coding: str) -> None:
    assert chosen(field) == coding


@pytest.mark.parametrize(
    "member",
    [
        pytest.param("br;q=1.001", id="over one"),
        pytest.param("br;q=2", id="two"),
        pytest.param("br;q=0.1234", id="four digits"),
        pytest.param("br;q=1.0000", id="four zeros"),
        pytest.param("br;q=-1", id="negative"),
        pytest.param("br;q=+1", id="plus"),
        pytest.param("br;q=.5", id="no digit before the point"),
        pytest.param("br;q=1e0", id="exponent"),
        pytest.param("br;q=nan", id="nan"),
        pytest.param("br;q=inf", id="inf"),
        pytest.param("br;q=²", id="a digit that is not ASCII"),
        pytest.param('br;q="1"', id="quoted weight"),
        pytest.param("br;q=", id="no weight"),
        pytest.param("br;", id="no parameter"),
        pytest.param("br;level=5", id="another parameter"),
        pytest.param("br;q=1;level=5", id="a parameter too many"),
        pytest.param("br q=1", id="no semicolon"),
        pytest.param("br gzip", id="no comma"),
        pytest.param('"br"', id="quoted coding"),
        pytest.param("br\0", id="NUL"),
        pytest.param("br\n", id="line end"),
        pytest.param("br/1", id="no token"),
        pytest.param(";q=1", id="no coding"),
    ],
)
def test_a_malformed_member_is_ignored_and_the_others_hold(member: str) -> None:
    assert chosen(f"{member}, gzip;q=0.1") == chosen(f"gzip;q=0.1, {member}") == "gzip"


@pytest.mark.parametrize(
    ("field", "codings", "coding"),
    [
        pytest.param("gzip", ("identity",), "identity", id="one variant serves all"),
        # RFC 9110 12.5.3 leaves the choice between a 406 and what is there: whoever refuses identity can read it.
        pytest.param("identity;q=0", ("identity",), "identity", id="one variant is sent even if refused"),
        pytest.param("*;q=0", ("identity",), "identity", id="one variant is sent even if all is refused"),
        pytest.param("identity;q=0", ("br", "identity"), None, id="of several, all may be refused"),
        pytest.param("gzip, identity", ("identity", "gzip"), "identity", id="identity where it is smaller"),
        pytest.param("*", ("identity", "gzip"), "identity", id="star where identity is smaller"),
        pytest.param("*", ("br", "identity"), "identity", id="star without gzip"),
        pytest.param("gzip", ("identity", "gzip"), "gzip", id="what is listed beats what is not"),
    ],
)
def test_only_the_variants_at_hand_count(field: str, codings: tuple[str, ...], coding: str | None) -> None:
    assert chosen(field, codings) == coding


@pytest.mark.parametrize(
    ("field", "coding"),
    [
        pytest.param("gzip, deflate, br, zstd, dcb, dcz", "dcz", id="what browsers send with a dictionary"),
        pytest.param("dcz", "dcz", id="alone"),
        pytest.param("dcz;q=0, br", "br", id="refused"),
        pytest.param("dcz;q=0.5, br", "br", id="of less weight"),
        pytest.param("gzip, br", "br", id="not listed"),
        pytest.param("*", "identity", id="star does not ask for it"),
        pytest.param("br;q=0, identity;q=0, *", None, id="nor where all else is refused"),
        pytest.param("identity, dcb, dcz", "dcz", id="without other codings"),
    ],
)
def test_a_delta_is_sent_to_those_who_ask_for_it_by_name(field: str, coding: str | None) -> None:
    assert chosen(field, ("dcz", "br", "identity")) == coding


def test_a_field_of_a_hundred_thousand_members_is_read() -> None:
    assert chosen("x;q=0.5," * 100_000 + "gzip") == "gzip"
