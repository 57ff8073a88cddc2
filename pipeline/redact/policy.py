"""What a dataset does with each class of private value. A policy is data: plain JSON."""

from collections.abc import Mapping
from typing import Any

from .spans import CLASSES

LEAVE, REDACT, DROP = "leave", "redact", "drop-row"
ACTIONS = (LEAVE, REDACT, DROP)

Policy = Mapping[str, Any]

DEFAULT_POLICY: Policy = {
    "version": 1,
    "classes": {
        "EMAIL": REDACT,
        "IP_ADDRESS": REDACT,
        "KEY": REDACT,
        "PASSWORD": REDACT,
        "EMAIL_LICENSE": LEAVE,  # licences ask that their notices and attributions are kept
    },
}


def check(policy: object) -> None:
    """Raise ValueError, in one sentence, unless `policy` can be applied.

    A policy is `{"version": n, "classes": {class: action}}`, n a whole number from 1, the
    classes from `CLASSES`, the actions leave, redact or drop-row.
    """
    if not isinstance(policy, Mapping) or set(policy) != {"version", "classes"}:
        raise ValueError("A redaction policy has exactly two fields, `version` and `classes`.")
    version, classes = policy["version"], policy["classes"]
    if not isinstance(version, int) or isinstance(version, bool) or version < 1:
        raise ValueError("The `version` of a redaction policy is a whole number from 1.")
    if not isinstance(classes, Mapping):
        raise ValueError("The `classes` of a redaction policy map each class to an action.")
    for cls, action in classes.items():
        if cls not in CLASSES:
            raise ValueError(f"No detector finds the class {cls!r}; known: {', '.join(CLASSES)}.")
        if action not in ACTIONS:
            raise ValueError(f"The action of {cls} is {action!r}, not one of {', '.join(ACTIONS)}.")


def action(policy: Policy, cls: str) -> str:
    """What the policy does with `cls`. Of a class that it leaves out nothing is shown."""
    return str(policy["classes"].get(cls, REDACT))
