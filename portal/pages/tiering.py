"""What a tier asks of people, as an admin sets it; in words, and with what a stranger meets."""

from typing import TYPE_CHECKING, Any, NamedTuple

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from governance.access import policies, services
from governance.access.needs import ALWAYS, NEEDS, Facts
from governance.access.rules import gate
from governance.audit.actors import Role
from governance.catalogue import selectors as catalogue
from governance.errors import InvalidError, MissingError, NotPermittedError, WrongStateError
from portal.accounts.actors import actor_of
from portal.pages.forming import Words, blame, many_lines, sent
from portal.pages.guards import staff
from portal.pages.keeping import kept

if TYPE_CHECKING:
    from governance.catalogue.models import Tier

REFUSALS = (InvalidError, WrongStateError, NotPermittedError)
ACTION = "download"
MEANS = {  # what a need means for who is asked it; one that is not here tells it by its step
    "signed_in": "They are signed in; a program sends a token.",
    "verified": "They opened the link that was mailed to them.",
    "served": "Published, or superseded and still in its time.",
    "token": "Of who comes with a token; a browser needs none.",
    "terms": "They signed the terms in force; nobody has to approve that.",
    "grant": "They applied, reviewers said yes, and its end has not come.",
    "second_factor": "In this session, or in the one that made the token.",
    "steward": "Nobody else gets in, and nobody can apply for it.",
    "linked_identity": "One of them is linked to their account.",
    "linked_orcid": "Their ORCID iD is linked to their account.",
    "linked_github": "Their GitHub account is linked to theirs here.",
    "linked_huggingface": "Their Hugging Face account is linked to theirs here.",
}


class Line(NamedTuple):
    """A need as the form offers it."""

    name: str
    title: str
    sentence: str
    asked: bool
    fixed: str  # why it can't be left out, if so
    position: str


class PolicyForm(forms.Form):
    offered = forms.ChoiceField(
        label="Who may download",
        choices=[("yes", "Whoever meets what is ticked below"), ("no", "Nobody: it is closed")],
        widget=forms.RadioSelect,
    )
    typed = Words(label="Type it to confirm", required=False)
    reason = Words(label="Reason", help_text="Stays in the record.", widget=many_lines(2))

    def __init__(self, tier: "Tier", *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.tier = tier
        self.typed_for = services.typed_for(tier)
        self.fields[
            "typed"
        ].help_text = (
            f"Only when this opens the tier further, that is asks for less: {self.typed_for}"
        )

    def needs(self) -> list[str]:
        """The needs that are ticked, by the numbers beside them; none when it is to be closed."""
        if self.data.get("offered") == "no":
            return []
        chosen = [name for name in NEEDS if self._is_asked(name)]
        return sorted(chosen, key=self._number)

    def _is_asked(self, name: str) -> bool:
        return name in ALWAYS or bool(self.data.get(f"need_{name}"))

    def _number(self, name: str) -> int:
        given = self.data.get(f"at_{name}", "").strip()
        return int(given) if given.isascii() and given.isdigit() and len(given) < 4 else 99

    def lines(self) -> list[Line]:
        """Every need of the rule: those asked first, in their order."""
        asked = self.needs() if self.is_bound else list(self.tier.policy.get(ACTION) or ())
        rest = [name for name in NEEDS if name not in asked]
        return [self._line(name, at, asked) for at, name in enumerate([*asked, *rest], start=1)]

    def _line(self, name: str, at: int, asked: list[str]) -> Line:
        fixed = ""
        if name in ALWAYS:
            fixed = "Always asked."
        elif name in policies.KEPT.get(self.tier.name, ()):
            fixed = f"The {self.tier.name} tier always asks for it."
        is_asked = name in asked or bool(fixed)
        position = str(at) if name in asked else ""
        if self.is_bound:
            position = self.data.get(f"at_{name}", "")[:4]
        return Line(name, *words_of(name, self.tier), is_asked, fixed, position)


class LimitsForm(forms.Form):
    summary = Words(label="What it holds", widget=many_lines(2))
    days = forms.IntegerField(
        label="Longest grant, in days",
        widget=forms.NumberInput(attrs={"min": 1, "max": services.LONGEST_GRANT}),
    )
    reviewers = forms.TypedChoiceField(
        label="Reviewers who must say yes",
        choices=[("1", "One"), ("2", "Two different ones")],
        coerce=int,
        widget=forms.RadioSelect,
    )
    reason = Words(label="Reason", help_text="Stays in the record.", widget=many_lines(2))


def words_of(need: str, tier: "Tier") -> tuple[str, str]:
    """What a need asks, and what that means."""
    asks = NEEDS[need].asks
    means = MEANS.get(need) or NEEDS[need].step(_stranger(tier)).sentence
    return asks[0].upper() + asks[1:], means


def _stranger(tier: "Tier") -> Facts:
    """Somebody who has done nothing yet, before a version that is published."""
    return Facts(
        now=timezone.now(),
        dataset=tier.dataset.slug,
        tier=tier.name,
        version="1.0",
        version_state="published",
        terms="1.0",
    )


def in_words(tier: "Tier") -> str:
    """What the policy means, in a sentence."""
    names = tier.policy.get(ACTION) or ()
    if not names:
        return "Closed: nobody can download it."
    told = [NEEDS[name].asks for name in names if name in NEEDS and name not in ALWAYS]
    if not told:
        return "Open: anyone can download it, without an account and without signed terms."
    return f"To download it somebody needs: {'; '.join(told)}."


@require_http_methods(["GET", "HEAD", "POST"])
@staff(Role.ADMIN)
def page(request: HttpRequest, namespace: str, name: str, tier: str) -> HttpResponse:
    actor, status = actor_of(request), 200
    found = tier_of(request, namespace, name, tier)
    policy, limits = _forms(request, found)
    if request.method == "POST":
        form = limits if sent(request, "limits") else policy
        status = _moved(request, found, form) if form.is_valid() else 422
        if not status:
            return redirect("tier-edit", namespace=namespace, name=name, tier=tier)
    marks = gate(found.policy, ACTION, _stranger(found))
    told = {
        "dataset": found.dataset,
        "tier": found,
        "policy": policy,
        "lines": policy.lines(),
        "limits": limits,
        "in_words": in_words(found),
        "marks": [mark._replace(state="later", route="", action="") for mark in marks],
        "may": actor.acts_as(Role.ADMIN, found.dataset_id),
    }
    return render(request, "admin/tier.html", told, status=status)


def tier_of(request: HttpRequest, namespace: str, name: str, tier: str) -> "Tier":
    """The tier for an admin of its dataset; for anybody else as if there were none."""
    dataset = kept(actor_of(request), namespace, name)
    try:
        return catalogue.tier(dataset, tier)
    except MissingError:
        raise MissingError("There is no such page.") from None


def _forms(request: HttpRequest, found: "Tier") -> tuple[PolicyForm, LimitsForm]:
    about_limits = sent(request, "limits")
    posted = request.POST if request.method == "POST" else None
    offered = "yes" if found.policy.get(ACTION) else "no"
    policy = PolicyForm(
        found,
        None if about_limits else posted,
        initial={"offered": offered},
        auto_id="policy_%s",
    )
    values = {"summary": found.summary, "days": found.days, "reviewers": found.reviewers}
    limits = LimitsForm(posted if about_limits else None, initial=values, auto_id="limits_%s")
    return policy, limits


def _moved(request: HttpRequest, found: "Tier", form: forms.Form) -> int:
    """Do what was asked; 0 when it was done, else the status of the refusal."""
    actor, told, now = actor_of(request), form.cleaned_data, timezone.now()
    try:
        if isinstance(form, PolicyForm):
            changed = services.change_policy(
                actor=actor, tier_id=found.pk, action=ACTION, needs=form.needs(),
                typed=told["typed"], reason=told["reason"], now=now,
            )  # fmt: skip
            messages.success(request, f"In force now. {in_words(changed)}")
        else:
            services.change_tier(
                actor=actor, tier_id=found.pk, summary=told["summary"], days=told["days"],
                reviewers=told["reviewers"], reason=told["reason"], now=now,
            )  # fmt: skip
            messages.success(request, "Saved. Grants that were given keep their end.")
    except REFUSALS as error:
        return blame(form, error)
    return 0


urls = [
    path("admin/datasets/<str:namespace>/<str:name>/tiers/<str:tier>", page, name="tier-edit"),
]
