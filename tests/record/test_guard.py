"""The database itself refuses to change what is on record."""

import pytest
from django.db import DatabaseError, connection, transaction

from governance.audit import retention, sealing
from governance.audit.models import Checkpoint, Entry, Leaf, Person, Rotation
from tests.factories import NOW
from tests.record.log import as_operator, seal, ticket

pytestmark = pytest.mark.django_db

KEPT = [(Entry, "action"), (Leaf, "hash"), (Checkpoint, "note"), (Rotation, "note")]
CHANGES = [*KEPT, (Person, "email")]
names = {"ids": lambda value: getattr(value, "__name__", value)}


@pytest.fixture(autouse=True)
def _a_log():
    ticket()
    seal()
    sealing.rotate_key(actor=as_operator(), reason="yearly", now=NOW)


@pytest.mark.parametrize(("model", "column"), CHANGES, **names)
def test_no_row_is_updated(model, column):
    before = list(model.objects.values_list())
    value = b"x" if column == "hash" else "x"
    table = model._meta.db_table
    with pytest.raises(DatabaseError, match="record can not be changed"), transaction.atomic():
        model.objects.update(**{column: value})
    with pytest.raises(DatabaseError, match="record can not be changed"), transaction.atomic():
        row = model.objects.first()
        setattr(row, column, value)
        row.save()
    with (
        pytest.raises(DatabaseError, match="record can not be changed"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(f"UPDATE {table} SET {column} = {column}")
    assert list(model.objects.values_list()) == before


@pytest.mark.parametrize(("model", "_column"), KEPT, **names)
def test_no_row_is_deleted(model, _column):
    before = list(model.objects.values_list())
    with pytest.raises(DatabaseError, match="record can not be changed"), transaction.atomic():
        model.objects.all().delete()
    with (
        pytest.raises(DatabaseError, match="record can not be changed"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(f"DELETE FROM {model._meta.db_table}")
    assert list(model.objects.values_list()) == before


def test_an_upsert_is_no_way_around():
    entry = Entry.objects.first()
    entry.action = "nothing.happened"
    with pytest.raises(DatabaseError), transaction.atomic():
        Entry.objects.bulk_create(
            [entry], update_conflicts=True, unique_fields=["id"], update_fields=["action"]
        )
    assert Entry.objects.filter(pk=entry.pk).values_list("action", flat=True)[0] == "ticket.issue"


def test_a_personal_part_is_erased_by_its_verb():
    assert retention.erase_person(user_id=7, actor=as_operator(), reason="asked", now=NOW) == 1


@pytest.mark.parametrize(("model", "_column"), CHANGES, **names)
def test_replace_and_truncate_are_no_way_around_either(model, _column):
    before = list(model.objects.values_list())
    table = model._meta.db_table
    statement = (
        f"TRUNCATE {table}"
        if connection.vendor == "postgresql"
        else f"INSERT OR REPLACE INTO {table} SELECT * FROM {table}"
    )
    with (
        pytest.raises(DatabaseError, match="record can not be changed"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(statement)
    assert list(model.objects.values_list()) == before
