"""From a text to its private values: which rules fire, where, and what the judges say.

One hyperscan pass says which rules match anywhere (never where: start-of-match costs much and
refuses bounded repeats), RE2 locates only those, judges decide. Both engines are linear in the
text, judges look a bounded way around a candidate. Without hyperscan RE2 asks every rule:
slower, the same spans.
"""

import threading
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import replace
from functools import cache

import re2

from . import plugins
from .found import Found, Rule
from .plugins import Plugin
from .policy import Policy, switched_on
from .rules import RULES
from .scoring import Candidate, Scorer, decided, shipped
from .spans import FURTHER, Span, settle
from .surrogates import is_token

try:
    import hyperscan
except ImportError:  # no wheel for this platform
    hyperscan = None  # type: ignore[assignment]

Fired = Callable[[bytes], Sequence[int]]  # UTF-8 text -> numbers of the rules that match in it


class Detector:
    """Finds private values by `rules`. Costs about 0.3 s to make; threads may share one."""

    def __init__(
        self,
        rules: Sequence[Rule] = RULES,
        *,
        engine: str = "",
        scorer: Scorer | None = None,
        propose: bool | None = None,
        further: Collection[str] = (),
        plugins: Sequence[Plugin] = (),
    ) -> None:
        """`engine` is hyperscan or re2; by default the faster one at hand. Without a `scorer`
        the rules decide alone; `propose` makes `candidates` tell what is for a model to decide
        even so, as training needs it. `further` are the classes of `spans.FURTHER` to be
        looked for; `plugins` look at every text too.

        Raises:
            ValueError: an unknown engine, or hyperscan where it is not installed.
        """
        engine = engine or ("hyperscan" if hyperscan else "re2")
        if engine not in ("hyperscan", "re2") or (engine == "hyperscan" and not hyperscan):
            raise ValueError(f"The engine {engine!r} is not here; re2 always is.")
        self.engine, self.scorer, self.plugins = engine, scorer, tuple(plugins)
        self._proposes = scorer is not None if propose is None else propose
        self.rules = tuple(_switched(rules, further))
        self._locators = [compile_re2(rule.pattern) for rule in self.rules]
        fast = engine == "hyperscan" and self.rules  # it refuses an empty list
        self._fired: Fired = _Hyperscan(self.rules) if fast else self._all

    def detect(self, text: str, *, path: str = "") -> list[Span]:
        """Spans of private values in `text`, in order, without overlaps; offsets in code points.

        `path` is that of the file, where it is known: only a scorer may look at it.
        """
        spans = [
            Span(found.start, found.end, found.cls, found.rule, found.score)
            for found in decided(self.candidates(text, path=path), self.scorer)
        ]
        for plugin in self.plugins if text else ():
            told = plugins.found(plugin, text, path)
            spans += [span for span in told if not is_token(text[span.start : span.end])]
        return settle(spans)

    def candidates(self, text: str, *, path: str = "") -> Iterator[Candidate]:
        """All that the rules propose, rule by rule; may overlap. What a model learns from."""
        if not text:
            return
        # A lone surrogate is no Unicode text; as one `?` it keeps all offsets right.
        data = text.encode("utf-8", "replace")
        for number in sorted(self._fired(data)):
            rule = self.rules[number]
            for found in self._locate(rule, number, text, data, path):
                verdict = rule.judge(found)
                if verdict is not None:
                    yield Candidate(verdict, strict=True)
                elif rule.loose and self._proposes:
                    proposed = rule.propose(found)
                    if proposed is not None:
                        yield Candidate(proposed, strict=False)

    def _locate(
        self, rule: Rule, number: int, text: str, data: bytes, path: str
    ) -> Iterator[Found]:
        points = _Points(data, is_ascii=len(data) == len(text))
        for match in self._locators[number].finditer(data):
            start, end = match.span(1 if match.re.groups else 0)
            head = points.at(match.start())
            yield Found(
                text,
                head,
                points.at(start),
                points.at(end, up=True),
                rule.cls,
                rule.name,
                rule.score,
                path,
            )

    def _all(self, data: bytes) -> Sequence[int]:
        return [n for n, locator in enumerate(self._locators) if locator.search(data)]


def _switched(rules: Sequence[Rule], further: Collection[str]) -> Iterator[Rule]:
    """The rules that are on, under the finer of their classes if that is asked for."""
    for rule in rules:
        if rule.enabled and (rule.cls not in FURTHER or rule.cls in further):
            yield replace(rule, cls=rule.finer) if rule.finer in further else rule


def default_detector() -> Detector:
    """The detector of this process for the default policy, made when first asked for."""
    return _shared(frozenset())


def detector_for(policy: Policy) -> Detector:
    """The detector of this process for a policy: it looks for the classes that the policy names."""
    return _shared(switched_on(policy))


@cache
def _shared(further: frozenset[str]) -> Detector:
    return Detector(scorer=shipped(), further=further, plugins=plugins.chosen())


def compile_re2(pattern: str) -> "re2._Regexp":
    """Compile a rule's pattern to run over UTF-8 bytes (as Latin-1: a byte is a character)."""
    options = re2.Options()
    options.encoding = re2.Options.Encoding.LATIN1
    options.max_mem = 64 << 20  # room for the DFA: without it RE2 turns to the slow NFA
    options.log_errors = False
    return re2.compile(pattern.encode("ascii"), options)


def compile_hyperscan(patterns: Sequence[str]) -> "hyperscan.Database":
    """Compile patterns into one database that tells at most once that a pattern matches."""
    database = hyperscan.Database(mode=hyperscan.HS_MODE_BLOCK)
    database.compile(
        expressions=[pattern.encode("ascii") for pattern in patterns],
        ids=list(range(len(patterns))),
        elements=len(patterns),
        flags=hyperscan.HS_FLAG_SINGLEMATCH,
    )
    return database


class _Hyperscan:
    """A database and, for every thread, the scratch space that a scan must not share."""

    def __init__(self, rules: Sequence[Rule]) -> None:
        self._database = compile_hyperscan([rule.pattern for rule in rules])
        self._local = threading.local()

    def __call__(self, data: bytes) -> Sequence[int]:
        scratch = getattr(self._local, "scratch", None)
        if scratch is None:
            scratch = self._local.scratch = hyperscan.Scratch(self._database)
        fired: list[int] = []

        def note(number: int, *_where: object) -> None:
            fired.append(number)

        self._database.scan(data, note, scratch=scratch)
        return fired


class _Points:
    """Byte offsets into UTF-8 as code points; rising offsets cost one pass in all."""

    def __init__(self, data: bytes, *, is_ascii: bool) -> None:
        self._data, self._ascii = data, is_ascii
        self._byte = self._point = 0

    def at(self, byte: int, *, up: bool = False) -> int:
        """The code point at `byte`; inside a character its own, or with `up` the next one."""
        if self._ascii:
            return byte
        data, step = self._data, 1 if up else -1
        while byte < len(data) and data[byte] & 0xC0 == 0x80:
            byte += step
        if byte < self._byte:
            self._byte = self._point = 0
        self._point += len(data[self._byte : byte].decode())
        self._byte = byte
        return self._point
