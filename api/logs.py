"""The log of the service: one form for every line, ours and the libraries', each with the id of the request it belongs to."""

from __future__ import annotations

import contextlib
import logging
import os
import sys
from collections.abc import Iterator
from typing import TextIO

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

from rag.printable import printable
from rag.settings import Settings
from rag.stages import Listener, Stage

OURS = ("sightline", "rag", "indexers", "api", "eval")
"""Loggers that write from `log_level` on; all others from warnings on."""

_log = logging.getLogger("sightline.stage")


@contextlib.contextmanager
def written(settings: Settings, stream: TextIO | None = None) -> Iterator[None]:
    """Write what is logged anywhere in this process inside the block to `stream` (standard error), as the settings say.

    Takes the place of any handler of the root logger, until the end of the block.
    """
    root, ours = logging.getLogger(), [logging.getLogger(name) for name in OURS]
    before = [(logger, logger.level) for logger in (root, *ours)]
    handlers = root.handlers[:]
    level = logging.getLevelNamesMapping()[settings.log_level.upper()]
    root.handlers[:] = [_handler(settings, stream or sys.stderr)]
    root.setLevel(max(level, logging.WARNING))
    for logger in ours:
        logger.setLevel(level)
    logging.captureWarnings(True)
    try:
        yield
    finally:
        logging.captureWarnings(False)
        root.handlers[:] = handlers
        for logger, was in before:
            logger.setLevel(was)


def _handler(settings: Settings, stream: TextIO) -> logging.Handler:
    handler = logging.StreamHandler(stream)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[
                structlog.contextvars.merge_contextvars,
                structlog.stdlib.add_log_level,
                structlog.stdlib.add_logger_name,
                structlog.stdlib.ExtraAdder(),
                structlog.processors.TimeStamper(fmt="iso", utc=True),
            ],
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                *(_as_json() if settings.log_format == "json" else _as_text(stream)),
            ],
        )
    )
    return handler


def listener(settings: Settings) -> Listener:
    """Writes a line for each stage of the work: what was searched for if `log_questions` says so, else for who debugs."""

    def hear(stage: Stage) -> None:
        asked = settings.log_questions and stage.text
        if not asked and not _log.isEnabledFor(logging.DEBUG):
            return
        told: dict[str, object] = {
            "stage": stage.name,
            **stage.about,
            "n": stage.n,
            "ms": round(stage.seconds * 1_000, 1),
        }
        if stage.failed:
            told["failed"] = stage.failed
        if asked:
            told["text"] = stage.text
        _log.log(logging.INFO if asked else logging.DEBUG, "stage", extra=told)

    return hear


def _as_json() -> list[Processor]:
    return [
        structlog.processors.format_exc_info,
        structlog.processors.EventRenamer("message"),
        structlog.processors.JSONRenderer(),
    ]


def _as_text(stream: TextIO) -> list[Processor]:
    colours = stream.isatty() and not os.environ.get("NO_COLOR")
    # Not the tracebacks that rich draws: those show the values of variables, the key and the question among them.
    traceback = structlog.dev.plain_traceback
    return [_in_one_line, structlog.dev.ConsoleRenderer(colors=colours, pad_event_to=0, exception_formatter=traceback)]


def _in_one_line(_logger: WrappedLogger, _method: str, told: EventDict) -> EventDict:
    """Nothing that others wrote ends a line, begins another, or moves a cursor."""
    return {
        name: printable(value).replace("\n", "\\n") if isinstance(value, str) else value for name, value in told.items()
    }
