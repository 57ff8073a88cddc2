"""The signed note of a published version's manifest, with the key of the record.

Signed in the transaction of the publication where this process holds the key; where the sealer
alone holds it, by the sealer, at its next run.
"""

from datetime import datetime

from client import manifests
from governance.audit import keys
from governance.catalogue.models import SignedManifest, Version
from governance.catalogue.states import PUBLIC
from governance.errors import MissingError


def statement(version: Version) -> manifests.Statement:
    return manifests.Statement(
        version.dataset.slug, version.number, version.commit, version.manifest_sha256
    )


def sign(version: Version, *, now: datetime) -> SignedManifest | None:
    """Sign the manifest of a version in this transaction; None when this process has no key."""
    try:
        signer = keys.load_or_make()
    except MissingError:
        return None
    note = statement(version).signed(signer.private, signer.origin)
    return SignedManifest.objects.create(version=version, note=note, at=now)


def sign_unsigned(*, now: datetime, at_most: int = 100) -> int:
    """Sign what was published where there was no key. Returns how many; two at once do it once."""
    waiting = Version.objects.filter(signed=None, state__in=PUBLIC).exclude(manifest_sha256="")
    done = 0
    for version in waiting.select_related("dataset").order_by("id")[:at_most]:
        try:
            signer = keys.load_or_make()
        except MissingError:
            return done
        note = statement(version).signed(signer.private, signer.origin)
        _, made = SignedManifest.objects.get_or_create(
            version=version, defaults={"note": note, "at": now}
        )
        done += made
    return done


def note_of(version: Version) -> str:
    """The signed note. Raises MissingError while there is none."""
    found = SignedManifest.objects.filter(version=version).first()
    if found is None:
        raise MissingError(f"The manifest of {version.number} is not signed yet.")
    return found.note
