"""What a dataset does with each class of private value, by context. It is data: plain JSON."""

from collections.abc import Iterable, Mapping
from typing import Any

from .contexts import CODE, CONTEXTS, SHADES, context_of
from .spans import BROADER, CLASSES, FURTHER, Span

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
        "NAME": LEAVE,
        "USERNAME": LEAVE,
        "EMAIL_LICENSE": LEAVE,  # licences ask that their notices and attributions are kept
        "NAME_LICENSE": LEAVE,
        "USERNAME_LICENSE": LEAVE,
        "EMAIL_EXAMPLE": LEAVE,  # nobody's
        "NAME_EXAMPLE": LEAVE,
        "USERNAME_EXAMPLE": LEAVE,
    },
}
# What a policy that says nothing of a class leaves: what was never looked for when it was written.
_UNSAID = {
    "NAME", "USERNAME", "NAME_LICENSE", "USERNAME_LICENSE", "EMAIL_EXAMPLE", "NAME_EXAMPLE",
    "USERNAME_EXAMPLE", *(FURTHER - set(BROADER)),
}  # fmt: skip


def check(policy: object) -> None:
    """Raise ValueError, in one sentence, unless `policy` can be applied.

    A policy is `{"version": n, "classes": {class: treatment}}`, n a whole number from 1, the
    classes from `CLASSES`; a treatment is an action (leave, redact or drop-row) or says one for
    each context: `{"code": "redact", "comment": "redact", "licence": "leave", "example": "leave"}`.
    Of a context that is left out nothing is shown.
    """
    if not isinstance(policy, Mapping) or set(policy) != {"version", "classes"}:
        raise ValueError("A redaction policy has exactly two fields, `version` and `classes`.")
    version, classes = policy["version"], policy["classes"]
    if not isinstance(version, int) or isinstance(version, bool) or version < 1:
        raise ValueError("The `version` of a redaction policy is a whole number from 1.")
    if not isinstance(classes, Mapping):
        raise ValueError("The `classes` of a redaction policy map each class to an action.")
    for cls, treatment in classes.items():
        if cls not in CLASSES:
            raise ValueError(f"No detector finds the class {cls!r}; known: {', '.join(CLASSES)}.")
        _check_treatment(cls, treatment)


def _check_treatment(cls: str, treatment: object) -> None:
    by_context = treatment if isinstance(treatment, Mapping) else {CODE: treatment}
    for context, told in by_context.items():
        if context not in CONTEXTS:
            raise ValueError(
                f"{cls} has the context {context!r}, which is not one of {', '.join(CONTEXTS)}."
            )
        if told not in ACTIONS:
            raise ValueError(f"The action of {cls} is {told!r}, not one of {', '.join(ACTIONS)}.")


def action(policy: Policy, cls: str, context: str = CODE) -> str:
    """What the policy does with `cls` in a context. Of what it leaves out nothing is shown.

    But for names and user names, examples, and the further classes, which it must name: they are
    left then.
    """
    treatment = _treatment(policy, cls)
    if isinstance(treatment, Mapping):
        return str(treatment.get(context, REDACT))
    return str(treatment)


def unsaid(cls: str) -> str:
    """What becomes of a class that a policy says nothing of."""
    return LEAVE if cls in _UNSAID else REDACT


def _treatment(policy: Policy, cls: str) -> Any:
    classes = policy["classes"]
    if cls in classes:
        return classes[cls]
    for ending, context in SHADES.items():
        whole = classes.get(cls.removesuffix(ending)) if cls.endswith(ending) else None
        if isinstance(whole, Mapping):
            return whole.get(context, REDACT)
    return classes.get(BROADER.get(cls, ""), unsaid(cls))


def actions(text: str, spans: Iterable[Span], policy: Policy, path: str = "") -> list[str]:
    """What the policy does with each of `spans` of `text`; `path` tells tests and examples."""
    told: list[str] = []
    for span in spans:
        treatment = _treatment(policy, span.cls)
        if isinstance(treatment, Mapping):
            context = context_of(text, span.start, span.cls, path)
            treatment = treatment.get(context, REDACT)
        told.append(str(treatment))
    return told


def acted_on(text: str, spans: Iterable[Span], policy: Policy, path: str = "") -> list[Span]:
    """The spans that the policy does not leave."""
    spans = list(spans)
    told = actions(text, spans, policy, path)
    return [span for span, what in zip(spans, told, strict=True) if what != LEAVE]


def switched_on(policy: Policy) -> frozenset[str]:
    """The further classes that a detector must look for."""
    return FURTHER & set(policy["classes"])


def by_context(treatment: object) -> dict[str, str]:
    """A treatment as one action for each context, in the order of `CONTEXTS`."""
    if isinstance(treatment, Mapping):
        return {context: str(treatment.get(context, REDACT)) for context in CONTEXTS}
    return dict.fromkeys(CONTEXTS, str(treatment))
