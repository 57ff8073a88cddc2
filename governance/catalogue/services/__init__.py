"""Every change to datasets and versions: one public verb a use case, a module a family."""

from governance.catalogue.services.approving import approve_version, reject_version
from governance.catalogue.services.datasets import (
    TierSpec,
    add_source,
    check_slug,
    make_dataset,
)
from governance.catalogue.services.holding import check_keeper, lift_hold, place_hold
from governance.catalogue.services.judging import review_difference
from governance.catalogue.services.making import (
    Candidate,
    FileSpec,
    begin_version,
    finish_version,
)
from governance.catalogue.services.noting import change_notes
from governance.catalogue.services.publishing import SERVED_AFTER, publish_version
from governance.catalogue.services.winding import ERASE_WITHIN as COPIES_ERASED_WITHIN
from governance.catalogue.services.winding import (
    cancel_wind_down,
    close_dataset,
    open_winding,
    propose_wind_down,
    refuse_wound_down,
)
from governance.catalogue.services.withdrawing import (
    ERASE_WITHIN,
    ask_for_purge,
    close_over,
    withdraw_version,
)

__all__ = [
    "COPIES_ERASED_WITHIN",
    "ERASE_WITHIN",
    "SERVED_AFTER",
    "Candidate",
    "FileSpec",
    "TierSpec",
    "add_source",
    "approve_version",
    "ask_for_purge",
    "begin_version",
    "cancel_wind_down",
    "change_notes",
    "check_keeper",
    "check_slug",
    "close_dataset",
    "close_over",
    "finish_version",
    "lift_hold",
    "make_dataset",
    "open_winding",
    "place_hold",
    "propose_wind_down",
    "publish_version",
    "refuse_wound_down",
    "reject_version",
    "review_difference",
    "withdraw_version",
]
