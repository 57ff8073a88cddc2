"""Named, versioned licence sets, and whether an expression lies within one.

A published set never changes: a change is a new version under the same name, and works name the
set with its version and contents.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType

from pipeline.select.expressions import Group, Term, read


@dataclass(frozen=True, slots=True)
class LicenceSet:
    """Licences whose files may be in a version. `promise` is the sentence that readers are told."""

    name: str
    version: int
    promise: str
    licences: frozenset[str]
    exceptions: frozenset[str]  # that only add permissions: `X WITH E` is as good as X

    def as_json(self) -> Mapping[str, str | int | list[str]]:
        """For manifests and parameters of works."""
        return {
            "name": self.name,
            "version": self.version,
            "licences": sorted(self.licences),
            "exceptions": sorted(self.exceptions),
        }

    @property
    def digest(self) -> str:
        """32 hex digits over name, version and contents."""
        told = repr(sorted(self.as_json().items())).encode()
        return hashlib.sha256(told).hexdigest()[:32]


_EXCEPTIONS = frozenset(["LLVM-exception", "Swift-exception"])

PERMISSIVE = LicenceSet(
    "permissive",
    1,
    "Every licence allows use, change and distribution, asking at most that authors are named and "
    "notices kept. Where a file comes from is told with it; naming its authors is the user's part.",
    frozenset(
        [
            "0BSD",
            "AFL-3.0",
            "Apache-2.0",
            "Artistic-2.0",
            "BlueOak-1.0.0",
            "BSD-1-Clause",
            "BSD-2-Clause",
            "BSD-2-Clause-Patent",
            "BSD-3-Clause",
            "BSD-3-Clause-Clear",
            "BSL-1.0",
            "CC0-1.0",
            "CNRI-Python",
            "curl",
            "ECL-2.0",
            "FSFAP",
            "HPND",
            "ICU",
            "ISC",
            "Libpng",
            "libpng-2.0",
            "MIT",
            "MIT-0",
            "MulanPSL-2.0",
            "NCSA",
            "PHP-3.01",
            "PostgreSQL",
            "PSF-2.0",
            "Python-2.0",
            "Python-2.0.1",
            "Unicode-3.0",
            "Unicode-DFS-2016",
            "Unlicense",
            "UPL-1.0",
            "WTFPL",
            "X11",
            "Zlib",
            "ZPL-2.1",
        ]
    ),
    _EXCEPTIONS,
)

ATTRIBUTION_FREE = LicenceSet(
    "attribution-free",
    1,
    "No licence asks for anything in return, not even that authors are named.",
    frozenset(["0BSD", "blessing", "CC0-1.0", "MIT-0", "SAX-PD", "Unlicense", "WTFPL"]),
    _EXCEPTIONS,
)

SETS: Mapping[str, LicenceSet] = MappingProxyType(
    {one.name: one for one in (PERMISSIVE, ATTRIBUTION_FREE)}
)


def get(name: str) -> LicenceSet:
    """The newest set of that name. Raises ValueError with the names there are."""
    if name not in SETS:
        raise ValueError(f"There is no licence set {name!r}; there are: {', '.join(SETS)}.")
    return SETS[name]


def allows(licences: LicenceSet, expression: str) -> bool:
    """Whether the expression can be met within the set.

    `A OR B` needs one of them, `A AND B` both; `A WITH E` needs an exception of the set, as an
    unknown one might take away; what cannot be read is not allowed.
    """
    return bool(rests_on(licences, expression))


@lru_cache(maxsize=16_384)
def rests_on(licences: LicenceSet, expression: str) -> tuple[str, ...]:
    """The licences of the set that meet the expression, sorted; () when it is not allowed.

    Of `MIT OR GPL-3.0-only` a permissive set rests on MIT alone; of `MIT OR Apache-2.0` on both,
    as the choice between them is left to the user.
    """
    tree = read(expression)
    return () if tree is None else tuple(sorted(_met(licences, tree)))


def _met(licences: LicenceSet, tree: Term | Group) -> set[str]:
    if isinstance(tree, Term):
        known = tree.licence in licences.licences
        fine = not tree.exception or tree.exception in licences.exceptions
        return {str(tree)} if known and fine else set()
    met = [_met(licences, part) for part in tree.parts]
    if tree.word == "AND" and not all(met):
        return set()
    return set().union(*met)
