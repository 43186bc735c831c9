"""How a subcommand says no: its answer is whole, and the exit code tells programs what it is."""

from __future__ import annotations


class NegativeAnswerError(Exception):
    """Raised behind the last line of an answer that makes the exit code 1."""
