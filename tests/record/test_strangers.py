"""Refusals of strangers: a flood is one entry, and none of them is lost."""

import threading
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone

from governance.audit import services as audit
from governance.audit.models import Entry, Strangers
from tests.factories import NOW
from tests.record.serving import WHERE

LATER = NOW + timedelta(minutes=5)


def refuse(address, dataset="lab/shelf", seconds=0):
    audit.stranger_refused(address=address, dataset=dataset, now=NOW + timedelta(seconds=seconds))


def told():
    return [
        (each.dataset, each.person.address, each.detail["refusals"], each.detail["minute"])
        for each in Entry.objects.filter(action="strangers.refuse").order_by("id")
    ]


@pytest.mark.django_db
def test_a_minute_of_one_network_is_one_entry_with_the_count():
    for number in range(25):
        refuse(f"192.0.2.{number}", seconds=number)
    assert audit.strangers_told(now=NOW + timedelta(seconds=59)) == 0  # the minute goes on
    assert audit.strangers_told(now=LATER) == 1
    assert told() == [("lab/shelf", "192.0.2.0/24", 25, "2030-01-01T12:00:00.000000Z")]
    assert audit.strangers_told(now=LATER) == 0
    assert not Strangers.objects.exists()


@pytest.mark.django_db
def test_minute_network_and_dataset_are_told_apart():
    refuse("192.0.2.1")
    refuse("192.0.2.2", seconds=60)
    refuse("198.51.100.1")
    refuse("192.0.2.3", dataset="lab/other")
    refuse("2001:db8:1::5")
    refuse("2001:db8:1:ffff::9")
    refuse("no address")
    assert audit.strangers_told(now=LATER) == 6
    assert sorted((each[0], each[1], each[2]) for each in told()) == [
        ("lab/other", "192.0.2.0/24", 1),
        ("lab/shelf", "", 1),
        ("lab/shelf", "192.0.2.0/24", 1),
        ("lab/shelf", "192.0.2.0/24", 1),
        ("lab/shelf", "198.51.100.0/24", 1),
        ("lab/shelf", "2001:db8:1::/48", 2),
    ]


@pytest.mark.django_db
def test_the_file_route_counts_a_refused_stranger(file):
    for number in range(3):
        assert Client().get(WHERE, REMOTE_ADDR=f"192.0.2.{number}").status_code == 401
    assert not Entry.objects.exists()
    audit.strangers_told(now=timezone.now() + timedelta(minutes=5))
    assert sum(each[2] for each in told()) == 3  # two entries when a minute ended meanwhile
    assert {each[:2] for each in told()} == {("lab/shelf", "192.0.2.0/24")}


@pytest.mark.django_db
def test_a_count_that_grows_while_it_is_told_is_told_whole():
    grown = []

    def grows(execute, sql, params, many, context):
        if sql.startswith("DELETE") and not grown:
            grown.append(1)
            refuse("192.0.2.9")
        return execute(sql, params, many, context)

    refuse("192.0.2.9")
    with connection.execute_wrapper(grows):
        audit.strangers_told(now=LATER)
    audit.strangers_told(now=LATER)
    assert [count for _, _, count, _ in told()] == [2]


@pytest.mark.django_db(transaction=True)
def test_none_is_lost_while_several_count_and_tell():
    each, gate = 25, threading.Barrier(4)
    failed: list = []

    def run(act, times):
        try:
            gate.wait(10)
            for _ in range(times):
                act()
        except Exception as error:  # noqa: BLE001  told below
            failed.append(error)
        finally:
            connection.close()

    acts = [(lambda: refuse("192.0.2.9"), each)] * 3
    acts.append((lambda: audit.strangers_told(now=LATER), 10))
    threads = [threading.Thread(target=run, args=act) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert not failed
    audit.strangers_told(now=LATER)
    assert sum(count for _, _, count, _ in told()) == 3 * each
