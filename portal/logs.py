"""Logs: one line an event, times in UTC, the request's id where there is one, nobody's data.

Any logger works, `structlog.get_logger()` or `logging.getLogger()`. Bind what a request's lines
share with `structlog.contextvars.bind_contextvars(request_id=...)`.
"""

import json
import logging
import re
import sys
import traceback
from pathlib import Path
from types import TracebackType
from typing import Any

import structlog
from django.views.debug import SafeExceptionReporterFilter

HIDDEN = "(hidden)"
SECRET_NAME = re.compile(r"_URL|KEY|SECRET|TOKEN|PASS|AUTH|COOKIE|SIGNATURE|E?MAIL$", re.IGNORECASE)
# Bounded, so that a long line of another's making costs no more than its length.
_EMAIL = re.compile(r"[\w.+%-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,8}")
_QUERY = re.compile(r"(?<=[\w/])\?[^\s\"'<>]*=[^\s\"'<>]*")
_CREDENTIAL = re.compile(r"\b(Bearer|Basic|Token)\s+[\w.~+/=-]{8,}", re.IGNORECASE)
_USERINFO = re.compile(r"(?<=://)[^/\s@]{1,256}@")
# Addresses that open something by themselves: invitations, confirmations, new passwords.
_LINK = re.compile(r"(/invitations/|/confirm-email/|/password/reset/key/)[\w:.~%-]{8,}")
_ROOT = f"{Path(__file__).resolve().parent.parent}/"

Event = dict[str, Any]


class ReportFilter(SafeExceptionReporterFilter):
    """Mask in Django's error reports whatever may hold a secret or a person's data."""

    cleansed_substitute = HIDDEN
    hidden_settings = re.compile(
        SafeExceptionReporterFilter.hidden_settings.pattern
        + r"|_URL|COOKIE|QUERY_STRING|DATABASES|CACHES",
        re.IGNORECASE,
    )


def scrub(text: str) -> str:
    """`text` without addresses of people, query strings, credentials, user parts of URLs, or
    links that open something."""
    text = _USERINFO.sub(f"{HIDDEN}@", text)
    text = _CREDENTIAL.sub(rf"\1 {HIDDEN}", text)
    text = _LINK.sub(rf"\1{HIDDEN}", text)
    text = _QUERY.sub(f"?{HIDDEN}", text)
    return _EMAIL.sub(HIDDEN, text)


def formatter(kind: str) -> logging.Formatter:
    """The formatter of every line, for settings.LOGGING: `kind` is `console` or `json`."""
    ours = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.StackInfoRenderer(),
    ]
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            structlog.stdlib.PositionalArgumentsFormatter(),
            *ours,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=ours,
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            _exception_json if kind == "json" else _exception_line,
            _scrub_event,
            _line_json if kind == "json" else _line_console,
        ],
    )


def _scrub_event(logger: Any, name: str, event: Event) -> Event:  # noqa: ARG001
    return {key: _scrub_value(key, value) for key, value in event.items()}


def _scrub_value(key: str, value: object) -> object:
    if SECRET_NAME.search(key):
        return HIDDEN
    return value if isinstance(value, int | float | None) else scrub(str(value))


def _cause(event: Event) -> BaseException | None:
    """What `exc_info` stands for, in each of the forms that callers give it."""
    told = event.pop("exc_info", None)
    if isinstance(told, tuple):
        told = told[1]
    elif told is True:
        told = sys.exception()
    return told if isinstance(told, BaseException) else None


# An exception's own words may quote a row, a form or a name: its kind and its place tell enough.


def _exception_json(logger: Any, name: str, event: Event) -> Event:  # noqa: ARG001
    error = _cause(event)
    if error:
        event["exception"] = type(error).__name__
        event["traceback"] = "".join(traceback.format_tb(error.__traceback__))
    return event


def _exception_line(logger: Any, name: str, event: Event) -> Event:  # noqa: ARG001
    error = _cause(event)
    if error:
        event["exception"] = type(error).__name__
        event["at"] = _way(error.__traceback__)
    return event


def _way(trace: TracebackType | None) -> str:
    """The last six frames, outermost first: `portal/wsgi.py:12 > governance/...:80`."""
    frames = traceback.extract_tb(trace)[-6:]
    return " > ".join(f"{frame.filename.removeprefix(_ROOT)}:{frame.lineno}" for frame in frames)


def _line_json(logger: Any, name: str, event: Event) -> str:  # noqa: ARG001
    return json.dumps(event, ensure_ascii=False, default=str)


def _line_console(logger: Any, name: str, event: Event) -> str:  # noqa: ARG001
    head = [str(event.pop("timestamp", "")), str(event.pop("level", "")).upper().ljust(7)]
    head += [str(event.pop("logger", "")), _one_line(event.pop("event", ""))]
    return " ".join(head + [f"{key}={_word(value)}" for key, value in event.items()])


def _one_line(value: object) -> str:
    """A line break in what a stranger sent must not look like an event of ours."""
    return "".join(char if char.isprintable() else repr(char)[1:-1] for char in str(value))


def _word(value: object) -> str:
    text = _one_line(value)
    return json.dumps(text, ensure_ascii=False) if not text or " " in text else text
