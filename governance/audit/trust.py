"""The keys under which this log can be checked, for whoever shows them: public halves only."""

from client import notes
from client.errors import NoteError
from governance.audit import keys
from governance.audit.models import Entry
from governance.errors import MissingError

KEY_ACTS = ("key.make", "key.rotate", "key.replace")


def verifier() -> notes.Verifier:
    """The key that signs now: that of the file, or, where only the sealer has it, the record's.

    Raises:
        MissingError: neither knows a key yet.
    """
    try:
        return keys.load().verifier
    except MissingError:
        told = _recorded()
        if not told:
            raise MissingError("This log has no signing key yet.") from None
        return told[0]


def verifiers() -> list[notes.Verifier]:
    """Every key that this log ever signed with as far as is known, the newest first."""
    now = verifier()
    return [now, *(each for each in _recorded() if each != now)]


def newest() -> str:
    """The key that the newest entry about keys tells of, as it was written; empty without one."""
    told = Entry.objects.filter(action__in=KEY_ACTS).order_by("-id").values_list("detail").first()
    return str(told[0].get("key", "")) if told else ""


def _recorded() -> list[notes.Verifier]:
    told = (
        Entry.objects.filter(action__in=KEY_ACTS).order_by("-id").values_list("detail", flat=True)
    )
    found = []
    for detail in told[:100]:
        try:
            found.append(notes.Verifier.parse(str(detail.get("key", ""))))
        except NoteError:
            continue  # an entry that tells no key; the verifier of the record says so
    return found
