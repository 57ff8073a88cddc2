"""A ticket makes or extends a copy: the rows that go with its entry, in the same transaction.

It stands before every byte, so no statement is composed by the ORM. On PostgreSQL the rows are part
of the entry's own statement; on SQLite one look tells what is there, and ranges and retries write
nothing.
"""

from datetime import UTC, datetime
from functools import cache

from django.db import connection

from governance.audit.actors import Actor
from governance.audit.writing import Beside
from governance.catalogue.models import Artefact
from governance.duty.models import Copy, CopyFile, Download
from governance.prepared import cursor


def beside_ticket(*, actor: Actor, artefact: Artefact, now: datetime) -> Beside | None:
    """What goes beside the entry of a ticket; nothing for a stranger, whom no duty reaches."""
    if actor.user_id is None:
        return None
    return Beside(
        _at_once(),
        [
            *(actor.user_id, artefact.version_id, artefact.tier_id),
            *(actor.user_id, actor.user_id, artefact.version_id, artefact.tier_id, now),
            *(artefact.pk, now),
            *(actor.user_id, artefact.version_id, now.astimezone(UTC).date()),
        ],
        _look_then_write,
        (actor.user_id, artefact.version_id, artefact.tier_id, artefact.pk, now),
    )


@cache
def _at_once() -> str:
    """PostgreSQL: parts of one statement. `held` is the copy that is there, `made` a new one (or,
    when another ticket made it at the same moment, that one)."""
    copy, file, download = (each._meta.db_table for each in (Copy, CopyFile, Download))
    return (
        f"held AS (SELECT id FROM {copy} WHERE person = %s AND version_id = %s "  # noqa: S608
        "AND tier_id = %s AND closed_at IS NULL), "
        f"made AS (INSERT INTO {copy} (holder_id, person, version_id, tier_id, made_at, closed_how)"
        " SELECT %s, %s, %s, %s, %s, '' WHERE NOT EXISTS (SELECT 1 FROM held) "
        "ON CONFLICT (person, version_id, tier_id) WHERE closed_at IS NULL "
        f"DO UPDATE SET closed_how = {copy}.closed_how RETURNING id), "
        f"kept AS (INSERT INTO {file} (copy_id, artefact_id, at) SELECT id, %s, %s "
        "FROM (SELECT id FROM held UNION ALL SELECT id FROM made) AS one "
        "ON CONFLICT (copy_id, artefact_id) DO NOTHING), "
        f"day AS (INSERT INTO {download} (person, version_id, day) VALUES (%s, %s, %s) "
        "ON CONFLICT (person, version_id, day) DO NOTHING)"
    )


def _look_then_write(person: int, version: int, tier: int, artefact: int, now: datetime) -> None:
    """SQLite, in the transaction of the entry: it has the one write lock, so nothing comes between
    the look and what is written."""
    copy, file, download = (each._meta.db_table for each in (Copy, CopyFile, Download))
    at = connection.ops.adapt_datetimefield_value(now)
    day = connection.ops.adapt_datefield_value(now.astimezone(UTC).date())
    with cursor(connection) as opened:
        opened.execute(_look(), [person, version, tier, artefact, person, version, day])
        held, has_file, has_day = opened.fetchone()
        if held is None:
            opened.execute(
                f"INSERT INTO {copy} (holder_id, person, version_id, tier_id, made_at, closed_how) "  # noqa: S608
                "VALUES (%s, %s, %s, %s, %s, '')",
                [person, person, version, tier, at],
            )
            held = opened.lastrowid
        if not has_file:
            opened.execute(
                f"INSERT INTO {file} (copy_id, artefact_id, at) VALUES (%s, %s, %s)",  # noqa: S608
                [held, artefact, at],
            )
        if not has_day:
            opened.execute(
                f"INSERT INTO {download} (person, version_id, day) VALUES (%s, %s, %s)",  # noqa: S608
                [person, version, day],
            )


@cache
def _look() -> str:
    copy, file, download = (each._meta.db_table for each in (Copy, CopyFile, Download))
    held = f"SELECT id FROM {copy} WHERE person = %s AND version_id = %s AND tier_id = %s"  # noqa: S608
    has_file = f"SELECT 1 FROM {file} WHERE copy_id = (SELECT id FROM held) AND artefact_id = %s"  # noqa: S608
    has_day = f"SELECT 1 FROM {download} WHERE person = %s AND version_id = %s AND day = %s"  # noqa: S608
    return (
        f"WITH held AS ({held} AND closed_at IS NULL) "  # noqa: S608
        f"SELECT (SELECT id FROM held), EXISTS ({has_file}), EXISTS ({has_day})"
    )
