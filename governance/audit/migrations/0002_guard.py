"""What is recorded stays: the database itself refuses to change or delete it."""

from django.conf import settings
from django.db import migrations

INSERT_ONLY = ("audit_entry", "audit_leaf", "audit_checkpoint", "audit_rotation")
NEVER_CHANGED = ("audit_person",)  # deleted by an erasure
KEYS = {
    "audit_entry": "id",
    "audit_leaf": "place",
    "audit_checkpoint": "id",
    "audit_rotation": "id",
    "audit_person": "entry_id",
}


def guard(apps, schema_editor):
    make = {"postgresql": _postgresql, "sqlite": _sqlite}[schema_editor.connection.vendor]
    for statement in make(schema_editor):
        schema_editor.execute(statement)


def unguard(apps, schema_editor):
    postgresql = schema_editor.connection.vendor == "postgresql"
    for table in (*INSERT_ONLY, *NEVER_CHANGED):
        on = f" ON {table}" if postgresql else ""
        for what in ("update", "delete", "replace", "truncate"):
            schema_editor.execute(f"DROP TRIGGER IF EXISTS {table}_no_{what}{on}")
    if postgresql:
        schema_editor.execute("DROP FUNCTION IF EXISTS audit_keep()")


def _kinds():
    yield from ((table, what) for table in INSERT_ONLY for what in ("UPDATE", "DELETE"))
    yield from ((table, "UPDATE") for table in NEVER_CHANGED)


def _sqlite(schema_editor):
    for table, what in _kinds():
        yield (
            f"CREATE TRIGGER {table}_no_{what.lower()} BEFORE {what} ON {table} "
            "BEGIN SELECT RAISE(ABORT, 'the record can not be changed'); END"
        )
    for table, key in KEYS.items():  # INSERT OR REPLACE deletes without the trigger of DELETE
        yield (
            f"CREATE TRIGGER {table}_no_replace BEFORE INSERT ON {table} "
            f"WHEN EXISTS (SELECT 1 FROM {table} WHERE {key} = NEW.{key}) "
            "BEGIN SELECT RAISE(ABORT, 'the record can not be changed'); END"
        )


def _postgresql(schema_editor):
    yield (
        "CREATE OR REPLACE FUNCTION audit_keep() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION 'the record can not be changed'; END $$"
    )
    for table, what in _kinds():
        yield (
            f"CREATE TRIGGER {table}_no_{what.lower()} BEFORE {what} ON {table} "
            "FOR EACH ROW EXECUTE FUNCTION audit_keep()"
        )
    for table in (*INSERT_ONLY, *NEVER_CHANGED):
        yield (
            f"CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION audit_keep()"
        )
    named = settings.DATABASE_WEB_ROLE
    role = schema_editor.quote_name(named) if named else "CURRENT_USER"
    for table in INSERT_ONLY:
        yield f"REVOKE UPDATE, DELETE, TRUNCATE ON {table} FROM {role}"
    for table in NEVER_CHANGED:
        yield f"REVOKE UPDATE ON {table} FROM {role}"


class Migration(migrations.Migration):
    dependencies = [("audit", "0001_initial")]
    operations = [migrations.RunPython(guard, unguard)]
