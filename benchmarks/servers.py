"""Servers, wrk, and the same load for each of them in turn."""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import sys
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from http.client import HTTPConnection
from pathlib import Path
from shutil import which

from measure import Row, Target
from one_file import answer, compile_one_file

CONNECTIONS = 64

_CLIENT_CORE = "0"
_ACCEPT_BROTLI = "Accept-Encoding: br"
_LISTENING = re.compile(r"http://127\.0\.0\.1:(\d+)")
_RATE = re.compile(r"Requests/sec: +([0-9.]+)")
_FAILURES = ("Socket errors", "Non-2xx")


def compare(
    description: str | None, commands: Mapping[str, Sequence[str]], targets: Mapping[tuple[str, str], Target | None]
) -> list[Row]:
    """Return the requests per second of each server, and the quotients of the pairs in ``targets``, round by round.

    ``commands`` holds the arguments of ``python -m`` that start each server.
    """
    options = _options(description)
    compile_one_file()
    with ExitStack() as stack:
        ports = {
            name: stack.enter_context(_running(command, options.server_cores)) for name, command in commands.items()
        }
        for name, port in ports.items():
            _check(name, port)
        rates = _alternate(ports, options.rounds, options.seconds)
    rows = [Row(name, values, "requests/s") for name, values in rates.items()]
    return [*rows, *(_quotient(rates, *pair, target) for pair, target in targets.items())]


def _options(description: str | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--rounds", type=int, default=25, help="times that each server is measured (%(default)s)")
    parser.add_argument("--seconds", type=int, default=1, help="length of a measurement (%(default)s)")
    parser.add_argument("--server-cores", default="0,1", help="cores of the servers, as for taskset (%(default)s)")
    if which("wrk") is None or (os.cpu_count() or 1) < 2:
        parser.error("needs two cores, and wrk: apt-get install wrk")
    return parser.parse_args()


@contextmanager
def _running(command: Sequence[str], cores: str) -> Iterator[int]:
    """Run ``python -m command...`` on these cores until the block ends; yield the port it listens on."""
    with subprocess.Popen(
        ["taskset", "--cpu-list", cores, sys.executable, "-m", *command],
        cwd=Path(__file__).parent,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as process:
        try:
            yield _port(process)
        finally:
            process.terminate()


def _port(process: subprocess.Popen[str]) -> int:
    assert process.stdout is not None
    said = []
    for line in process.stdout:
        said.append(line)
        if match := _LISTENING.search(line):
            return int(match[1])
    raise SystemExit("a server ended:\n" + "".join(said))


def _check(name: str, port: int) -> None:
    """Stop unless the server sends the brotli variant."""
    url, _, body = answer()
    connection = HTTPConnection("127.0.0.1", port)
    connection.request("GET", url, headers=dict([_ACCEPT_BROTLI.split(": ")]))
    response = connection.getresponse()
    seen = (response.status, response.headers["Content-Encoding"], response.read())
    connection.close()
    if seen != (200, "br", body):
        raise SystemExit(f"{name} answers otherwise: {response.status}\n{response.headers}")


def _alternate(ports: Mapping[str, int], rounds: int, seconds: int) -> dict[str, list[float]]:
    """Return each server's requests per second, by round. A short round before the first warms all of them up.

    Each round begins with another server: what runs behind a busy one starts on a warmer machine.
    """
    rates: dict[str, list[float]] = {name: [] for name in ports}
    order = deque(ports)
    for name in order:
        _requests_per_second(ports[name], 1)
    for _ in range(rounds):
        for name in order:
            rates[name].append(_requests_per_second(ports[name], seconds))
        order.rotate()
    return rates


def _requests_per_second(port: int, seconds: int) -> float:
    wrk = ["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{seconds}s", "-H", _ACCEPT_BROTLI]
    command = ["taskset", "--cpu-list", _CLIENT_CORE, *wrk, f"http://127.0.0.1:{port}{answer().url}"]
    report = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    rate = _RATE.search(report)
    if rate is None or any(failure in report for failure in _FAILURES):
        raise SystemExit(f"wrk says:\n{report}")
    return float(rate[1])


def _quotient(rates: Mapping[str, Sequence[float]], one: str, other: str, target: Target | None) -> Row:
    values = [mine / theirs for mine, theirs in zip(rates[one], rates[other], strict=True)]
    return Row(f"{one} / {other}, by round", values, "times", target)
