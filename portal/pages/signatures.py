"""The terms that somebody signed, as their list shows them."""

from datetime import datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from governance.terms.models import Acceptance


def told(signed: list["Acceptance"], now: datetime) -> list[dict[str, Any]]:
    """Each with where it stands; one that newer terms replaced asks for nothing."""
    return [
        {"it": each, "pill": _pill(each, now), "newer": _newer(each, signed, now)}
        for each in signed
    ]


def _newer(signed: Any, every: list[Any], now: datetime) -> bool:
    """Whether they signed terms of the same dataset that came after these and are in force."""
    of, begins = signed.terms.dataset_id, signed.terms.effective_at
    theirs = [each.terms.effective_at for each in every if each.terms.dataset_id == of]
    return any(begins < each <= now for each in theirs)


def _pill(signed: Any, now: datetime) -> dict[str, str]:
    """Whether a signature counts now."""
    if signed.terms.effective_at > now:
        return {"text": "Signed ahead", "kind": "live"}
    until = signed.terms.accepted_until
    if until is None:
        return {"text": "In force", "kind": "ok"}
    ended = until <= now
    return {"text": "Ended", "kind": ""} if ended else {"text": "Ends soon", "kind": "warn"}
