"""Tokens for programs: made, shown once, listed, revoked."""

import shlex
from dataclasses import replace
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import path, reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from governance.access import selectors as access
from governance.audit.actors import CARRY_FACTOR, Actor, Limits, Role, Scope
from governance.catalogue import selectors as catalogue
from governance.errors import InvalidError, MissingError, NotPermittedError
from portal.accounts import tokens
from portal.accounts.actors import actor_of
from portal.accounts.models import ApiToken
from portal.pages.forming import Words, blame, sent
from portal.pages.guards import factor_route, signed_in

USUAL_DAYS = 30
SCOPES = {  # what a token may do, in the words of a form and of a list
    Scope.READ: ("Read only", "Lists and downloads. Take this one for scripts and clusters."),
    Scope.ACT: ("Act for me", "Also signs terms and applies for access, in your name."),
    Scope.REVIEW: ("Review", "Also answers applications as a steward. Needs your second factor."),
    Scope.OPERATE: (
        "Operate",
        "Also builds, approves and publishes in your name, from the command line of the machine. "
        "Needs your second factor.",
    ),
}


TRIED = 5  # tiers that are looked into for an example


class TokenForm(forms.Form):
    name = Words(
        label="Name", help_text="Where it will be used, to tell tokens apart: laptop, cluster."
    )
    scope = forms.ChoiceField(
        label="What may it do?", required=False, initial=Scope.READ, widget=forms.RadioSelect
    )
    dataset = forms.ChoiceField(
        label="Dataset", required=False, help_text="A token for one dataset opens no other."
    )
    factor = forms.BooleanField(
        label="It also opens what asks for a second factor",
        required=False,
        help_text="The raw and annotations tiers, if they are open to you. You use your second "
        "factor now; the token then carries it until it ends.",
    )
    days = forms.IntegerField(
        label="Days",
        initial=USUAL_DAYS,
        help_text=f"Then it ends by itself; {tokens.LONGEST} at most.",
        widget=forms.NumberInput(attrs={"min": 1, "max": tokens.LONGEST}),
    )

    def __init__(self, *args: Any, actor: Actor, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        slugs = [each.slug for each in catalogue.listed()]
        self.fields["dataset"].choices = [("", "Every dataset"), *((each, each) for each in slugs)]
        roles = {role for role, _ in actor.roles}
        offered = {
            Scope.READ: True,
            Scope.ACT: True,
            Scope.REVIEW: Role.STEWARD in roles,
            Scope.OPERATE: bool(roles & {Role.STEWARD, Role.ADMIN}),
        }
        self.fields["scope"].choices = [
            (scope, f"{title}. {words}")
            for scope, (title, words) in SCOPES.items()
            if offered[scope]
        ]

    def told(self) -> dict[str, Any]:
        """What the verb takes; a token that answers applications carries the second factor."""
        given = self.cleaned_data
        scope = given["scope"] or Scope.READ
        return {
            "name": given["name"],
            "dataset": given["dataset"],
            "days": given["days"],
            "scope": scope,
            "second_factor": given["factor"] or scope in CARRY_FACTOR,
        }


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
def tokens_page(request: HttpRequest) -> HttpResponse:
    """Tokens: made, listed, revoked. A new secret is in the answer to its POST and nowhere else."""
    actor, status = actor_of(request), 200
    if sent(request, "revoke"):
        return _revoke(request, actor)
    form = TokenForm(initial=_asked_before(request), actor=actor)
    if request.method == "POST":
        form = TokenForm(request.POST, actor=actor)
        if form.is_valid():
            try:
                return _made(request, actor, form)
            except tokens.FactorNeededError:
                return _factor_first(actor, form)
            except (InvalidError, NotPermittedError) as error:
                status = blame(form, error)
        else:
            status = 422
    response = render(request, "researcher/tokens.html", _listed(actor, form), status=status)
    response["Cache-Control"] = "no-store"
    return response


def _asked_before(request: HttpRequest) -> dict[str, str]:
    """What was filled in before the second factor was asked for."""
    return {name: request.GET[name][:200] for name in TokenForm.base_fields if name in request.GET}


def _factor_first(actor: Actor, form: TokenForm) -> HttpResponseRedirect:
    """To the second factor and back to the filled form."""
    given = {name: form.data[name] for name in form.fields if form.data.get(name)}
    back = f"{reverse('tokens')}?{urlencode(given)}"
    return HttpResponseRedirect(f"{reverse(factor_route(actor))}?{urlencode({'next': back})}")


def _listed(actor: Actor, form: forms.Form) -> dict[str, Any]:
    now = timezone.now()
    good, gone = [], []
    for each in tokens.of(actor.user_id):
        row = {"it": each, "may": SCOPES[Scope(each.scope)][0], "over": each.ends_at <= now}
        (gone if row["over"] or each.revoked_at else good).append(row)
    return {"form": form, "tokens": good, "gone": gone, "longest": tokens.LONGEST}


def _made(request: HttpRequest, actor: Actor, form: TokenForm) -> HttpResponse:
    token, secret = tokens.make(
        actor=actor, owner_id=actor.user_id or 0, now=timezone.now(), **form.told()
    )
    example = _example(request, actor, token)
    endpoint = settings.PUBLIC_URL or request.build_absolute_uri("/").rstrip("/")
    shown = {
        "token": token,
        "may": SCOPES[Scope(token.scope)],
        "secret": secret,
        "export": f"export HF_ENDPOINT={endpoint}\nexport HF_TOKEN={secret}",
        "curl": _curl(*example) if example else "",
        "example": example,
    }
    response = render(request, "researcher/token-made.html", shown)
    response["Cache-Control"] = "no-store"
    return response


def _example(request: HttpRequest, actor: Actor, token: ApiToken) -> tuple[str, str] | None:
    """(address, path) of a file that the token opens now, for a pasteable command."""
    limits = Limits(token.name, token.dataset, token.scope, token.ends_at)
    bearer = replace(actor, token=limits, second_factor=token.second_factor)
    for tier in access.current_tiers_open_to(bearer, timezone.now())[:TRIED]:
        version = catalogue.current(tier.dataset)
        file = catalogue.smallest(version, tier.name) if version is not None else None
        if file is not None:
            repository = catalogue.repository_name(tier.dataset, tier.name)
            return _file_address(request, repository, f"v{version.number}", file.path)
    return None


def _file_address(
    request: HttpRequest, repository: str, revision: str, file: str
) -> tuple[str, str]:
    """Of one version: a later try must not go on in the file of another."""
    namespace, _, name = repository.partition("/")
    where = {"namespace": namespace, "name": name, "revision": revision, "path": file}
    path_ = reverse("file", kwargs=where)
    base = settings.PUBLIC_URL
    url = f"{base}{path_}" if base else request.build_absolute_uri(path_)
    return url, file


def _curl(url: str, file: str) -> str:
    """Goes on where an earlier try stopped; a refusal writes no file and says what is missing."""
    return (
        "curl --fail --location --continue-at - \\\n"
        f"  --create-dirs --output {shlex.quote(file)} \\\n"
        '  --header "Authorization: Bearer $HF_TOKEN" \\\n'
        "  --write-out '%header{x-error-message}\\n' \\\n"
        f"  {shlex.quote(url)}"
    )


def _revoke(request: HttpRequest, actor: Actor) -> HttpResponse:
    given = request.POST.get("token", "")
    if not (given.isascii() and given.isdigit() and len(given) < 19):
        raise MissingError("There is no such token.")
    tokens.revoke(actor=actor, token_id=int(given), now=timezone.now())
    messages.success(request, "The token is revoked: it opens nothing from now on.")
    return redirect("tokens")


urls = [
    path("tokens", tokens_page, name="tokens"),
]
