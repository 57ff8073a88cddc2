"""Give, end and list roles."""

from argparse import ArgumentParser, ArgumentTypeError
from datetime import date, datetime
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from governance.access import holding, services
from governance.audit.actors import Role
from governance.catalogue import selectors as catalogue
from portal.accounts import inviting
from portal.operators import ON_TOKEN, acting_as, person, site, told_in_one_sentence
from portal.pages.roles import end_of

EXAMPLES = (
    "Examples: manage.py role give grace@example.org steward --until 2027-12-31 "
    '--reason "joins the team" --as ada@example.org; manage.py role list'
)


class Command(BaseCommand):
    help = (
        "Give a role on one dataset or on the whole site, end one, or list who holds what. An "
        f"address without an account gets an invitation by mail. {EXAMPLES}"
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        acts = parser.add_subparsers(dest="act", required=True, metavar="give|end|list")
        for act in ("give", "end"):
            words = acts.add_parser(act, help=f"{act} a role")
            words.add_argument("email")
            words.add_argument("role", choices=list(Role))
            words.add_argument("--dataset", default="", help="NS/NAME; without it, the whole site")
            words.add_argument("--reason", required=True, help="kept in the record")
            words.add_argument("--as", dest="admin", required=True, help=ON_TOKEN)
            if act == "give":
                words.add_argument("--until", type=_day, help="last day, YYYY-MM-DD; none: no end")
        acts.add_parser("list", help="who holds what until when, and who is invited")

    def handle(self, *, act: str, **told: Any) -> None:
        with told_in_one_sentence():
            {"give": self._give, "end": self._end, "list": self._list}[act](told)

    def _give(self, told: dict[str, Any]) -> None:
        given = inviting.bring_in(
            actor=acting_as(told["admin"], dataset=told["dataset"]),
            email=told["email"],
            role=Role(told["role"]),
            dataset=catalogue.dataset_by_slug(told["dataset"]) if told["dataset"] else None,
            ends=end_of(told["until"]),
            reason=told["reason"],
            now=timezone.now(),
            site=site(),
        )
        became = f"is {told['role']} now" if given else "has no account: an invitation was mailed"
        self.stdout.write(f"{told['email']} {became}.")

    def _end(self, told: dict[str, Any]) -> None:
        now = timezone.now()
        actor, who = acting_as(told["admin"], dataset=told["dataset"]), person(told["email"])
        held = [
            each
            for each in holding.of(who.pk, now=now)
            if each.role == told["role"]
            and (each.dataset.slug if each.dataset else "") == told["dataset"]
        ]
        if not held:
            where = told["dataset"] or "the whole site"
            raise CommandError(f"{who.email} is not {told['role']} of {where}.")
        services.end_role(actor=actor, held_id=held[0].pk, reason=told["reason"], now=now)
        self.stdout.write(f"{who.email} is no longer {told['role']}.")

    def _list(self, told: dict[str, Any]) -> None:
        del told
        now = timezone.now()
        for each in holding.every(now=now):
            self._line(each.user.email, each.role, each.dataset, each.ends, "")
        for each in holding.every_invitation(now=now):
            self._line(each.email, each.role, each.dataset, each.ends, "  invited")

    def _line(self, email: str, role: str, dataset: Any, ends: datetime | None, more: str) -> None:
        where = dataset.slug if dataset else "the whole site"
        until = f"until {ends:%Y-%m-%d}" if ends else "no end"
        self.stdout.write(f"{email:40} {role:8} {where:30} {until}{more}")


def _day(word: str) -> date:
    try:
        return date.fromisoformat(word)
    except ValueError:
        raise ArgumentTypeError(f"'{word}' is no day: write YYYY-MM-DD") from None
