"""One's own account: profile, what is missing, tokens for programs."""

import shlex
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path, reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from governance.access import selectors as access
from governance.audit.actors import Actor
from governance.catalogue import selectors as catalogue
from governance.errors import InvalidError, MissingError, NotPermittedError
from portal.accounts import people, profile, tokens
from portal.accounts.actors import actor_of
from portal.pages.forming import Words, blame, sent
from portal.pages.guards import factor_route, signed_in

USUAL_DAYS = 30


class TokenForm(forms.Form):
    name = Words(
        label="Name", help_text="Where it will be used, to tell tokens apart: laptop, cluster."
    )
    dataset = forms.ChoiceField(
        label="Dataset", required=False, help_text="A token for one dataset opens no other."
    )
    days = forms.IntegerField(
        label="Days",
        initial=USUAL_DAYS,
        help_text=f"Then it ends by itself; {tokens.LONGEST} at most.",
        widget=forms.NumberInput(attrs={"min": 1, "max": tokens.LONGEST}),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        slugs = [each.slug for each in catalogue.listed()]
        self.fields["dataset"].choices = [("", "Every dataset"), *((each, each) for each in slugs)]


class ProfileForm(forms.Form):
    name = Words(
        label="Full name",
        help_text="As you sign. What you have signed keeps the name that you typed there.",
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
    )
    affiliation = Words(
        label="Organisation",
        required=False,
        help_text="A university, company or project.",
        widget=forms.TextInput(attrs={"autocomplete": "organization"}),
    )
    country = Words(
        label="Country",
        required=False,
        help_text="Of your organisation; shown only in sums.",
        widget=forms.Select(attrs={"autocomplete": "country"}),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["country"].widget.choices = people.country_choices()


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
def tokens_page(request: HttpRequest) -> HttpResponse:
    """Tokens: made, listed, revoked. A new secret is in the answer to its POST and nowhere else."""
    actor, status, form = actor_of(request), 200, TokenForm()
    if sent(request, "revoke"):
        return _revoke(request, actor)
    if request.method == "POST":
        form = TokenForm(request.POST)
        if form.is_valid():
            try:
                return _made(request, actor, form.cleaned_data)
            except (InvalidError, NotPermittedError) as error:
                status = blame(form, error)
        else:
            status = 422
    response = render(request, "researcher/tokens.html", _listed(actor, form), status=status)
    response["Cache-Control"] = "no-store"
    return response


def _listed(actor: Actor, form: forms.Form) -> dict[str, Any]:
    now = timezone.now()
    listed = [
        {"it": each, "over": each.ends_at <= now, "last": each.used_at}
        for each in tokens.of(actor.user_id)
    ]
    return {"form": form, "tokens": listed, "longest": tokens.LONGEST}


def _made(request: HttpRequest, actor: Actor, told: dict[str, Any]) -> HttpResponse:
    token, secret = tokens.make(
        actor=actor,
        owner_id=actor.user_id or 0,
        name=told["name"],
        dataset=told["dataset"],
        days=told["days"],
        second_factor=actor.second_factor,
        now=timezone.now(),
    )
    example = _example(request, actor, token.dataset)
    endpoint = settings.PUBLIC_URL or request.build_absolute_uri("/").rstrip("/")
    shown = {
        "token": token,
        "secret": secret,
        "export": f"export HF_ENDPOINT={endpoint}\nexport HF_TOKEN={secret}",
        "curl": _curl(*example) if example else "",
        "example": example,
    }
    response = render(request, "researcher/token-made.html", shown)
    response["Cache-Control"] = "no-store"
    return response


def _example(request: HttpRequest, actor: Actor, only: str) -> tuple[str, str] | None:
    """(address, file name) of a file that this person may have now, for a pasteable command."""
    for dataset in catalogue.listed():
        version = dataset.current[0] if dataset.current else None
        if version is None or only not in {"", dataset.slug}:
            continue
        for each in access.standing(actor, dataset, version, now=timezone.now()):
            file = catalogue.smallest(version, each.tier.name)
            if each.decision.allowed and file is not None:
                repository = catalogue.repository_name(dataset, each.tier.name)
                return _file_address(request, repository, file.path)
    return None


def _file_address(request: HttpRequest, repository: str, file: str) -> tuple[str, str]:
    namespace, _, name = repository.partition("/")
    where = {"namespace": namespace, "name": name, "revision": "main", "path": file}
    path_ = reverse("file", kwargs=where)
    base = settings.PUBLIC_URL
    url = f"{base}{path_}" if base else request.build_absolute_uri(path_)
    return url, file.rpartition("/")[2]


def _curl(url: str, file: str) -> str:
    """Goes on where an earlier try stopped; a refusal writes no file and says what is missing."""
    return (
        f"curl --fail --location --continue-at - --output {shlex.quote(file)} \\\n"
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


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
def account(request: HttpRequest) -> HttpResponse:
    actor, status = actor_of(request), 200
    user = request.user
    kept = {name: getattr(user, name) for name in ("name", "affiliation", "country")}
    form = ProfileForm(initial=kept)
    if request.method == "POST":
        form = ProfileForm(request.POST)
        try:
            form.is_valid()
            profile.update(actor=actor, **form.cleaned_data)
        except (InvalidError, NotPermittedError) as error:
            status = blame(form, error)
        else:
            messages.success(request, "Your profile is saved.")
            return redirect("account")
    told = {"form": form, "roles": _roles(actor), "missing": _missing(actor, request)}
    return render(request, "researcher/account.html", told, status=status)


def _roles(actor: Actor) -> list[dict[str, str]]:
    slugs = {each.pk: each.slug for each in catalogue.every()} if actor.roles else {}
    held = [
        {"role": str(role), "where": slugs.get(at, "") if at is not None else "every dataset"}
        for role, at in actor.roles
    ]
    return sorted(held, key=lambda each: (each["role"], each["where"]))


def _missing(actor: Actor, request: HttpRequest) -> list[dict[str, str]]:
    """What this account still lacks, in the order in which it is best done."""
    found = []
    if not actor.verified:
        found.append(
            {
                "title": "Confirm your address",
                "text": "Until then nothing can be signed, applied for or downloaded.",
                "url": reverse("account_email"),
                "action": "Send the link",
            }
        )
    if actor.is_staff and not actor.second_factor:
        action = "Confirm with a code" if actor.has_second_factor else "Set it up"
        found.append(
            {
                "title": "Use your second factor",
                "text": "Your role works only in a session in which it was used.",
                "url": f"{reverse(factor_route(actor))}?next={request.path}",
                "action": action,
            }
        )
    return found


urls = [
    path("tokens", tokens_page, name="tokens"),
    path("account", account, name="account"),
]
