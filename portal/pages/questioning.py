"""The editor of an application's form. Nothing is kept before it is saved: the draft travels in
the page itself, so it works without a script and two admins never share a half-made form."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import path
from django.utils import timezone
from django.utils.text import slugify
from django.views.decorators.http import require_http_methods

from governance.access import services
from governance.access.forms import FILE_TYPES, KINDS, MOST_QUESTIONS, PARTS, check_form
from governance.audit.actors import Role
from governance.errors import InvalidError, NotPermittedError, WrongStateError
from portal.accounts.actors import actor_of
from portal.pages.guards import staff
from portal.pages.questions import Answered
from portal.pages.tiering import tier_of
from portal.refusals import status_of

if TYPE_CHECKING:
    from governance.catalogue.models import Tier

Question = dict[str, Any]
LABELS = {
    "text": "One line",
    "long": "Several lines",
    "choice": "One of several",
    "multi-choice": "Some of several",
    "date": "A date",
    "country": "A country",
    "file": "A file",
    "declaration": "A declaration to tick",
}
NUMBERS = {"least", "most", "megabytes"}


@require_http_methods(["GET", "HEAD", "POST"])
@staff(Role.ADMIN)
def page(request: HttpRequest, namespace: str, name: str, tier: str) -> HttpResponse:
    found, status = tier_of(request, namespace, name, tier), 200
    draft: list[Question] = [dict(each) for each in found.form]
    errors: dict[str, str] = {}
    reason = ""
    if request.method == "POST":
        draft, reason = read(request.POST), request.POST.get("reason", "")
        verb, _, at = request.POST.get("do", "").partition(":")
        if verb == "save":
            status, errors = _saved(request, found, draft, reason)
            if not errors:
                return redirect("tier-form", namespace=namespace, name=name, tier=tier)
        else:
            draft = moved(draft, verb, at)
    told = _shown(found, draft, errors) | {"reason": reason, "changed": draft != list(found.form)}
    return render(request, "admin/tier_form.html", told, status=status)


def _saved(
    request: HttpRequest, found: "Tier", draft: list[Question], reason: str
) -> tuple[int, dict[str, str]]:
    """Status and errors by `1.label`; those of no question stand under an empty name."""
    try:
        services.change_form(
            actor=actor_of(request),
            tier_id=found.pk,
            questions=draft,
            reason=reason,
            now=timezone.now(),
        )
    except InvalidError as error:
        return status_of(error), error.fields or {"": error.sentence}
    except (WrongStateError, NotPermittedError) as error:
        return status_of(error), {"": error.sentence}
    messages.success(request, "Saved. Who applies from now on is asked this.")
    return 0, {}


def moved(draft: list[Question], verb: str, at: str) -> list[Question]:
    """The draft after a button: `add` a kind, or `up`, `down`, `remove` a question (from 1)."""
    if verb == "add" and at in KINDS and len(draft) < MOST_QUESTIONS:
        return [*draft, _blank(at)]
    index = int(at) - 1 if at.isascii() and at.isdigit() and len(at) < 4 else -1
    if not 0 <= index < len(draft):
        return draft
    if verb == "remove":
        return draft[:index] + draft[index + 1 :]
    other = {"up": index - 1, "down": index + 1}.get(verb, -1)
    if 0 <= other < len(draft):
        draft = list(draft)
        draft[index], draft[other] = draft[other], draft[index]
    return draft


def _blank(kind: str) -> Question:
    made: Question = {"name": "", "label": "", "kind": kind, "required": True}
    if kind == "file":
        made |= {"types": ["pdf"], "megabytes": 5}
    if "choices" in PARTS[kind]:
        made["choices"] = []
    return made


def read(posted: QueryDict) -> list[Question]:
    """The questions that a page sent, in their order; a name that is missing is made."""
    count = posted.get("count", "0")
    most = (
        min(int(count), MOST_QUESTIONS)
        if count.isascii() and count.isdigit() and len(count) < 4
        else 0
    )
    draft = [_question(posted, at) for at in range(1, most + 1)]
    taken = {each["name"] for each in draft}
    for each in draft:
        each["name"] = each["name"] or _name(each["label"], taken)
        taken.add(each["name"])
    return draft


def _question(posted: QueryDict, at: int) -> Question:
    def given(part: str) -> str:
        return posted.get(f"q{at}_{part}", "").strip()

    kind = given("kind")
    made: Question = {"name": given("name"), "label": given("label"), "kind": kind}
    made["required"] = bool(given("required"))
    if given("help"):
        made["help"] = given("help")
    for part in sorted(PARTS.get(kind, ())):
        value = _part(part, kind, given(part), posted.getlist(f"q{at}_{part}"))
        if value not in ("", None):
            made[part] = value
    return made


def _part(part: str, kind: str, word: str, words: Sequence[str]) -> Any:
    if part == "choices":
        return [line.strip() for line in word.splitlines() if line.strip()]
    if part == "types":
        return list(words)
    if part in NUMBERS and kind != "date":
        return int(word) if word.isascii() and word.isdigit() and len(word) < 7 else word
    return word


def _name(label: str, taken: set[str]) -> str:
    """A name for the answers, from the words of the question."""
    base = slugify(label).replace("-", "_").strip("_")[:30] or "question"
    base = base if base[0].isalpha() else f"q_{base}"
    name, number = base, 2
    while name in taken:
        name, number = f"{base}_{number}", number + 1
    return name


def _shown(found: "Tier", draft: list[Question], errors: dict[str, str]) -> dict[str, Any]:
    rows = [
        {
            "at": at,
            "it": each,
            "kind": LABELS.get(each["kind"], each["kind"]),
            "parts": PARTS.get(each["kind"], set()),
            "choices": "\n".join(each.get("choices", ())),
            "types": [(name, name in each.get("types", ())) for name in FILE_TYPES],
            "errors": _errors_of(errors, at),
            "first": at == 1,
            "last": at == len(draft),
        }
        for at, each in enumerate(draft, start=1)
    ]
    whole = [each for each in draft if _stands(each)]
    return {
        "dataset": found.dataset,
        "tier": found,
        "rows": rows,
        "errors": [sentence for where, sentence in errors.items() if "." not in where],
        "kinds": LABELS.items(),
        "full": len(draft) >= MOST_QUESTIONS,
        "preview": Answered(whole).form if whole else None,
        "asks_for_grant": "grant" in (found.policy.get("download") or ()),
    }


def _stands(question: Question) -> bool:
    """Whether a question is whole: an applicant can be shown it."""
    try:
        check_form([question])
    except InvalidError:
        return False
    return True


def _errors_of(errors: dict[str, str], at: int) -> dict[str, str]:
    return {
        where.partition(".")[2]: sentence
        for where, sentence in errors.items()
        if where.partition(".")[0] == str(at) and "." in where
    }


urls = [
    path("admin/datasets/<str:namespace>/<str:name>/tiers/<str:tier>/form", page, name="tier-form"),
]
