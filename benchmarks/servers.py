"""Servers, wrk, and the same load for each of them in turn."""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import sys
from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from contextlib import ExitStack
from http.client import HTTPConnection
from pathlib import Path
from shutil import which
from typing import NamedTuple

from measure import Row, Target, print_table
from support.processes import started

_CLIENT_CORE = "0"
_PATIENCE = 60  # seconds that an answer may take; wrk's own 2 are too few for a peer that sends 20 MB to four at once
_RATE = re.compile(r"Requests/sec: +([0-9.]+)")
_FAILURES = ("Socket errors", "Non-2xx")


class Contender(NamedTuple):
    """A server (the arguments of ``python -m`` that start it, on a port of the system's choice), and what it is asked."""

    command: Sequence[str]
    url: str


class Load(NamedTuple):
    """What every contender is asked, and what it has to answer."""

    title: str
    fields: Mapping[str, str]
    status: int
    size: int  # of the body, in bytes
    connections: int = 64
    seconds: int = 1  # of one measurement


class Contest(NamedTuple):
    """A load, who bears it, and what the quotients of pairs must be, None for those that only inform."""

    load: Load
    contenders: Mapping[str, Contender]
    targets: Mapping[tuple[str, str], Target | None]


def run(description: str | None, contests: Iterable[Contest]) -> None:
    """Measure the contenders of each contest in turn, and print its table."""
    options = _options(description)
    for contest in contests:
        print_table(contest.load.title, _rows(contest, options))


def _options(description: str | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--starts", type=int, default=5, help="times that each server is started (%(default)s)")
    parser.add_argument("--rounds", type=int, default=3, help="times that it is measured then (%(default)s)")
    parser.add_argument("--server-cores", default="0,1", help="cores of the servers, as for taskset (%(default)s)")
    if which("wrk") is None or (os.cpu_count() or 1) < 2:
        parser.error("needs two cores, and wrk: apt-get install wrk")
    return parser.parse_args()


def _rows(contest: Contest, options: argparse.Namespace) -> list[Row]:
    """Measure servers started anew again and again: of two processes of one program, one may stay 3 % behind."""
    load, contenders, targets = contest
    rates: dict[str, list[float]] = {name: [] for name in contenders}
    for _ in range(options.starts):
        with ExitStack() as stack:
            urls = {name: _url(stack, name, each, load, options) for name, each in contenders.items()}
            for name, values in _alternate(urls, load, options.rounds).items():
                rates[name] += values
    rows = [Row(name, values, "requests/s") for name, values in rates.items()]
    return [*rows, *(_quotient(rates, *pair, target) for pair, target in targets.items())]


def _url(stack: ExitStack, name: str, contender: Contender, load: Load, options: argparse.Namespace) -> str:
    """Start a server that stops with the stack, and return where it answers."""
    command = ["taskset", "--cpu-list", options.server_cores, sys.executable, "-m", *contender.command]
    port = stack.enter_context(started(command, cwd=Path(__file__).parent)).port
    _check(name, port, contender.url, load)
    return f"http://127.0.0.1:{port}{contender.url}"


def _check(name: str, port: int, url: str, load: Load) -> None:
    """Stop unless a server sends what it should."""
    connection = HTTPConnection("127.0.0.1", port)
    connection.request("GET", url, headers=dict(load.fields))
    response = connection.getresponse()
    seen = (response.status, len(response.read()))
    connection.close()
    if seen != (load.status, load.size):
        raise SystemExit(f"{name} answers otherwise: {seen}\n{response.headers}")


def _alternate(urls: Mapping[str, str], load: Load, rounds: int) -> dict[str, list[float]]:
    """Return each server's requests per second, by round. A round before the first warms all of them up.

    Each round begins with another server: what runs behind a busy one starts on a warmer machine.
    """
    rates: dict[str, list[float]] = {name: [] for name in urls}
    order = deque(urls)
    for name in order:
        _requests_per_second(urls[name], load)
    for _ in range(rounds):
        for name in order:
            rates[name].append(_requests_per_second(urls[name], load))
        order.rotate()
    return rates


def _requests_per_second(url: str, load: Load) -> float:
    fields = [argument for name, value in load.fields.items() for argument in ("-H", f"{name}: {value}")]
    wrk = ["wrk", "-t1", f"-c{load.connections}", f"-d{load.seconds}s", "--timeout", f"{_PATIENCE}s", *fields, url]
    command = ["taskset", "--cpu-list", _CLIENT_CORE, *wrk]
    report = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    rate = _RATE.search(report)
    if rate is None or not float(rate[1]) or any(failure in report for failure in _FAILURES):
        raise SystemExit(f"wrk says:\n{report}")
    return float(rate[1])


def _quotient(rates: Mapping[str, Sequence[float]], one: str, other: str, target: Target | None) -> Row:
    values = [mine / theirs for mine, theirs in zip(rates[one], rates[other], strict=True)]
    return Row(f"{one} / {other}, by round", values, "times", target)
