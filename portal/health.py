"""Whether the parts are well, for a supervisor and for people. Names no secret and no person."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from celery import current_app
from django.conf import settings
from django.db import connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import path
from django.utils import timezone

from governance.audit import selectors as audit
from governance.notices import selectors as notices
from pipeline.engine import selectors as engine
from pipeline.publish.storage import store


def _database() -> dict[str, Any]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return {"kind": connection.vendor}


def _broker() -> dict[str, Any]:
    with current_app.connection_for_write() as broker:
        broker.ensure_connection(max_retries=1, timeout=2)
        return {"kind": broker.transport_cls if isinstance(broker.transport_cls, str) else "broker"}


def _workers() -> dict[str, Any]:
    alive = engine.workers_alive(now=timezone.now())
    if not alive:
        raise RuntimeError("no worker was heard of for 30 s")
    return {"alive": alive}


def _storage() -> dict[str, Any]:
    store().check()
    return {"kind": settings.STORAGE_URL.partition(":")[0]}


CHECKS: dict[str, Callable[[], dict[str, Any]]] = {
    "database": _database,
    "broker": _broker,
    "workers": _workers,
    "storage": _storage,
}


def healthz(request: HttpRequest) -> HttpResponse:  # noqa: ARG001  a view's shape
    """200 when every part answers, else 503; the body tells which does not, and ages."""
    parts = {name: _told(check) for name, check in CHECKS.items()}
    well = all(part["ok"] for part in parts.values())
    told = {"ok": well, "parts": parts}
    if parts["database"]["ok"]:
        told |= _ages()
    return JsonResponse(told, status=200 if well else 503)


def _told(check: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    try:
        return {"ok": True, **check()}
    except Exception as error:  # noqa: BLE001  a part that fails in any way is not well
        return {"ok": False, "error": type(error).__name__}


def _ages() -> dict[str, Any]:
    now = timezone.now()
    waiting = audit.unsealed()
    compacted = engine.oldest_compaction()
    oldest = (now - waiting.oldest).total_seconds() if waiting.oldest else 0.0
    return {
        "unsealed": {"entries": waiting.count, "oldest_seconds": round(oldest, 1)},
        "compaction": {
            "scheduled": settings.COMPACT_DAILY,
            "oldest_seconds": round((now - compacted).total_seconds(), 1) if compacted else None,
        },
        "mails_waiting_over_5_min": notices.overdue(before=now - timedelta(minutes=5)),
    }


def empty(request: HttpRequest) -> HttpResponse:  # noqa: ARG001  a view's shape
    """Nothing at all: what every request costs before a view, for measurements."""
    return HttpResponse()


urls = [
    path("healthz", healthz, name="healthz"),
    path("healthz/empty", empty, name="healthz-empty"),
]
