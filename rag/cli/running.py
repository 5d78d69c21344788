"""What every command does: build the settings, open the store, print JSON, end with the code that says what happened."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer
from typer.core import TyperGroup

from rag.errors import BadRequest, BadSetting, ModelMismatch, ServerUnreachable, SightlineError

if TYPE_CHECKING:
    from rag.engine import Engine
    from rag.settings import Settings
    from rag.types import FailedFile

FAILED = 1
SOME_FILES_FAILED = 3
BROKEN_OFF = 130


class Commands(TyperGroup):
    """The commands, which tell our own errors in a line with a hint, and end with the code that belongs to them."""

    def invoke(self, ctx: Any) -> Any:  # Any: typer keeps its contexts to itself, and a command returns what it likes
        """Run the command that was named."""
        try:
            return super().invoke(ctx)
        except SightlineError as error:
            from rag import terminal

            terminal.show_error(error)
            raise typer.Exit(exit_code(error)) from error


def exit_code(error: SightlineError) -> int:
    """The code that an error ends a command with."""
    match error:
        case BadRequest() | BadSetting():
            return 2
        case ModelMismatch():
            return 4
        case ServerUnreachable():
            return 5
        case _:
            return FAILED


def exit_for(failed: tuple[FailedFile, ...]) -> None:
    """End with 3 if files failed."""
    if failed:
        raise typer.Exit(SOME_FILES_FAILED)


def settings_of(store: Path | None, **flags: object) -> Settings:
    """The settings, under the flags that were given.

    Raises: BadSetting.
    """

    from rag.settings import load_settings

    return load_settings(store=store, **flags)


def engine_of(store: Path | None, **flags: object) -> Engine:
    """The engine of a store, under the flags that were given; nothing is opened yet.

    Raises: BadSetting.
    """
    from rag.engine import Engine

    return Engine(settings=settings_of(store, **flags))


def print_json(value: Mapping[str, object], *, in_one_line: bool = False) -> None:
    """One JSON object on stdout; `in_one_line` where more will follow."""
    from rag.printable import json_text

    typer.echo(json_text(value, in_one_line=in_one_line))


@contextmanager
def stopping(stop: threading.Event, told: str) -> Iterator[None]:
    """The first Ctrl-C sets `stop` and says what is told, the second breaks off."""

    def on_interrupt(_number: int, _frame: object) -> None:
        if stop.is_set():
            raise KeyboardInterrupt
        stop.set()
        typer.echo(told, err=True)

    before = signal.signal(signal.SIGINT, on_interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
