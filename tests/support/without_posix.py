"""Python as another system has it: what that lacks is taken away before anything of ours is imported.

``python -m support.without_posix windows MODULE ...`` is ``python -m MODULE ...`` that way. It imitates what we can
without such a machine, and is no proof: paths are still POSIX's.
"""

from __future__ import annotations

import builtins
import errno
import importlib
import os
import runpy
import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Platform:
    """What a system lacks, and how its files behave."""

    functions: tuple[str, ...]  # of the module os, its constants, too
    modules: tuple[str, ...] = ()  # that we can't import; others choose by the system's name, which stays
    opens_directories: bool = True  # and opens files below one that is open
    replaces_open_files: bool = True  # deletes and renames them, too
    flags: tuple[tuple[str, str], ...] = ()  # module and name of what says that this is the system


PLATFORMS = {
    "macos": Platform(("O_PATH", "sched_getaffinity", "sched_setaffinity", "fdatasync", "posix_fadvise")),
    "windows": Platform(
        (
            *("O_PATH", "O_DIRECTORY", "O_NONBLOCK", "O_CLOEXEC", "O_NOFOLLOW"),
            *("pread", "preadv", "pwrite", "pwritev", "sendfile", "posix_fadvise", "posix_fallocate"),
            *("sched_getaffinity", "sched_setaffinity", "fdatasync", "mkfifo", "fchown", "chown", "fwalk"),
        ),
        modules=("fcntl", "grp", "pwd", "resource"),
        opens_directories=False,
        replaces_open_files=False,
        flags=(("servestatic_runtime.platform_files", "IS_WINDOWS"),),
    ),
}


def become(platform: Platform) -> None:
    """Take away what the system lacks. Nothing gives it back, so a process of its own is needed."""
    assert "shutil" not in sys.modules, "it decides at import what the system can do"
    for name in platform.functions:
        if hasattr(os, name):
            delattr(os, name)
    builtins.__import__ = _refusing_us(builtins.__import__, platform.modules)
    if not platform.opens_directories:
        os.supports_dir_fd.clear()
        os.open = _without_directories(os.open)
    if not platform.replaces_open_files:
        for name in ("remove", "rename", "replace", "unlink"):
            setattr(os, name, _refusing_open_files(getattr(os, name)))
        tempfile = importlib.import_module("tempfile")
        vars(tempfile)["TemporaryFile"] = tempfile.NamedTemporaryFile  # as Python has it there
    for module, flag in platform.flags:
        setattr(importlib.import_module(module), flag, True)


def _refusing_us(import_it: Callable[..., Any], modules: tuple[str, ...]) -> Callable[..., Any]:
    """Return an import that our packages get none of these modules from."""

    def import_other(name: str, scope: Any = None, *arguments: Any, **options: Any) -> Any:
        importer = (scope or {}).get("__name__", "")
        if name in modules and importer.startswith("servestatic_"):
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)
        return import_it(name, scope, *arguments, **options)

    return import_other


def _without_directories(open_file: Callable[..., int]) -> Callable[..., int]:
    def open_no_directory(path: Any, flags: int, mode: int = 0o777, *, dir_fd: int | None = None) -> int:
        if dir_fd is not None:
            raise NotImplementedError("dir_fd unavailable on this platform")
        if os.path.isdir(path):
            raise PermissionError(errno.EACCES, "Permission denied", path)
        return open_file(path, flags, mode)

    return open_no_directory


def _refusing_open_files(change: Callable[..., None]) -> Callable[..., None]:
    """Return a function that refuses files which this process has open or maps, or that are below such a directory."""

    def change_closed_files(*paths: Any, **options: Any) -> None:
        in_use = _files_in_use()
        for path in map(os.path.abspath, paths):
            if any(file == path or file.startswith(f"{path}/") for file in in_use):
                raise PermissionError(errno.EACCES, "The process cannot access the file", path)
        change(*paths, **options)

    return change_closed_files


def _files_in_use() -> set[str]:
    with open("/proc/self/maps") as maps:
        files = {line.split(maxsplit=5)[-1].rstrip("\n") for line in maps}
    for descriptor in os.listdir("/proc/self/fd"):
        try:
            files.add(os.readlink(f"/proc/self/fd/{descriptor}"))
        except FileNotFoundError:  # what listed them
            continue
    return files


if __name__ == "__main__":
    become(PLATFORMS[sys.argv[1]])
    os.environ["WITHOUT_POSIX"] = sys.argv[1]  # for processes that a suite starts
    sys.argv = sys.argv[2:]
    runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)
