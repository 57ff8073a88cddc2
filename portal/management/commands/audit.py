"""The record: seal it, verify it, hand it to an auditor, look after its key."""

import gzip
from argparse import ArgumentParser
from collections.abc import Callable
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction
from django.utils import timezone

from client import notes
from client.errors import ClientError
from governance.audit import exporting, keys, retention, sealing, services, verifying
from portal.operators import house, person, told_in_one_sentence


class Command(BaseCommand):
    help = (
        "Look after the record. Examples: manage.py audit checkpoint | manage.py audit verify | "
        "manage.py audit export record.jsonl.gz | manage.py audit rotate-key --reason yearly"
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        acts = parser.add_subparsers(dest="act", required=True, metavar="ACT")
        acts.add_parser("checkpoint", help="seal what waits and print the signed checkpoint")
        verify = acts.add_parser("verify", help="compare the database with what was sealed")
        verify.add_argument(
            "--key", type=Path, help="file of the pinned keys, one a line (its own key by default)"
        )
        export = acts.add_parser("export", help="write the log for an offline verifier")
        export.add_argument("file", type=Path, help="JSON lines; gzipped when it ends in .gz")
        export.add_argument("--personal", action="store_true", help="with who, from where and why")
        acts.add_parser("key", help="print the public key, to be pinned by others")
        new = acts.add_parser("new-key", help="make the first key")
        new.add_argument("--lost", action="store_true", help="the old one is lost or was stolen")
        new.add_argument("--reason", default="first key")
        rotate = acts.add_parser("rotate-key", help="make a new key; the old one signs it")
        rotate.add_argument("--reason", required=True)
        erase = acts.add_parser("erase", help="erase what need not be kept of a person")
        erase.add_argument("email")
        erase.add_argument("--reason", required=True)

    def handle(self, *, act: str, **options: Any) -> None:
        acts: dict[str, Callable[..., None]] = {
            "checkpoint": self._checkpoint,
            "verify": self._verify,
            "export": self._export,
            "key": self._key,
            "new-key": self._new_key,
            "rotate-key": self._rotate_key,
            "erase": self._erase,
        }
        with told_in_one_sentence():
            acts[act](**options)

    def _checkpoint(self, **options: Any) -> None:
        services.strangers_told(now=timezone.now())
        sealed = sealing.seal(now=timezone.now())
        if sealed.checkpoint is None:
            raise CommandError("The record is empty: there is nothing to seal.")
        self.stderr.write(f"{sealed.entries} entries sealed, {sealed.size} in all.")
        self.stdout.write(sealed.checkpoint.note, ending="")

    def _verify(self, *, key: Path | None, **options: Any) -> None:
        found = verifying.verify(pinned=_pinned(key))
        for fault in found.faults:
            self.stdout.write(fault)
        told = (
            f"{found.entries} sealed entries, {found.checkpoints} checkpoints, "
            f"{found.erased} without a personal part, {found.pending} waiting to be sealed."
        )
        if found.faults:
            raise CommandError(f"{len(found.faults)} faults in {told}")
        self.stdout.write(f"All is as it was sealed: {told}")

    def _export(self, *, file: Path, personal: bool, **options: Any) -> None:
        draft = file.with_name(f".{file.name}.part")
        count = -1  # the header is no entry
        try:
            with gzip.open(draft, "wb") if file.suffix == ".gz" else draft.open("wb") as out:
                for line in exporting.lines(personal=personal):
                    out.write(line)
                    count += 1
            _told(personal, count)
            draft.replace(file)
        except OSError as error:
            raise CommandError(f"{file} can't be written: {error.strerror}.") from error
        finally:
            draft.unlink(missing_ok=True)
        self.stdout.write(f"{file}: {count} entries. Check it: gatehouse audit-verify {file}")

    def _key(self, **options: Any) -> None:
        self.stdout.write(str(keys.load_or_make().verifier))

    def _new_key(self, *, lost: bool, reason: str, **options: Any) -> None:
        origin = settings.AUDIT_ORIGIN
        made = sealing.make_key(
            actor=house(), origin=origin, lost=lost, reason=reason, now=timezone.now()
        )
        self.stdout.write(str(made.verifier))

    def _rotate_key(self, *, reason: str, **options: Any) -> None:
        made = sealing.rotate_key(actor=house(), reason=reason, now=timezone.now())
        self.stdout.write(str(made.verifier))

    def _erase(self, *, email: str, reason: str, **options: Any) -> None:
        erased = retention.erase_person(
            user_id=person(email).pk, actor=house(), reason=reason, now=timezone.now()
        )
        self.stdout.write(f"The personal part of {erased} entries was erased.")


def _told(personal: bool, count: int) -> None:
    """The export is itself an entry, written before the file gets its name."""
    with transaction.atomic():
        services.record_exported(
            actor=house(),
            terms={},
            found=count,
            form="log with personal parts" if personal else "log",
            now=timezone.now(),
        )


def _pinned(key: Path | None) -> list[notes.Verifier]:
    if key is None:
        return [keys.load().verifier]
    try:
        return notes.read_keys(key)
    except (ClientError, OSError) as error:
        raise CommandError(f"{key} holds no key that can be read: {error}") from error
