"""How far a build is, in words and bars."""

from datetime import datetime
from typing import TYPE_CHECKING, Any

from pipeline.engine import selectors
from portal.pages import words

if TYPE_CHECKING:
    from pipeline.engine.models import Build, Shard


def row(build: "Build", *, now: datetime) -> dict[str, Any]:
    """One line of the list of builds. Only a running one asks how far it is."""
    version = build.version
    running = build.state == "running"
    end = build.finished_at or (now if running else None)
    return {
        "it": build,
        "version": version,
        "state": words.pill(build.state) if build.state != "done" else None,
        "pill": words.version_pill(version.state),
        "took": words.took((end - build.started_at).total_seconds() if end else None),
        "progress": selectors.progress(build, now=now) if running else None,
    }


def of(build: "Build", *, now: datetime) -> dict[str, Any]:
    """What the head and the moving part of a build's page show."""
    told = selectors.progress(build, now=now)
    stages = [_stage(each, build) for each in told.stages]
    at = stages[told.number - 1]
    return {
        "build": build,
        "version": build.version,
        "dataset": build.version.dataset,
        "running": build.state == "running",
        "pill": _pill(build),
        "now": now,
        "stages": stages,
        "at": at,
        "number": told.number,
        "share": told.share,
        "whole": words.took(told.seconds),
        "left": words.took(told.left) if told.left else "",
        "paused": build.state == "paused",
        "aside": sum(each.failed for each in told.stages),
        "retried": sum(each.retried for each in told.stages),
        "shards_done": sum(each.done for each in told.stages),
        "shards_planned": sum(each.planned for each in told.stages),
        "shards_running": sum(each.running for each in told.stages),
    }


def _pill(build: "Build") -> dict[str, str]:
    """The version's state says more than `done`; before and otherwise the build's own."""
    if build.state == "done":
        return words.version_pill(build.version.state)
    return words.pill("building" if build.state == "running" else build.state)


def _stage(told: selectors.StageProgress, build: "Build") -> dict[str, Any]:
    """One stage: `done`, `now` (being done), `stopped` (the build ended before it) or `later`."""
    state = told.state
    if state == "now" and build.state != "running":
        state = "stopped"
    share = told.done / told.planned if told.planned else 0
    rate = told.rows_in / told.seconds if told.seconds >= 0.05 and told.rows_in else None
    speed = told.megabytes / told.seconds if told.seconds >= 0.05 and told.megabytes else None
    return {
        "it": told,
        "name": told.name,
        "label": told.name.capitalize(),
        "state": state,
        "share": share,
        "took": words.took(told.seconds) if told.planned else "",
        "rate": round(rate) if rate else None,
        "speed": f"{speed:.1f} MB/s" if speed else "",
    }


def shard(found: "Shard", *, now: datetime) -> dict[str, Any]:
    """One line of the table of a stage's shards."""
    running = found.lease is not None and found.lease_until is not None and found.lease_until > now
    end = found.finished_at or (now if running else None)
    seconds = (end - found.started_at).total_seconds() if end and found.started_at else None
    report = found.report or {}
    return {
        "it": found,
        "pill": words.pill("running" if running else found.state),
        "rows_in": report.get("rows_in"),
        "rows_out": report.get("rows_out"),
        "took": words.took(seconds),
    }
