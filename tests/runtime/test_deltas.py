"""Deltas over both interfaces: who has an earlier file gets what leads from it, and nobody else (RFC 9842)."""

from __future__ import annotations

import os
from base64 import b64encode
from hashlib import sha256
from pathlib import Path

import pytest

from servestatic_build.codecs import dcz
from servestatic_runtime.records import Variant
from servestatic_runtime.resources import MOST_CHOICES, Resources
from support.clients import Answer, Client, Kind
from support.trees import Compiled, compile_tree

LINES = [f"export const name{number} = {number * 7919};" for number in range(900)]  # Brotli's are smaller than gzip's
BROWSER = "gzip, deflate, br, zstd, dcb, dcz"


def script(version: int) -> bytes:
    return "\n".join([*LINES, f"export const version = {version};", ""]).encode()


def available(data: bytes) -> str:
    """Return the value of Available-Dictionary of a client that has this file."""
    return f":{b64encode(sha256(data).digest()).decode()}:"


OLDEST, OLD, NEW = script(1), script(2), script(3)


@pytest.fixture
def release(tmp_path: Path) -> Compiled:
    """Return the third of three releases."""
    for number, data in enumerate((OLDEST, OLD, NEW)):
        done = compile_tree(tmp_path, {"app.js": data, "same.js": script(9)}, codings=("gzip", "br"), deltas=2)
        assert done.result.ok, number
    return done


@pytest.fixture
def client(kind: Kind, release: Compiled) -> Client:
    return kind(release.dist)


def ask(client: Client, release: Compiled, *, method: str = "GET", **fields: str) -> Answer:
    path = release.manifest.asset("app.js").url
    return client.request(method, path, [(name.replace("_", "-"), value) for name, value in fields.items()])


def coding(answer: Answer) -> str:
    return answer.headers.get("content-encoding", "identity")


@pytest.mark.parametrize("earlier", [OLD, OLDEST], ids=["last", "last but one"])
def test_who_has_an_earlier_file_gets_what_leads_from_it(client: Client, release: Compiled, earlier: bytes) -> None:
    answer = ask(client, release, accept_encoding=BROWSER, available_dictionary=available(earlier))
    assert (answer.status, coding(answer)) == (200, "dcz")
    assert dcz.decode(answer.body, earlier) == NEW
    assert answer.headers["content-length"] == str(len(answer.body))
    assert answer.headers["etag"] == f'"{sha256(answer.body).hexdigest()[:24]}"'
    assert answer.headers["cache-control"] == "private, max-age=31536000, immutable"


def test_every_coding_of_the_url_varies_alike_and_is_a_dictionary_for_what_comes(
    client: Client, release: Compiled
) -> None:
    for accept_encoding in (BROWSER, "br", "gzip", ""):
        answer = ask(client, release, accept_encoding=accept_encoding, available_dictionary=available(OLD))
        assert answer.headers["vary"] == "Accept-Encoding, Available-Dictionary"
        assert answer.headers["use-as-dictionary"] == 'match="app.*.js"'


@pytest.mark.parametrize(
    ("accept_encoding", "sent"),
    [
        (BROWSER, "dcz"),
        ("dcz", "dcz"),
        ("br;q=0.5, dcz;q=0.6", "dcz"),
        ("br, dcz;q=0.9", "br"),
        ("br, dcz;q=0", "br"),
        ("gzip, br, zstd", "br"),
        ("*", "gzip"),
        ("dcb", "identity"),
    ],
)
def test_a_delta_is_sent_where_it_is_listed_and_weighs_most(
    client: Client, release: Compiled, accept_encoding: str, sent: str
) -> None:
    assert coding(ask(client, release, accept_encoding=accept_encoding, available_dictionary=available(OLD))) == sent


@pytest.mark.parametrize(
    "dictionary",
    [
        pytest.param(available(b"something else"), id="another file"),
        pytest.param(available(NEW), id="this very file"),
        pytest.param("", id="empty"),
        pytest.param(available(OLD)[1:-1], id="without colons"),
        pytest.param(f"{available(OLD)}, {available(OLDEST)}", id="two"),
        pytest.param(f"{available(OLD)};a=1", id="with a parameter"),
        pytest.param(available(OLD).replace("=", ""), id="without padding"),
        pytest.param(sha256(OLD).hexdigest(), id="hexadecimal"),
        pytest.param(":" + "A" * 100_000 + ":", id="very long"),
        pytest.param(":é%s:", id="no base64"),
    ],
)
def test_any_other_value_is_as_none(client: Client, release: Compiled, dictionary: str) -> None:
    answer = ask(client, release, accept_encoding=BROWSER, available_dictionary=dictionary)
    assert (answer.status, coding(answer)) == (200, "br")


def test_a_value_that_comes_twice_is_as_none(client: Client, release: Compiled) -> None:
    fields = [("accept-encoding", BROWSER), *[("available-dictionary", available(OLD))] * 2]
    assert coding(client.request("GET", release.manifest.asset("app.js").url, fields)) == "br"


def test_values_take_no_memory(release: Compiled) -> None:
    resource = Resources(release.manifest, lambda headers: headers)[release.manifest.asset("app.js").url]
    assert resource is not None
    usual, delta = (resource.for_fields(BROWSER, {"available-dictionary": available(data)}) for data in (NEW, OLD))
    for number in range(3 * MOST_CHOICES):
        assert resource.for_fields(BROWSER, {"available-dictionary": available(b"%d" % number)}) is usual
    assert resource.for_fields(BROWSER, {"available-dictionary": available(OLD)}) is delta is not usual
    assert len(resource) == 1


def test_a_range_is_of_the_usual_coding(client: Client, release: Compiled) -> None:
    fields = {"accept_encoding": "identity, dcb, dcz", "available_dictionary": available(OLD)}
    answer = ask(client, release, range="bytes=0-3", **fields)
    assert (answer.status, coding(answer), answer.body) == (206, "identity", NEW[:4])


def test_head_says_what_get_would_send(client: Client, release: Compiled) -> None:
    fields = {"accept_encoding": BROWSER, "available_dictionary": available(OLD)}
    head, get = ask(client, release, method="HEAD", **fields), ask(client, release, **fields)
    assert (head.status, dict(head.headers), head.body) == (200, dict(get.headers), b"")


@pytest.mark.parametrize("method", ["POST", "PUT"])
def test_other_methods_are_refused_as_ever(client: Client, release: Compiled, method: str) -> None:
    answer = ask(client, release, method=method, accept_encoding=BROWSER, available_dictionary=available(OLD))
    assert answer.status == 405


def etags(release: Compiled) -> dict[str, str]:
    app = release.manifest.asset("app.js")
    return {
        **{variant.coding: variant.etag for variant in app.variants},
        **{f"dcz {number}": delta.variant.etag for number, delta in enumerate(app.deltas)},
    }


@pytest.mark.parametrize("held", ["identity", "gzip", "br", "dcz 0", "dcz 1"])
@pytest.mark.parametrize("dictionary", [None, NEW, OLD], ids=["none", "itself", "the last"])
def test_whoever_holds_the_file_in_any_coding_is_told_so(
    client: Client, release: Compiled, held: str, dictionary: bytes | None
) -> None:
    tag = etags(release)[held]
    fields = {} if dictionary is None else {"available_dictionary": available(dictionary)}
    answer = ask(client, release, accept_encoding=BROWSER, if_none_match=f'"x", {tag}', **fields)
    assert (answer.status, answer.headers["etag"], answer.body) == (304, tag, b"")
    assert answer.headers["use-as-dictionary"] == 'match="app.*.js"'


def test_another_tag_gets_the_file(client: Client, release: Compiled) -> None:
    answer = ask(client, release, accept_encoding=BROWSER, if_none_match='"x"', available_dictionary=available(OLD))
    assert (answer.status, coding(answer)) == (200, "dcz")


def damaged(release: Compiled, variant: Variant) -> None:
    os.truncate(release.dist / variant.file, 10)


def test_a_delta_that_is_damaged_is_replaced_by_the_next_best_coding_and_logged_once(
    client: Client, release: Compiled, caplog: pytest.LogCaptureFixture
) -> None:
    damaged(release, release.manifest.asset("app.js").deltas[0].variant)
    for accept_encoding, sent in ((BROWSER, "br"), ("gzip, dcz", "gzip"), ("dcz", "identity")):
        answer = ask(client, release, accept_encoding=accept_encoding, available_dictionary=available(OLD))
        assert (answer.status, coding(answer)) == (200, sent)
    assert len(caplog.records) == 1


def test_where_every_coding_is_damaged_it_is_a_failure(client: Client, release: Compiled) -> None:
    app = release.manifest.asset("app.js")
    for variant in app.bodies:
        damaged(release, variant)
    answer = ask(client, release, accept_encoding=BROWSER, available_dictionary=available(OLD))
    assert (answer.status, answer.headers["cache-control"]) == (500, "no-store")


def test_the_plain_url_knows_nothing_of_deltas(client: Client) -> None:
    answer = client.get("/static/app.js", accept_encoding=BROWSER, available_dictionary=available(OLD))
    assert (coding(answer), answer.headers["vary"]) == ("br", "Accept-Encoding")
    assert "use-as-dictionary" not in answer.headers


def test_a_file_that_never_changed_has_a_pattern_and_no_delta(client: Client, release: Compiled) -> None:
    path = release.manifest.asset("same.js").url
    answer = client.get(path, accept_encoding=BROWSER, available_dictionary=available(OLD))
    assert (coding(answer), answer.headers["use-as-dictionary"]) == ("br", 'match="same.*.js"')
