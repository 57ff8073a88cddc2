"""Who could open a tier at a moment, and by which entry: asked of the record by an auditor."""

from collections.abc import Iterable
from datetime import UTC
from typing import Any

from django import forms
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from governance.audit import leaves, policies, rights, services
from governance.audit.actors import Role
from governance.catalogue import selectors as catalogue
from portal.accounts import people
from portal.accounts.actors import actor_of
from portal.pages.guards import staff

NEEDS = {
    "terms": "Had signed terms that counted then",
    "grant": "Held a grant",
    "steward": "Was a steward",
    "suspension": "Was suspended",
}
ASKED = {
    "signed_in": "to be signed in",
    "verified": "a confirmed address",
    "served": "a version that is handed out",
    "token": "a token that covers it, if one is used",
    "second_factor": "the second factor used",
    "terms": "signed terms",
    "grant": "a grant",
    "steward": "the role of a steward",
}
SENTENCES = {
    "": "The record holds no publication of this version up to then: nobody could open it.",
    "publish": "It was the current version then.",
    "supersede": "A newer version was out; this one was still handed out for a time.",
    "withdraw": "It was withdrawn by then: nobody could open it.",
}


class AskForm(forms.Form):
    dataset = forms.ChoiceField(label="Dataset")
    version = forms.CharField(label="Version", max_length=40)
    tier = forms.CharField(label="Tier", max_length=40)
    at = forms.DateTimeField(
        label="At (UTC)",
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["dataset"].choices = [(each.slug, each.slug) for each in catalogue.every()]

    def clean(self) -> dict[str, Any]:
        """The tier must be one of the dataset; its policy of today is for when no entry tells."""
        given = super().clean() or {}
        if given.get("dataset") and given.get("tier"):
            known = catalogue.tiers(catalogue.dataset_by_slug(given["dataset"]))
            tier = next((each for each in known if each.name == given["tier"]), None)
            if tier is None:
                names = ", ".join(each.name for each in known)
                self.add_error("tier", f"This dataset has no such tier. It has: {names}.")
            given["today"] = tier.policy.get("download") or () if tier else ()
        return given


@require_safe
@staff(Role.AUDITOR)
def could_open(request: HttpRequest) -> HttpResponse:
    if not request.GET:
        told = {"form": AskForm(initial={"at": timezone.now().astimezone(UTC)})}
        return render(request, "auditor/could_open.html", told)
    form = AskForm(request.GET)
    if not form.is_valid():
        return render(request, "auditor/could_open.html", {"form": form}, status=422)
    asked = form.cleaned_data
    policy = policies.policy_at(asked["dataset"], asked["tier"], at=asked["at"])
    needs = policy.needs if policy else asked["today"]
    answer = rights.could_open(
        asked["dataset"], asked["version"], asked["tier"], at=asked["at"], needs=needs
    )
    _look(request, asked, len(answer.people))
    told = {"form": form, "asked": asked, "answer": answer, "people": _people(answer.people)}
    told |= {"policy": policy, "needs": [ASKED.get(each, each) for each in needs]}
    told |= {"by_entries": any(each in needs for each in NEEDS), "served": _served(answer.served)}
    told |= {"suspended": _people([each] for each in answer.suspended)}
    return render(request, "auditor/could_open.html", told)


def _served(served: rights.Served) -> str:
    if served.move == "supersede" and not served.open:
        return "A newer version was out, and its time had ended: nobody could open it."
    return SENTENCES[served.move]


def _look(request: HttpRequest, asked: dict[str, Any], found: int) -> None:
    """The question is on record before its answer is shown."""
    terms = {name: asked[name] for name in ("dataset", "version", "tier")}
    terms |= {"question": "could-open", "at": leaves.iso(asked["at"])}
    with transaction.atomic():
        services.record_searched(
            actor=actor_of(request), terms=terms, found=found, now=timezone.now()
        )


def _people(found: Iterable[list[rights.Ground]]) -> list[dict[str, Any]]:
    """One row a person. A name that no entry tells comes from the account, if it is still there."""
    found = list(found)
    nameless = {each[0].person for each in found if not any(one.name for one in each)}
    names = people.names(nameless)
    return [
        {
            "name": next(
                (one.name for one in each if one.name), names.get(each[0].person or 0, "")
            ),
            "email": next((one.email for one in each if one.email), ""),
            "person": each[0].person,
            "grounds": [{"it": one, "words": NEEDS[one.need]} for one in each],
            "until": min((one.until for one in each if one.until), default=None),
        }
        for each in found
    ]
