"""Logs: one line an event, with the request it belongs to and nothing a client sent that could be a secret.

Operations are named by operation name and document hash, paths come without their query, and an exception is its type
and its frames: the message of one may quote a literal, a statement or a row.
"""

import json
import logging
import sys
import traceback
from collections.abc import Callable
from datetime import UTC, datetime
from functools import cache
from typing import TYPE_CHECKING, Any

import orjson
import structlog

from gateway.settings import Settings

if TYPE_CHECKING:
    from structlog.typing import EventDict, ExcInfo, Processor

# Loggers of libraries that write what clients sent, or what our own access log says better.
SILENCED = ("strawberry.execution", "uvicorn.access", "stripe", "httpx")


FACTS = ("request_id", "place", "document")
"""What an event of the standard library's loggers may carry besides its message: where in which operation it was."""


class TextWriter(structlog.WriteLogger):
    """Writes our own events, made lines for people, straight to standard error."""

    def __init__(self, name: str) -> None:
        super().__init__(sys.stderr)
        self.name = name


class BytesWriter(structlog.BytesLogger):
    """Writes our own events as bytes: one for each request is too many for the library's loggers, and for text."""

    def __init__(self, name: str) -> None:
        super().__init__(sys.stderr.buffer, name=name)


def configure_logging(settings: Settings) -> None:
    """Write our own events and those of libraries alike to standard error."""
    level = logging.getLevelNamesMapping()[settings.log_level.upper()]
    writer, ours, theirs = _for_people() if _is_read_by_people(settings) else _for_programs()
    structlog.configure(
        processors=[*_processors(), *ours],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=cache(writer),
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(sys.stderr)
    before: list[Processor] = [structlog.stdlib.ExtraAdder(FACTS), *_processors(), _without_color_message]
    final: list[Processor] = [structlog.stdlib.ProcessorFormatter.remove_processors_meta, *theirs]
    handler.setFormatter(structlog.stdlib.ProcessorFormatter(processors=final, foreign_pre_chain=before))
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(level)
    for name in SILENCED:
        logging.getLogger(name).disabled = True


def _processors() -> "list[Processor]":
    """What every event goes through: the request's context, level, time, and exceptions without their messages."""
    return [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        _timestamp,
        structlog.processors.ExceptionRenderer(_frames),
    ]


def _is_read_by_people(settings: Settings) -> bool:
    return settings.log_format == "console" or (settings.log_format == "auto" and sys.stderr.isatty())


def _for_people() -> "tuple[type[TextWriter], list[Processor], list[Processor]]":
    """What writes our own events, what renders them, and what renders those of libraries."""
    rendering: list[Processor] = [_timestamp_as_text, structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())]
    return TextWriter, rendering, rendering


def _for_programs() -> "tuple[type[BytesWriter], list[Processor], list[Processor]]":
    """The same for JSON, which is bytes that the standard library's handlers would not take."""
    render = structlog.processors.JSONRenderer(serializer=_json)
    text = structlog.processors.JSONRenderer(serializer=lambda event, default: _json(event, default).decode())
    return BytesWriter, [render], [text]


def _json(event: "EventDict", default: Callable[[Any], Any]) -> bytes:
    """One line of JSON. Lone surrogates and numbers beyond 64 bits, which orjson refuses, go the slower way."""
    try:
        return orjson.dumps(event, default=default, option=orjson.OPT_UTC_Z)
    except TypeError:
        return json.dumps(_timestamp_as_text(None, "", event), default=default).encode()


def _timestamp(_logger: Any, _method: str, event: "EventDict") -> "EventDict":
    """Tell when it happened, for orjson to write: the library's own stamp is text, and asks its settings each time."""
    event["timestamp"] = datetime.now(UTC)
    return event


def _timestamp_as_text(_logger: Any, _method: str, event: "EventDict") -> "EventDict":
    """The stamp as orjson writes it, where another renders."""
    event["timestamp"] = event["timestamp"].isoformat().replace("+00:00", "Z")
    return event


def _without_color_message(_logger: Any, _method: str, event: "EventDict") -> "EventDict":
    """Drop uvicorn's second copy of each message."""
    event.pop("color_message", None)
    return event


def _frames(exc_info: "ExcInfo") -> str:
    """Tell where an exception came from and of which types its chain is, never what it says."""
    error: BaseException | None = exc_info[1]
    parts: list[str] = []
    while error is not None:
        frames = "".join(traceback.format_tb(error.__traceback__))
        parts.append(f"{frames}{type(error).__module__}.{type(error).__qualname__}")
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    return "\ncaused by:\n".join(parts)
