"""What a setting is. ``Config`` is a table of them; the file, the command line and the documents are made from it."""

from __future__ import annotations

from typing import Any, Generic, TypeVar, overload

from servestatic_build.settings.problems import within

Given = TypeVar("Given")
Value = TypeVar("Value")


class Setting(Generic[Given, Value]):
    """A row of the table, and the attribute of ``Config`` that converts and checks what it is given.

    Each kind of setting is a subclass. ``wanted`` says in words which values it has; ``convert`` takes what Python code
    and settings files give, and its own results; ``from_text`` makes that of a command line's text.
    """

    wanted: str
    attribute: str  # in Config: max_age
    name: str  # in a file: max-age
    is_flag = False
    is_repeatable = False
    off_summary = ""  # of the option --no-NAME, by which the value is false; empty where there is none

    def __init__(
        self,
        default: Given,
        summary: str,
        *,
        options: str | None = None,
        metavar: str | None = None,
        default_text: str | None = None,
        example: str = "",
        details: str = "",
        in_file: bool = True,
    ) -> None:
        """Make a row. ``options`` are those of the command line (``--name`` unless told, "" for none).

        ``default_text`` says the default where the value itself does not. ``example`` is a line of a settings file; it and
        ``details``, more than the help has room for, are for the reference page.
        """
        self.default = default
        self.summary = summary
        self.metavar = metavar
        self._default_text = default_text
        self.example = example
        self.details = details
        self.in_file = in_file
        self._options = options

    def __set_name__(self, owner: type, name: str) -> None:
        self.attribute, self.name = name, name.replace("_", "-")

    @overload
    def __get__(self, instance: None, owner: type) -> Setting[Given, Value]: ...
    @overload
    def __get__(self, instance: object, owner: type) -> Value: ...
    def __get__(self, instance: Any, owner: type) -> Any:
        return self if instance is None else instance.__dict__[self.attribute]

    def __set__(self, instance: Any, value: Given) -> None:
        # The default that a dataclass takes from a descriptor is what the class has: the descriptor itself.
        given: Any = value
        instance.__dict__[self.attribute] = self.checked(self.default if given is self else given, self.name)

    def checked(self, value: Any, called: str) -> Value:
        """Return what Config holds for a value; raise a SettingError that calls the setting so."""
        with within(called):
            return self.convert(value)

    def convert(self, value: Any) -> Value:
        """Return what Config holds for a value; raise ConfigError."""
        raise NotImplementedError

    def from_text(self, text: str) -> Any:
        """Return what ``convert`` is to take for an option's text."""
        return text

    def relative_to(self, directory: str, value: Any) -> Any:  # noqa: ARG002
        """Return a value of Config's, the paths in it relative to a directory."""
        return value

    @property
    def default_text(self) -> str:
        """The default in words, empty where nothing is given unless asked for."""
        if self._default_text is None and isinstance(self.default, str | int):
            return str(self.default).lower() if self.is_flag else str(self.default)
        return self._default_text or ""

    @property
    def options(self) -> list[str]:
        """The options of the command line, the long one last."""
        return [f"--{self.name}"] if self._options is None else self._options.split()
