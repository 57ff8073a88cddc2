"""Words that several pages use: how long something took, what a state is called."""

PILLS = {  # state -> (words, kind of pill)
    "draft": ("Draft", ""),
    "submitted": ("Waiting", "live"),
    "returned": ("Questions for you", "warn"),
    "approved": ("Approved", "ok"),
    "rejected": ("Declined", "bad"),
    "withdrawn": ("Withdrawn", ""),
    "expired": ("Expired", "warn"),
    "running": ("Running", "live"),
    "done": ("Done", "ok"),
    "failed": ("Failed", "bad"),
    "cancelled": ("Cancelled", ""),
    "held": ("Held", "warn"),
    "to_do": ("Waiting", ""),
    "building": ("Building", "live"),
    "candidate": ("Candidate", "warn"),
    "published": ("Published", "ok"),
    "superseded": ("Superseded", ""),
    "open": ("Open", "ok"),
    "later": ("Not begun", ""),
    "ended": ("Ended", ""),
    "revoked": ("Revoked", "bad"),
    "named": ("Named", ""),
    "invited": ("Invited", "live"),
    "accepted": ("Joined", "ok"),
    "declined": ("Declined", ""),
    "left": ("Left", ""),
    "removed": ("Removed", "bad"),
}


def pill(state: str) -> dict[str, str]:
    """Text and kind for the tag `pill`."""
    text, kind = PILLS.get(state, (state.capitalize(), ""))
    return {"text": text, "kind": kind}


# What is said of a version and not of an application: the same state, another act.
OF_VERSIONS = {"withdrawn": ("Withdrawn", "bad"), "rejected": ("Rejected", "bad")}


def version_pill(state: str) -> dict[str, str]:
    text, kind = OF_VERSIONS.get(state, ("", ""))
    return {"text": text, "kind": kind} if text else pill(state)


def took(seconds: float | None) -> str:
    """`0.4 s`, `12 s`, `3 min 4 s`, `1 h 52 min`; an en dash for nothing."""
    if seconds is None:
        return "\N{EN DASH}"
    if seconds < 9.95:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    minutes, rest = divmod(whole, 60)
    if minutes < 60:
        return f"{minutes} min {rest} s" if rest else f"{minutes} min"
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if minutes else f"{hours} h"


def reason(code: str) -> str:
    """A reason's code as words: `not-in-set` is `Not in set`."""
    return code.replace("-", " ").replace("_", " ").capitalize()
