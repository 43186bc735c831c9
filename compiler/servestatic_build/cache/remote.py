"""A team's cache, at a URL that fsspec opens. It may be slow or down, and no build depends on it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager, suppress
from queue import SimpleQueue
from threading import Lock, Thread
from time import monotonic
from typing import Any

from servestatic_build.cache.items import Key, Problem

TIME_OUT = 20.0  # seconds that a build waits for it in all
_THREADS = 32  # an object store answers many requests at once, each of them late


class RemoteCache:
    """Items as objects. What one reads is asked for before (``expect``), what one writes is sent in the background.

    After the first failure, or when the build has waited for it long enough, it is left alone. Thread-safe.
    """

    def __init__(self, url: str, time_out: float = TIME_OUT) -> None:
        self.problem: Problem | None = None
        self._url = url
        self._objects = _Objects(url)
        self._requests = _Requests()
        self._patience = Patience(time_out)
        self._expected: dict[Key, Future[bytes | None]] = {}
        self._sent: list[Future[None]] = []

    def expect(self, keys: Iterable[Key]) -> None:
        """Ask for items that will be read soon."""
        for key in keys:
            if key not in self._expected:
                self._expected[key] = self._request(self._objects.read, key.path)

    def read(self, key: Key) -> bytes | None:
        """Return an item as it lies there."""
        future: Future[Any] | None = self._expected.pop(key, None)
        item: bytes | None = self._result(future or self._request(self._objects.read, key.path))
        return item

    def write(self, key: Key, item: bytes) -> None:
        """Send an item."""
        self._sent.append(self._request(self._objects.write, key.path, item))

    def close(self) -> None:
        """Wait until all that was written is there."""
        for future in self._sent:
            self._result(future)
        self._requests.close()

    def _request(self, method: Callable[..., Any], *arguments: Any) -> Future[Any]:
        return self._requests.add(lambda: None if self.problem else method(*arguments))

    def _result(self, future: Future[Any]) -> Any:
        if self.problem:
            return None
        try:
            with self._patience.waiting() as seconds:
                return future.result(seconds)
        except TimeoutError:
            self._leave_alone("timed out")
        except ImportError as error:
            self._leave_alone(str(error), 'pip install "servestatic-build[remote-cache]"')
        except Exception as error:  # noqa: BLE001 - of whatever library is behind fsspec
            self._leave_alone(f"{type(error).__name__}: {error}")
        return None

    def _leave_alone(self, reason: str, hint: str = "the build goes on without it") -> None:
        self.problem = self.problem or Problem(self._url, f"the remote cache can't be used: {reason}", hint)


class _Objects:
    """What fsspec does for us, with one client for all threads."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._lock = Lock()
        self._opened: tuple[Any, str] | None = None

    def read(self, path: str) -> bytes | None:
        files, root = self._open()
        with suppress(FileNotFoundError):
            data: bytes = files.cat_file(f"{root}/{path}")
            return data
        return None

    def write(self, path: str, data: bytes) -> None:
        files, root = self._open()
        files.pipe_file(f"{root}/{path}", data)

    def _open(self) -> tuple[Any, str]:
        with self._lock:
            if self._opened is None:
                from fsspec.core import url_to_fs  # noqa: PLC0415 - an extra, and half a second with S3's client

                # A client of its own: those that fsspec keeps know yesterday's credentials.
                files, root = url_to_fs(self._url, skip_instance_cache=True)
                self._opened = files, root.rstrip("/")
        return self._opened


class _Requests:
    """Calls in threads that end with the process, whatever they wait for."""

    def __init__(self) -> None:
        self._calls: SimpleQueue[Callable[[], None] | None] = SimpleQueue()
        self._threads: list[Thread] = []
        self._lock = Lock()

    def add(self, call: Callable[[], Any]) -> Future[Any]:
        future: Future[Any] = Future()
        self._calls.put(lambda: _settle(future, call))
        with self._lock:
            if len(self._threads) < _THREADS:
                self._threads.append(Thread(target=self._work, daemon=True))
                self._threads[-1].start()
        return future

    def close(self) -> None:
        for _ in self._threads:
            self._calls.put(None)

    def _work(self) -> None:
        while call := self._calls.get():
            call()


def _settle(future: Future[Any], call: Callable[[], Any]) -> None:
    try:
        future.set_result(call())
    except BaseException as error:  # noqa: BLE001 - for whoever asks for the result
        future.set_exception(error)


class Patience:
    """How much longer a build may wait, in all its threads together."""

    def __init__(self, seconds: float) -> None:
        self._left = seconds
        self._lock = Lock()
        self._waiting = 0
        self._until = 0.0

    @contextmanager
    def waiting(self) -> Iterator[float]:
        """Yield the seconds that are left, which pass while any thread is inside."""
        with self._lock:
            if not self._waiting:
                self._until = monotonic() + self._left
            self._waiting += 1
            left = max(self._until - monotonic(), 0)
        try:
            yield left
        finally:
            with self._lock:
                self._waiting -= 1
                if not self._waiting:
                    self._left = self._until - monotonic()
