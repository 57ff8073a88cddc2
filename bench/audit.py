"""The record: an entry against a plain row, sealing, offline verification, proofs.

A plain row is what an application writes that seals nothing: the same fields in one table with the
same indexes, by `create()`. A bare row is the least that any evidence costs: one INSERT of two
columns, by hand. Each is written both alone, as the entry of a download is, and inside of
`atomic()`, as an entry beside another change is; like is compared with like.

PostgreSQL with its durable defaults (TEST_POSTGRES_URL, else one on this machine; a database is
made and dropped) and SQLite as Gatehouse opens it (WAL, synchronous FULL). Writers are processes;
they time themselves between a common start and end. Needs about
five minutes.
"""

import hashlib
import multiprocessing
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack
from functools import partial
from pathlib import Path

from bench import ROUNDS, Figure, alternate, median_ratio
from tests.services import postgres

WRITERS = (1, 8, 32)
SECONDS = 1.0  # of each round of writing
BACKLOG = 100_000
ENTRIES = 1_000_000  # verified offline
LEAVES = 10_000_000  # under a proof
PROOFS = 200
ORIGIN = "data.example.org/record"


# ------------------------------------------------------------------ in a process of its own


def _django(url: str, home: str) -> None:
    os.environ |= {
        "DATABASE_URL": url,
        "GATEHOUSE_HOME": home,
        "DJANGO_SETTINGS_MODULE": "portal.settings",
        "SECRET_KEY": "a key for a measurement that is long enough",
        "REDACTION_SECRET": "another key for a measurement, long enough",
        "AUDIT_KEY_FILE": f"{home}/keys/record-{hashlib.sha256(url.encode()).hexdigest()}.key",
        "LOG_LEVEL": "CRITICAL",
    }
    import django

    django.setup()


def _entry() -> Callable[[], object]:
    from django.utils import timezone

    from governance.audit import services as audit
    from governance.audit.actors import Actor
    from governance.audit.services import Place

    who = Actor(user_id=1, email="ada@university.example", name="Ada", address="192.0.2.1")
    place = Place("lab/shelf", "1.0", "processed", "data/python/0000.parquet")
    told = {"actor": who, "place": place, "terms_version": "1.0", "grant": None, "size": 7}
    return lambda: audit.ticket_issued(**told, now=timezone.now())


def _bare() -> Callable[[], object]:
    from django.db import connection

    def insert() -> None:
        with connection.cursor() as cursor:
            cursor.execute("INSERT INTO bench_bare (at, told) VALUES (%s, %s)", WORDS)

    return insert


def _plain() -> Callable[[], object]:
    from django.utils import timezone

    told = {
        "action": "ticket.issue", "outcome": "allowed", "dataset": "lab/shelf", "version": "1.0",
        "tier": "processed", "artefact": "data/python/0000.parquet", "terms_version": "1.0",
        "detail": {"size": 7}, "user_id": 1, "email": "ada@university.example", "name": "Ada",
        "address": "192.0.2.1",
    }  # fmt: skip
    model = _plain_model()
    return lambda: model.objects.create(at=timezone.now(), **told)


def _plain_model() -> type:
    """The fields and indexes of Entry and Person in one model, without commitment and salt."""
    from django.db import models

    from governance.audit.models import Entry, Person

    left_out = {"id", "commitment", "salt", "entry"}
    fields = [*Entry._meta.concrete_fields, *Person._meta.concrete_fields]
    body = {each.name: each.clone() for each in fields if each.name not in left_out}
    indexes = [
        models.Index(fields=["action", "id"], name="bench_action"),
        models.Index(fields=["dataset", "at"], name="bench_dataset"),
        models.Index(fields=["user_id", "id"], name="bench_user"),
    ]
    told = {"app_label": "audit", "db_table": "bench_told", "indexes": indexes}
    return type(
        "Told", (models.Model,), body | {"__module__": __name__, "Meta": type("Meta", (), told)}
    )


WORDS = ("2030-01-01 12:00:00+00:00", "x" * 300)  # as many bytes as an entry, about


def _inside(make: Callable[[], Callable[[], object]]) -> Callable[[], Callable[[], object]]:
    def made() -> Callable[[], object]:
        from django.db import transaction

        return transaction.atomic(make())

    return made


ALONE = {"entry": _entry, "plain row": _plain, "bare row": _bare}
ACTS = ALONE | {f"{name} in atomic()": _inside(make) for name, make in ALONE.items()}
AIMED = "plain row"


def _writer(url: str, home: str, start: object, results: object) -> None:
    """Serve rounds: wait for a start, write until its end, tell how many."""
    _django(url, home)
    from django.db import OperationalError

    acts = {name: make() for name, make in ACTS.items()}
    while (told := start.get()) is not None:
        name, begin, end = told
        act, done = acts[name], 0
        time.sleep(max(0.0, begin - time.monotonic()))
        while time.monotonic() < end:
            try:
                act()
            except OperationalError:  # SQLite: another one held the lock for too long
                continue
            done += time.monotonic() < end
        results.put(done)


def _task(url: str, home: str, what: str, results: object) -> None:
    _django(url, home)
    results.put(TASKS[what]())


def _migrate() -> None:
    from django.core.management import call_command
    from django.db import connection

    call_command("migrate", verbosity=0)
    serial = "bigserial" if connection.vendor == "postgresql" else "integer"
    with connection.cursor() as cursor:
        cursor.execute(
            f"CREATE TABLE bench_bare (id {serial} PRIMARY KEY, at timestamp, told text)"
        )
    with connection.schema_editor() as editor:
        editor.create_model(_plain_model())


def _sealing() -> float:
    """Entries a second, from a backlog; what was written before is sealed first."""
    from django.utils import timezone

    from governance.audit import sealing
    from governance.audit.models import Pending

    sealing.keys.keep(sealing.keys.make(ORIGIN))
    sealing.seal(now=timezone.now())
    rates = []
    first = 10_000_000
    for at in range(ROUNDS):
        _backlog(Pending, first + at * BACKLOG // ROUNDS, BACKLOG // ROUNDS)
        begin = time.perf_counter()
        done = sealing.seal(now=timezone.now())
        rates.append(done.entries / (time.perf_counter() - begin))
    return statistics.median(rates)


def _backlog(pending: type, first: int, count: int) -> None:
    """Entries that wait; the sealer reads nothing of them but these rows."""
    from governance.audit import leaves

    leaf = _leaf(0, "c" * 64)
    del leaf["index"]
    head, tail = leaves.halves(leaf)
    pending.objects.bulk_create(
        (pending(entry_id=first + at, head=head, tail=tail) for at in range(count)),
        batch_size=2000,
    )


TASKS = {"migrate": _migrate, "sealing": _sealing}


# ------------------------------------------------------------------ here


class Database:
    """One database with its processes; `spawn`, so that none inherits a connection."""

    def __init__(self, name: str, url: str, home: str) -> None:
        self.name, self.url, self.home = name, url, home
        self.context = multiprocessing.get_context("spawn")

    def task(self, what: str) -> float | None:
        results = self.context.Queue()
        process = self.context.Process(target=_task, args=(self.url, self.home, what, results))
        process.start()
        process.join()
        if process.exitcode:
            raise SystemExit(f"{what} failed on {self.name}: nothing was measured")
        return results.get()

    def writing(self, writers: int) -> list[Figure]:
        start, results = self.context.Queue(), self.context.Queue()
        args = (self.url, self.home, start, results)
        processes = [self.context.Process(target=_writer, args=args) for _ in range(writers)]
        for process in processes:
            process.start()

        def round_of(name: str, lead: float = 0.2, seconds: float = SECONDS) -> float:
            begin = time.monotonic() + lead
            for _ in processes:
                start.put((name, begin, begin + seconds))
            return sum(results.get(timeout=120) for _ in processes) / seconds

        for name in ACTS:  # until every process has started and connected
            round_of(name, seconds=0.1)
        found = alternate({name: partial(round_of, name) for name in ACTS})
        for _ in processes:
            start.put(None)
        for process in processes:
            process.join(60)
        return _compared(f"{self.name}, {writers} writers", found)


def _compared(where: str, found: dict[str, list[float]]) -> list[Figure]:
    figures = [
        Figure(f"{where}: {name}", statistics.median(rates), "a second")
        for name, rates in found.items()
    ]
    for how in ("", " in atomic()"):
        for name in (AIMED, "bare row"):
            ratio = median_ratio(found[f"entry{how}"], found[f"{name}{how}"])
            promised = where.startswith("PostgreSQL") and name == AIMED
            aim = "at least 0.80" if promised else ""
            figures.append(
                Figure(f"{where}: entry / {name}, both{how or ' alone'}", ratio, "", aim)
            )
    return figures


def _leaf(index: int, commitment: str) -> dict[str, object]:
    return {
        "action": "ticket.issue",
        "artefact": f"data/python/{index % 10_000:04d}.parquet",
        "at": "2030-01-01T12:00:00.000000Z",
        "commitment": commitment,
        "dataset": "lab/shelf",
        "detail": {"size": index},
        "grant": None,
        "index": index,
        "outcome": "allowed",
        "privileged": False,
        "reason": "",
        "reasons": [],
        "request_id": f"{index:032x}",
        "subject": "",
        "terms_version": "1.0",
        "tier": "processed",
        "v": 1,
        "version": "1.0",
    }


def _offline() -> list[Figure]:
    """An export of a million entries, each checked by its hash, its place and the signed root."""
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    from client import audit, checkpoint, entries, export, notes, tree

    key = Ed25519PrivateKey.generate()
    with tempfile.TemporaryDirectory() as folder:
        body, hashes = Path(folder, "body"), []
        with body.open("wb") as out:
            for index in range(ENTRIES):
                leaf = entries.canonical(_leaf(index, f"{index:064x}"))
                hashes.append(tree.leaf_hash(leaf))
                out.write(
                    export.entry_line(index, sealed=hashes[-1], leaf=leaf, personal=None, salt=None)
                )
        note = checkpoint.Checkpoint(ORIGIN, ENTRIES, tree.root_of(hashes)).signed(key, ORIGIN)
        file = Path(folder, "export.jsonl")
        with file.open("wb") as out, body.open("rb") as rest:
            out.write(export.header_line(note))
            while piece := rest.read(1 << 20):
                out.write(piece)
        times = []
        for _ in range(3):
            begin = time.perf_counter()
            report = audit.verify(file, [notes.verifier_of(key, ORIGIN)])
            times.append(time.perf_counter() - begin)
            if not report.ok or report.entries != ENTRIES:
                raise SystemExit("the export is not right: nothing was measured")
        size = file.stat().st_size
    name = f"offline verification, {ENTRIES:,} entries ({size / 1e6:,.0f} MB)"
    return [Figure(name, statistics.median(times), "s", "under 5")]


def _proofs() -> list[Figure]:
    """Proofs out of stored tiles, each with an empty memory, as a page makes them."""
    from client import tiles, tree

    # The same tile everywhere at level 0 makes the tree quickly; a proof reads as many as ever.
    tile = b"".join(hashlib.sha256(b"%d" % at).digest() for at in range(256))
    with tempfile.TemporaryDirectory() as folder:
        stored: dict[str, bytes] = {}
        hashes = tile * (LEAVES // 256)
        stored = {each.path: data for each, data in tiles.grow(0, hashes, stored.__getitem__)}
        for path, data in stored.items():
            file = Path(folder, path)
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(data)
        size = len(hashes) // tree.HASH_SIZE
        fetch, times = tiles.folder(Path(folder)), []
        root = tiles.Reader(size, fetch).root()
        for at in range(PROOFS):
            index = (at * 7_919_777) % size
            begin = time.perf_counter()
            proof = tree.inclusion_proof(index, size, tiles.Reader(size, fetch).node)
            times.append((time.perf_counter() - begin) * 1e3)
            leaf = tile[index % 256 * 32 :][:32]
            tree.verify_inclusion(leaf=leaf, index=index, size=size, proof=proof, root=root)
    name = f"inclusion proof at {size:,} leaves"
    worst = sorted(times)[int(PROOFS * 0.99)]
    return [
        Figure(name, statistics.median(times), "ms", "under 10"),
        Figure(f"{name}, p99", worst, "ms", "under 10"),
    ]


def run() -> list[Figure]:
    figures = _offline() + _proofs()
    with ExitStack() as stack:
        home = stack.enter_context(tempfile.TemporaryDirectory())
        databases = [Database("SQLite", f"sqlite:///{home}/bench.sqlite3", home)]
        if server := postgres.found():
            url = stack.enter_context(postgres.database(server))
            databases.insert(0, Database("PostgreSQL", url, home))
        else:
            sys.stderr.write("No PostgreSQL answers here: only SQLite is measured.\n")
        for database in databases:
            database.task("migrate")
            for writers in WRITERS:
                figures += database.writing(writers)
            rate = database.task("sealing")
            aim = "at least 50,000" if database.name == "PostgreSQL" else ""
            figures.append(Figure(f"{database.name}: sealing a backlog", rate, "entries/s", aim))
    return figures
