"""Private values leave a text: at their places, and wherever else the whole value stands.

Promise: nothing of a span stays at its place, the whole value (six code points or more) stays
nowhere, plain, percent-encoded or in base64; all else, line ends included, is as it was.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from .policy import DROP, LEAVE, Policy, actions
from .residue import needles, occurrences
from .scan import Detector, detector_for
from .spans import Span, gravity, merge
from .surrogates import disguise, surrogate

ROUNDS = 8  # after which a text that still shows a value is given up: its row is dropped

Surrogate = Callable[[str, str], str]  # value, class -> what replaces it


@dataclass(frozen=True, slots=True)
class Redacted:
    """A text without its private values.

    `counts` is what was replaced by class, `left` what the policy leaves. If `drop` is set the
    row must not be written: `text` and `beside` are empty then.
    """

    text: str
    counts: dict[str, int] = field(default_factory=dict)
    drop: bool = False
    left: dict[str, int] = field(default_factory=dict)
    beside: tuple[str, ...] = ()  # the row's other texts, scrubbed of the values


def redact(
    text: str,
    spans: Iterable[Span],
    policy: Policy,
    key: bytes,
    *,
    beside: Sequence[str] = (),
    path: str = "",
) -> Redacted:
    """Replace what the policy says among `spans` of `text` (offsets in code points).

    `key` is the dataset's secret: with it equal addresses have equal surrogates. The values
    are taken out of `beside`, other texts of the same row, too. Counts are of merged spans and
    of further places where a value stood. `path` of the file tells what is a test or example.
    Spans outside the text raise ValueError.
    """
    wanted, left, drop = _sorted_out(text, spans, policy, path)
    if drop:
        return Redacted("", dict(Counter(span.cls for span in wanted)), True, left)
    seek = needles(_values(text, wanted))
    wanted = merge(wanted)

    def shown(value: str, cls: str) -> str:
        return surrogate(value, cls, key)

    counts: Counter[str] = Counter()
    settled = []
    for number, part in enumerate((text, *beside)):
        clean = _without(part, wanted if number == 0 else [], seek, shown, counts)
        if clean is None:
            return Redacted("", dict(counts), True, left)
        settled.append(clean)
    return Redacted(settled[0], dict(counts), False, left, tuple(settled[1:]))


def redact_text(
    text: str,
    policy: Policy,
    key: bytes,
    *,
    detector: Detector | None = None,
    beside: Sequence[str] = (),
    path: str = "",
) -> Redacted:
    """Detect and redact until nothing more is found, so that doing it again changes nothing.

    A value that goes may be what made another one look harmless (`version@host 1.2.3.4`), so
    a text that was changed is looked at again.
    """
    detector = detector or detector_for(policy)
    counts: Counter[str] = Counter()
    result = Redacted(text, beside=tuple(beside))
    for _ in range(ROUNDS):
        spans = detector.detect(result.text, path=path)
        result = redact(result.text, spans, policy, key, beside=result.beside, path=path)
        counts.update(result.counts)
        if result.drop or not result.counts:
            break
    else:
        result = Redacted("", drop=True, left=result.left)
    return Redacted(result.text, dict(counts), result.drop, result.left, result.beside)


def redact_texts(
    texts: Sequence[str], policy: Policy, key: bytes, *, detector: Detector | None = None
) -> list[Redacted]:
    """Redact each text by itself, in order; see `redact_text`."""
    return [redact_text(text, policy, key, detector=detector) for text in texts]


def obfuscate(
    text: str, spans: Iterable[Span], key: bytes
) -> tuple[str, list[dict[str, int | str]]]:
    """Replace every value by a made-up one of its kind, for annotations.

    Returns the new text and, in its code points, a `start`, `end`, `class`, `surrogate` for
    each value: of the spans, and of other places where the same value stood.
    """
    spans = _inside(text, spans)
    seek = needles(_values(text, spans))
    places = merge([*spans, *occurrences(text, seek)])
    for attempt in range(ROUNDS):
        told, placed = _substitute(text, places, _disguises(key, attempt * 16))
        if not occurrences(told, seek):
            return told, placed
    return _substitute(text, places, lambda value, cls: surrogate(value, cls, key))


def _disguises(key: bytes, attempt: int) -> Surrogate:
    return lambda value, cls: disguise(value, cls, key, attempt=attempt)


def _sorted_out(
    text: str, spans: Iterable[Span], policy: Policy, path: str
) -> tuple[list[Span], dict[str, int], bool]:
    """The spans that the policy does not leave, how many it leaves by class, whether one drops."""
    wanted: list[Span] = []
    left: list[Span] = []
    spans = _inside(text, spans)
    told = actions(text, spans, policy, path)
    for span, action in zip(spans, told, strict=True):
        (left if action == LEAVE else wanted).append(span)
    return wanted, dict(Counter(span.cls for span in merge(left))), DROP in told


def _inside(text: str, spans: Iterable[Span]) -> list[Span]:
    spans = list(spans)
    for span in spans:
        if not 0 <= span.start <= span.end <= len(text):
            raise ValueError(f"The span {span.start}-{span.end} is outside of the text.")
    return spans


def _values(text: str, spans: Sequence[Span]) -> Mapping[str, str]:
    """Each value and its class: of the spans as they came, and of those that merging makes."""
    values: dict[str, str] = {}
    for span in sorted([*merge(spans), *spans], key=lambda span: gravity(span.cls)):
        values.setdefault(text[span.start : span.end], span.cls)
    return values


def _without(
    text: str,
    spans: Sequence[Span],
    seek: Mapping[str, str],
    shown: Surrogate,
    counts: Counter[str],
) -> str | None:
    """The text without `spans` and what is sought; None if that does not come to an end."""
    for _ in range(ROUNDS):
        places = merge([*spans, *occurrences(text, seek)])
        if not places:
            return text
        counts.update(span.cls for span in places)
        text, _placed = _substitute(text, places, shown)
        spans = []
    return None if occurrences(text, seek) else text


def _substitute(
    text: str, spans: Sequence[Span], shown: Surrogate
) -> tuple[str, list[dict[str, int | str]]]:
    """The text with a surrogate for each of the merged `spans`, and where they stand in it."""
    pieces: list[str] = []
    placed: list[dict[str, int | str]] = []
    done = size = 0
    for span in spans:
        instead = shown(text[span.start : span.end], span.cls)
        start = size + span.start - done
        size = start + len(instead)
        pieces += text[done : span.start], instead
        placed.append({"start": start, "end": size, "class": span.cls, "surrogate": instead})
        done = span.end
    pieces.append(text[done:])
    return "".join(pieces), placed
