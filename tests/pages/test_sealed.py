"""The sealed log as anyone reads it: signed notes, tiles, keys, and what stands below each page."""

import pytest
from django.db import transaction
from django.test import Client
from django.utils import timezone

from client import checkpoint, notes, tiles, tree
from governance.audit import keys, sealing
from governance.audit import services as audit
from governance.audit.actors import HOUSE
from governance.audit.models import Leaf
from tests.factories import UserFactory, actor
from tests.pages.visitors import queries, text
from tests.support import PAGE

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _own_key(settings, tmp_path):
    settings.AUDIT_KEY_FILE = str(tmp_path / "record.key")
    settings.AUDIT_KEY_MADE_AT_NEED = True


def seal(entries: int = 1):
    who = actor(UserFactory())
    for at in range(entries):
        with transaction.atomic():
            audit.token_revoked(actor=who, name=f"token{at}", now=timezone.now())
    return sealing.seal(now=timezone.now())


def got(path: str):
    return Client().get(path)


def test_the_newest_checkpoint_is_signed_by_the_key_that_is_shown():
    seal(2)
    seal(3)
    note = got("/record/checkpoint")
    assert note["Content-Type"] == "text/plain; charset=utf-8"
    shown = notes.Verifier.parse(got("/record/key").content.decode())
    told = checkpoint.parse(notes.open(note.content.decode(), [shown]))
    assert told.size == 5


def test_a_checkpoint_stays_at_its_address_for_ever():
    first = seal(2).checkpoint.note
    seal(3)
    answer = got("/record/checkpoint/2")
    assert answer.content.decode() == first
    assert "immutable" in answer["Cache-Control"]
    assert got("/record/checkpoint/3").status_code == 404
    assert got(f"/record/checkpoint/{10**30}").status_code == 404


def test_before_the_first_checkpoint_there_is_none():
    assert got("/record/checkpoint").status_code == 404
    assert got("/record/rotations").json() == []
    assert "Nothing is sealed yet" in text(got("/record/log"))
    assert "Record sealed" not in text(got("/"))


def test_the_root_can_be_computed_from_public_tiles_alone():
    """As somebody with nothing but the site would do it."""
    seal(300)
    size = checkpoint.unverified(got("/record/checkpoint").content.decode()).size
    assert size == 300

    def fetch(path: str) -> bytes:
        answer = got(f"/record/{path}")
        assert answer.status_code == 200, path
        assert answer["Content-Type"] == "application/octet-stream"
        return answer.content

    root = tree.tree_root(size, tiles.Reader(size, fetch).node)
    assert root == checkpoint.unverified(got("/record/checkpoint").content.decode()).root


def test_full_tiles_may_be_kept_for_ever_and_partial_ones_not():
    seal(257)
    full, partial = got("/record/tile/0/000"), got("/record/tile/0/001.p/1")
    assert (len(full.content), len(partial.content)) == (256 * 32, 32)
    assert "immutable" in full["Cache-Control"]
    assert "immutable" not in partial["Cache-Control"]
    assert full.content[:32] == bytes(Leaf.objects.get(place=0).hash)


@pytest.mark.parametrize(
    "path",
    ["entries/000", "entries/000.p/1", "0/000", "0/001.p/1", "9/000", "0/../key", "0/000.p/2", "x"],
)
def test_what_is_no_tile_or_would_tell_entries_is_not_there(path):
    seal(1)
    assert got(f"/record/tile/{path}").status_code == 404


def test_public_answers_ask_nobody_who_they_are():
    seal(1)
    for path in ("checkpoint", "checkpoint/1", "tile/0/000.p/1", "key", "rotations"):
        answer = got(f"/record/{path}")
        assert answer.status_code == 200
        assert "public" in answer["Cache-Control"]
        assert "Cookie" not in answer.headers.get("Vary", "")
        assert not answer.cookies


def test_a_change_of_the_key_is_told_and_the_new_one_is_shown():
    seal(1)
    before = got("/record/key").content
    new = sealing.rotate_key(actor=HOUSE, reason="yearly", now=timezone.now())
    assert got("/record/key").content.decode().strip() == str(new.verifier)
    told = got("/record/rotations").json()
    assert len(told) == 1
    assert str(new.verifier) in told[0]
    assert before.decode().partition("+")[0] in told[0]


def test_without_the_key_file_the_record_tells_the_key(settings, tmp_path):
    """On a site where only the sealer's machine holds the key."""
    made = sealing.make_key(
        actor=HOUSE, origin="data.example.org/log", lost=False, reason="first", now=timezone.now()
    )
    settings.AUDIT_KEY_FILE = str(tmp_path / "elsewhere.key")
    assert got("/record/key").content.decode().strip() == str(made.verifier)


def test_without_any_key_there_is_none_to_show():
    assert got("/record/key").status_code == 404
    assert got("/record/log").status_code == 200


def test_the_page_tells_the_newest_checkpoint_and_how_to_check_it():
    sealed = seal(3)
    told = text(got("/record/log"))
    for part in (
        sealed.checkpoint.root,
        str(keys.load().verifier),
        "curl -fsS -o log.key http://testserver/record/key",
        "gatehouse audit-verify --key log.key --receipt receipt-NUMBER.json",
    ):
        assert part in told
    assert "/record/checkpoint/3" in told


def test_older_checkpoints_are_paged():
    for _ in range(26):
        seal(1)
    told = text(got("/record/log?page=2"))
    assert "26 to 26 of 26 checkpoints" in told
    assert 'href="/record/checkpoint/1"' in told


# ------------------------------------------------------------------ below each page


def test_every_page_tells_the_newest_checkpoint():
    seal(3)
    told = text(got("/"))
    assert "Record sealed" in told
    assert "3 entries" in told
    assert 'href="/record/log"' in told


def test_the_line_below_costs_a_page_nothing():
    bare = queries(Client(), "/")  # warm: even that nothing is sealed is remembered
    seal(1)
    assert queries(Client(), "/") == bare


def test_the_addresses_are_those_of_the_format():
    """C2SP tlog-tiles: PREFIX/checkpoint and PREFIX/tile/LEVEL/NNN, with the prefix /record."""
    seal(1)
    sealed = got("/record/tile/0/000.p/1").content
    signed = checkpoint.unverified(got("/record/checkpoint").content.decode())
    assert signed.root == sealed  # a tree of one leaf is its leaf's hash


def test_a_receipt_page_is_for_people_signed_in():
    assert Client().get("/receipts/1", **PAGE)["Location"].startswith("/accounts/login/")
