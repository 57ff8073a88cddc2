"""The second half of winding a dataset down: confirmed, closed, and under restricted terms."""

from datetime import datetime

from django.db import transaction

from governance import dates
from governance.audit.actors import Actor
from governance.catalogue import services as catalogue
from governance.catalogue.models import Dataset, Winding
from governance.errors import NotPermittedError, WrongStateError
from governance.terms import defaults
from governance.terms.models import TermsVersion
from governance.terms.services.publishing import publish_terms


def confirm_wind_down(*, winding_id: int, actor: Actor, now: datetime) -> Winding:
    """Confirm another admin's proposal. At once, on every surface: no file is handed out, nobody
    applies, the restricted terms stand in the place of the others, nothing new is built.

    Raises:
        NotPermittedError: `actor` is no admin of the dataset, or is who proposed it.
        WrongStateError: the proposal was confirmed, cancelled, or has expired; or other terms are
            published that take effect later and would replace the restricted ones.
    """
    with transaction.atomic():
        winding = catalogue.open_winding(winding_id, actor, now=now)
        if actor.user_id == winding.proposed_by:
            raise NotPermittedError(
                "You proposed this yourself: another admin of the dataset confirms it."
            )
        dataset, erase_by = winding.dataset, now + catalogue.COPIES_ERASED_WITHIN
        _check_coming(dataset, now=now)
        made = publish_terms(
            actor=actor,
            dataset=dataset,
            number=_next_number(dataset),
            title=defaults.RESTRICTED_TITLE,
            summary=defaults.RESTRICTED_SUMMARY,
            clauses=defaults.restricted_clauses(dates.moment(erase_by)),
            uses=defaults.RESTRICTED_USES,
            effective_at=now,
            reason=winding.reason,
            now=now,
        )
        catalogue.close_dataset(
            winding=winding, actor=actor, terms_version=made.number, erase_by=erase_by, now=now
        )
    return winding


def _check_coming(dataset: Dataset, *, now: datetime) -> None:
    coming = TermsVersion.objects.filter(dataset=dataset, effective_at__gte=now).first()
    if coming is not None:
        raise WrongStateError(
            f"Terms {coming.number} take effect on {dates.moment(coming.effective_at)} and would "
            "replace the restricted ones: confirm after that."
        )


def _next_number(dataset: Dataset) -> str:
    numbers = TermsVersion.objects.filter(dataset=dataset).values_list("number", flat=True)
    return f"{max((int(each.split('.')[0]) for each in numbers), default=0) + 1}.0"
