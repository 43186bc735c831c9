"""What is wrong with an answer, and what in between is likely to have done it. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import NamedTuple

from servestatic_build.probing.questions import Question
from servestatic_runtime.format import IDENTITY


class Answer(NamedTuple):
    """What a site answered; header names in lower case, and the first 24 hex digits of the body's SHA-256."""

    status: int
    headers: Mapping[str, str]
    digest: str
    size: int
    seconds: float


class Fault(NamedTuple):
    """What is wrong: a code for programs, and words."""

    code: str
    path: str
    coding: str
    message: str


def faults(question: Question, answer: Answer) -> list[Fault]:
    """Return all that is wrong with an answer."""
    found = [] if answer.status == question.status else [*_of_status(question, answer)]
    if not found:
        found = [problem for check in _CHECKS for problem in check(question, answer)]
    return [Fault(code, question.path, question.coding, message) for code, message in found]


def fault_of_absent(question: Question, first: Answer, second: Answer) -> list[Fault]:
    """Return what is wrong with the answers for a URL that no release has."""
    if second.status != 404:
        message = f"a URL that does not exist is answered with {second.status} instead of 404"
        return [Fault("absent-found", question.path, question.coding, message)]
    if cache_state(second) == "hit" and cache_state(first) != "stale":
        message = "a 404 comes from a cache: after a deploy, new files stay missing until it expires"
        return [Fault("cached-404", question.path, question.coding, message)]
    return []


def cache_state(answer: Answer) -> str:
    """Return ``hit``, ``miss``, or nothing where no header tells: what each CDN says its own way."""
    said = " ".join(answer.headers.get(name, "") for name in ("x-cache", "cf-cache-status", "cache-status")).lower()
    if "hit" in said or len(answer.headers.get("x-varnish", "").split()) > 1:
        return "hit"
    if "age" in answer.headers and answer.headers["age"] != "0":
        return "hit"
    return "miss" if said.strip() or "x-varnish" in answer.headers else ""


_Problems = Iterator[tuple[str, str]]


def _of_status(question: Question, answer: Answer) -> _Problems:
    if question.status == 304 and answer.status == 200:
        yield (
            "no-304",
            "If-None-Match with the current ETag is answered with the whole file: the ETag is lost or changed",
        )
    elif question.status == 206 and answer.status == 200:
        yield "no-range", "a range is answered with the whole file: a proxy does not pass on Range"
    else:
        yield "status", f"{answer.status} instead of {question.status}"


def _coding(question: Question, answer: Answer) -> _Problems:
    coding = answer.headers.get("content-encoding", IDENTITY)
    if answer.status == 304 or coding == question.coding:
        return
    if question.coding == IDENTITY or coding not in {IDENTITY, "gzip"} or cache_state(answer) == "hit":
        yield "codings-mixed", f"{coding} for a client that asks for {question.coding}: a cache mixes up the codings"
    else:
        yield (
            "coding-lost",
            f"{coding} for a client that asks for {question.coding}: Accept-Encoding is changed on the way",
        )


def _body(question: Question, answer: Answer) -> _Problems:
    same_coding = answer.headers.get("content-encoding", IDENTITY) == question.coding
    if answer.status == 200 and same_coding and answer.digest != question.etag.strip('"'):
        yield "body", "the body is not that of the manifest: another release, or something in between changes it"


def _etag(question: Question, answer: Answer) -> _Problems:
    expected, etag = question.headers.get("etag"), answer.headers.get("etag")
    if expected is None or etag == expected:
        return
    if etag is None:
        yield "etag-missing", "ETag is missing: nothing can be revalidated, and ranges are not safe"
    elif etag.startswith("W/"):
        yield "etag-weak", "the strong ETag has become weak, as nginx and Cloudflare do where they compress"
    else:
        yield "etag-changed", f"ETag is {etag} instead of {expected}"


def _vary(question: Question, answer: Answer) -> _Problems:
    if "accept-encoding" in question.headers.get("vary", "").lower():
        vary = answer.headers.get("vary", "").lower()
        if "accept-encoding" not in vary and "*" not in vary:
            yield "vary-missing", "Vary: Accept-Encoding is missing: caches can mix up the codings"


def _same(name: str, code: str, consequence: str) -> Callable[[Question, Answer], _Problems]:
    """Return a check of a header that has to arrive as it was sent."""

    def check(question: Question, answer: Answer) -> _Problems:
        expected, value = question.headers.get(name), answer.headers.get(name)
        if expected is not None and _members(value) != _members(expected):
            is_now = "is missing" if value is None else f"is {value!r} instead of {expected!r}"
            yield code, f"{name} {is_now}: {consequence}"

    return check


def _members(value: str | None) -> set[str] | None:
    return None if value is None else {member.strip().lower().replace('"', "") for member in value.split(",")}


def _in_200(check: Callable[[Question, Answer], _Problems]) -> Callable[[Question, Answer], _Problems]:
    return lambda question, answer: check(question, answer) if answer.status != 304 else iter(())


_CHECKS: tuple[Callable[[Question, Answer], _Problems], ...] = (
    _coding,
    _body,
    _etag,
    _vary,
    _same("cache-control", "cache-control", "files are cached for too long or too short"),
    _in_200(_same("content-type", "type", "browsers take the file for another kind")),
    _in_200(_same("access-control-allow-origin", "cors", "other origins can't load fonts and modules")),
)
