"""What was published stays as it was: triggers by which the database itself refuses a change.

A version is guarded from the moment somebody published it. After that its state moves forward and
what is told of its end is written; its manifest, its card, its files and who answered for it stay.
The guards are made anew after every migration, as SQLite drops them when it rebuilds a table, and
are away while one runs.
"""

from typing import Any

from django.db.backends.base.base import BaseDatabaseWrapper

FIXED = {  # table -> columns that never change again
    "catalogue_version": (
        *("dataset_id", "number", "parent_id", "build", "commit", "manifest_sha256", "terms"),
        *("card", "stats", "charts", "preview", "difference", "rows", "size", "made_at"),
        *("started_by", "approved_by", "approved_at", "published_by", "published_at"),
    ),
    "catalogue_artefact": ("version_id", "tier_id", "path", "size", "sha256", "rows", "key"),
    "catalogue_releasenotes": ("version_id", "text", "changed_by", "changed_at"),
}
OWN = "OLD.published_by IS NOT NULL"
OF_VERSION = "(SELECT published_by FROM catalogue_version WHERE id = {row}.version_id) IS NOT NULL"
INSERT_ONLY = ("catalogue_signedmanifest", "catalogue_judgement")
FORWARD = (  # of the state of what was published
    "NOT (OLD.state = NEW.state OR (OLD.state = 'published' AND NEW.state IN "
    "('superseded', 'withdrawn')) OR (OLD.state = 'superseded' AND NEW.state = 'withdrawn'))"
)
TOLD = "what was published can not be changed"

Guard = tuple[str, str, str, str]  # name, table, UPDATE | DELETE | INSERT, condition


def guards(differs: str) -> list[Guard]:
    """Every guard; `differs` compares two values of which either may be null."""
    found: list[Guard] = []
    for table, columns in FIXED.items():
        changed = " OR ".join(_changed(name, differs) for name in columns)
        old = OWN if table == "catalogue_version" else OF_VERSION.format(row="OLD")
        if table == "catalogue_version":
            changed += f" OR {FORWARD}"
        found.append((f"{table}_fixed", table, "UPDATE", f"{old} AND ({changed})"))
        found.append((f"{table}_stays", table, "DELETE", old))
        if table != "catalogue_version":
            added = OF_VERSION.format(row="NEW")
            found.append((f"{table}_full", table, "INSERT", added))
    for table in INSERT_ONLY:
        found.append((f"{table}_fixed", table, "UPDATE", ""))
        found.append((f"{table}_stays", table, "DELETE", ""))
    return found


def _changed(name: str, differs: str) -> str:
    """The sample rows of a withdrawn version go with its bytes; nothing else ever does."""
    changed = f'NEW."{name}" {differs} OLD."{name}"'
    if name != "preview":
        return changed
    return f"({changed} AND NOT (NEW.state = 'withdrawn' AND NEW.preview = '[]'))"


def protect(connection: BaseDatabaseWrapper) -> None:
    """Make every guard whose table is there, in place of the one that was."""
    unprotect(connection)
    tables = set(connection.introspection.table_names())
    postgresql = connection.vendor == "postgresql"
    with connection.cursor() as cursor:
        if postgresql:
            cursor.execute(_REFUSAL)
        for guard in guards("IS DISTINCT FROM" if postgresql else "IS NOT"):
            if guard[1] in tables:
                cursor.execute(_postgresql(guard) if postgresql else _sqlite(guard))


def unprotect(connection: BaseDatabaseWrapper) -> None:
    """Take every guard away: for a migration, and for what empties tables between tests."""
    postgresql = connection.vendor == "postgresql"
    with connection.cursor() as cursor:
        for name, table, _, _ in guards(""):
            on = f" ON {table}" if postgresql else ""
            cursor.execute(f"DROP TRIGGER IF EXISTS {name}{on}")


# A row trigger of PostgreSQL can't ask another table in its WHEN: the function asks.
_REFUSAL = f"""
CREATE OR REPLACE FUNCTION catalogue_keep() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION '{TOLD}' USING ERRCODE = 'integrity_constraint_violation';
END $$
"""


def _postgresql(guard: Guard) -> str:
    name, table, what, condition = guard
    if "SELECT" not in condition:
        when = f" WHEN ({condition})" if condition else ""
        return (
            f"CREATE TRIGGER {name} BEFORE {what} ON {table} "
            f"FOR EACH ROW{when} EXECUTE FUNCTION catalogue_keep()"
        )
    row = "OLD" if what == "DELETE" else "NEW"
    return f"""
CREATE OR REPLACE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF {condition} THEN
    RAISE EXCEPTION '{TOLD}' USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN {row};
END $$;
CREATE TRIGGER {name} BEFORE {what} ON {table} FOR EACH ROW EXECUTE FUNCTION {name}()
"""


def _sqlite(guard: Guard) -> str:
    name, table, what, condition = guard
    when = f" WHEN {condition}" if condition else ""
    body = f"BEGIN SELECT RAISE(ABORT, '{TOLD}'); END"
    return f"CREATE TRIGGER {name} BEFORE {what} ON {table}{when} {body}"


def before_migration(using: str, plan: list[Any], **kwargs: Any) -> None:  # noqa: ARG001
    """Signal `pre_migrate` of the app."""
    from django.db import connections

    if plan:
        unprotect(connections[using])


def after_migration(using: str, **kwargs: Any) -> None:  # noqa: ARG001
    """Signal `post_migrate` of the app."""
    from django.db import connections

    protect(connections[using])
