"""Two shapes of rules for keys: a format of its own, and a documented name that is given a value.

`source` is the page of the service, or the public statement, that shows the format or the name. A
rule whose mark or length no such page is known to state is switched off (`on=False`): it stays here
for who can confirm it, and finds nothing until then.
"""

from pipeline.redact.found import Judge, Rule, only
from pipeline.redact.validators import is_random_key, is_real_key

REAL = only(is_real_key)
RANDOM = only(is_random_key)
UUID = r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"

# What stands between a name and its value: `NAME=`, `"name": "`, `name => '`, `name, "`.
_GIVEN = r"[\"'\])]{0,2}[ \t]{0,4}(?:=>|:=|[=:,])[ \t]{0,4}[\"'`]?"
_END = r"(?:[^A-Za-z0-9_+/=-]|$)"


def key(
    name: str,
    pattern: str,
    source: str,
    judge: Judge = REAL,
    score: float = 0.98,
    *,
    on: bool = True,
    finer: str = "",
) -> Rule:
    """A key that its own format tells. Give `RANDOM` as judge where the mark is short."""
    return Rule(name, "KEY", pattern, source, (judge,), score, enabled=on, finer=finer)


def named(
    name: str,
    names: str,
    value: str,
    source: str,
    judge: Judge = RANDOM,
    score: float = 0.95,
    *,
    on: bool = True,
) -> Rule:
    """A value without a mark of its own, given to a name that the service documents.

    `names` and `value` are patterns, met in any case; `_` in `names` may be any joint or none.
    """
    told = names.replace("_", "[_.-]?")
    return Rule(
        name, "KEY", rf"(?i)(?:{told}){_GIVEN}({value}){_END}", source, (judge,), score, enabled=on
    )
