"""Logs: context and structure are there, what clients sent is not."""

import json
import logging
import re
from collections.abc import Iterator
from typing import Any

import pytest
import structlog

from gateway.logs import SILENCED, configure_logging
from gateway.settings import Settings
from schema.errors import masked

SECRET = "a literal of a client"
STAMP = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{6})?Z")


@pytest.fixture(autouse=True)
def logging_as_it_was() -> Iterator[None]:
    """Undo what the configuration does to the process."""
    root = logging.getLogger()
    handlers, level = root.handlers, root.level
    yield
    root.handlers, root.level = handlers, level
    for name in SILENCED:
        logging.getLogger(name).disabled = False
    structlog.reset_defaults()
    structlog.contextvars.clear_contextvars()


def lines(captured: str) -> list[dict[str, Any]]:
    """The JSON lines of standard error."""
    return [json.loads(line) for line in captured.splitlines()]


def fail() -> None:
    """Raise from an exception, both of which quote what a client sent."""
    try:
        int(SECRET)
    except ValueError as error:
        raise LookupError(SECRET) from error


def test_events_of_ours_and_of_libraries_carry_the_request(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logging(Settings(log_format="json"))
    structlog.contextvars.bind_contextvars(request_id="r-1")
    structlog.get_logger("gateway.access").info("request", path="/graphql")
    logging.getLogger("uvicorn.error").warning("slow %s", "start")
    ours, theirs = lines(capsys.readouterr().err)
    assert (ours["event"], ours["path"], ours["request_id"], ours["level"]) == ("request", "/graphql", "r-1", "info")
    assert (theirs["event"], theirs["request_id"], theirs["level"]) == ("slow start", "r-1", "warning")
    assert all(STAMP.fullmatch(line["timestamp"]) for line in (ours, theirs))


def test_an_exception_is_its_types_and_frames_and_never_its_message(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logging(Settings(log_format="json"))
    try:
        fail()
    except LookupError:
        structlog.get_logger("gateway").exception("unexpected")
        logging.getLogger("asyncio").exception("unexpected")
    captured = capsys.readouterr().err
    assert SECRET not in captured
    for line in lines(captured):
        assert "builtins.LookupError\ncaused by:" in line["exception"]
        assert line["exception"].endswith("builtins.ValueError")
        assert "in fail" in line["exception"]


def test_a_defect_says_where_it_was_and_no_other_facts_of_a_logger_are_kept(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logging(Settings(log_format="json"))
    masked(LookupError(SECRET), "r-2", place="viewer.account", document="d0c")
    logging.getLogger("asyncio").error("unexpected", extra={"literal": SECRET})
    ours, theirs = lines(capsys.readouterr().err)
    assert (ours["request_id"], ours["place"], ours["document"]) == ("r-2", "viewer.account", "d0c")
    assert "literal" not in theirs


@pytest.mark.parametrize("name", ["strawberry.execution", "uvicorn.access"])
def test_loggers_that_write_what_clients_sent_are_silent(capsys: pytest.CaptureFixture[str], name: str) -> None:
    configure_logging(Settings(log_format="json", log_level="debug"))
    logging.getLogger(name).error(SECRET)
    assert capsys.readouterr().err == ""


def test_a_line_is_written_whatever_is_in_it(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logging(Settings(log_format="json"))
    structlog.get_logger("gateway").info("odd", half="\ud800", large=10**30, what={1, 2}, none=None)
    logging.getLogger("asyncio").warning("half %s", "\ud800")
    ours, theirs = lines(capsys.readouterr().err)
    assert (ours["half"], ours["large"], ours["none"]) == ("\ud800", 10**30, None)
    assert STAMP.fullmatch(ours["timestamp"])
    assert theirs["event"] == "half \ud800"


def test_less_than_the_level_is_not_logged(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logging(Settings(log_format="json", log_level="warning"))
    structlog.get_logger("gateway").info("small")
    logging.getLogger("anything").info("small")
    structlog.get_logger("gateway").warning("large")
    assert [line["event"] for line in lines(capsys.readouterr().err)] == ["large"]


def test_people_get_lines_to_read(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logging(Settings(log_format="console"))
    structlog.get_logger("gateway").info("started", port=8000)
    line = capsys.readouterr().err
    assert "started" in line
    assert "port=8000" in line
    assert STAMP.search(line)
    with pytest.raises(json.JSONDecodeError):
        json.loads(line)
