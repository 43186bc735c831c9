"""What can go wrong at run time, each with the words its reader needs."""

from __future__ import annotations

from typing import NamedTuple


class Hint(NamedTuple):
    """What to do about a manifest. It ends in the command that compiles, where to compile is what helps."""

    text: str
    command: str = ""


COMPILE = Hint("compile with: ", "servestatic-build SOURCE... -o DIST")
COMPILE_AGAIN = Hint("copy it again, or compile again with ", "servestatic-build")
UPGRADE = Hint("upgrade servestatic-build where the app runs")


class ManifestError(Exception):
    """A manifest that can't be read: missing, truncated, corrupt, or made by a newer compiler.

    ``path`` is the file, ``problem`` what is wrong with it, ``hint`` what to do.
    """

    def __init__(self, path: str, problem: str, hint: Hint) -> None:
        super().__init__(path, problem, hint)
        self.path = path
        self.problem = problem
        self.hint = "".join(hint)

    @property
    def is_absence(self) -> bool:
        """Whether there is no manifest at all."""
        return isinstance(self.__cause__, FileNotFoundError | NotADirectoryError)

    @property
    def may_pass(self) -> bool:
        """Whether the system failed and not the file, for want of descriptors or of memory, say: it may work later."""
        return isinstance(self.__cause__, OSError) and not self.is_absence

    def under(self, command: str | None) -> ManifestError:
        """Return the error as a framework says it whose own command compiles."""
        hint: Hint = self.args[2]
        if not (command and hint.command):
            return self
        error = ManifestError(self.path, self.problem, hint._replace(command=command))
        error.__cause__ = self.__cause__
        return error

    def __str__(self) -> str:
        """Return the three parts as one line."""
        return f"{self.path}: {self.problem} ({self.hint})"


class UnknownAssetError(KeyError):
    """A logical name that the manifest does not list."""

    def __init__(self, name: str, path: str) -> None:
        super().__init__(name)
        self.name = name
        self.path = path

    def __str__(self) -> str:
        """Return a sentence; a KeyError's own would be the quoted name alone."""
        return f"no asset named {self.name!r} in {self.path} (servestatic-manifest show lists the names)"


class BodyError(Exception):
    """A file that the manifest lists and that is missing, unreadable, or of another size or other bytes."""


def log(error: Exception) -> None:
    """Say in the log what went wrong."""
    import logging  # noqa: PLC0415 - costs more than the rest of a start, and is needed only here

    # As text: a handler that keeps its records would keep what the traceback holds, a request and a release.
    logging.getLogger("servestatic_runtime").error("%s", str(error))


def warn(message: str) -> None:
    """Say in the log what is not as it should be in production."""
    import logging  # noqa: PLC0415 - as above

    logging.getLogger("servestatic_runtime").warning("%s", message)
