"""What a check of an export found: for programs a code and a range, for people a sentence."""

from dataclasses import dataclass, field

from .scan import Fault

_ONE = {
    "altered": "Entry {a} was altered: its content does not give the hash that was sealed.",
    "hash": "The hash written beside entry {a} is false; the entry itself is as it was sealed.",
    "personal": "The personal part of entry {a}, or its salt, is not the one that was sealed.",
    "half_personal": "Entry {a} has a personal part without its salt, or the reverse.",
    "no_entry": "What stands in the place of entry {a} is no entry: {d}",
    "missing": "Entry {a} is missing.",
    "cut_off": "The export ends too early: entry {a} is missing.",
    "repeated": "Entry {a} stands there more than once.",
    "surplus": "Entry {a} lies beyond the signed end of the log.",
    "misplaced": "Entry {a} stands out of order, {d}.",
    "renumbered": "Entry {a} was given the number {d}; its sealed content says {a}.",
    "unlike_tiles": "Entry {a} was replaced: the public tiles hold another hash for it.",
}
_MANY = {
    "altered": "Entries {a} to {b} were altered: their content does not give the sealed hashes.",
    "hash": "The hashes written beside entries {a} to {b} are false; the entries are as sealed.",
    "personal": "The personal parts of entries {a} to {b}, or the salts, are not those sealed.",
    "half_personal": "Entries {a} to {b} have personal parts without salts, or the reverse.",
    "no_entry": "What stands in the places of entries {a} to {b} are no entries: {d}",
    "missing": "Entries {a} to {b} are missing.",
    "cut_off": "The export ends too early: entries {a} to {b} are missing.",
    "repeated": "Entries {a} to {b} stand there more than once.",
    "surplus": "Entries {a} to {b} lie beyond the signed end of the log.",
    "misplaced": "Entries {a} to {b} stand out of order, {d}.",
    "renumbered": "Entries {a} to {b} were numbered anew, from {d}; their sealed content says so.",
    "unlike_tiles": "Entries {a} to {b} were replaced: the public tiles hold other hashes.",
    "scattered": "The entries are out of order in {d} places; too many to name.",
}


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that fails. `first` and `last` name entries, where the finding is about some."""

    code: str
    sentence: str
    first: int | None = None
    last: int | None = None


@dataclass(slots=True)
class Report:
    """The outcome of a check."""

    origin: str = ""
    size: int = 0
    root: str = ""  # hex; as the checkpoint tells it
    entries: int = 0  # lines that were read as entries
    without_personal: int = 0
    proved: list[str] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    unnamed: int = 0  # further findings, beyond the number that is listed

    @property
    def ok(self) -> bool:
        return not self.findings and not self.unnamed

    def fail(self, code: str, sentence: str, entry: int | None = None) -> None:
        self.findings.append(Finding(code, sentence, entry, entry))


def of(fault: Fault) -> Finding:
    """A fault of the scan, in words."""
    many = fault.first != fault.last or fault.code not in _ONE
    words = (_MANY if many else _ONE)[fault.code]
    sentence = words.format(a=fault.first, b=fault.last, d=fault.detail)
    return Finding(fault.code, sentence, fault.first, fault.last)
