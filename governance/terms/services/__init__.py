"""Every change to terms, drafts, acceptances and shared copies.

One public verb a use case, a module a family.
"""

from governance.terms.services.accepting import accept, erase_old_traces, erase_traces
from governance.terms.services.drafting import (
    Written,
    discard_draft,
    publish_draft,
    save_draft,
    start_draft,
)
from governance.terms.services.publishing import publish_terms, remind
from governance.terms.services.sharing import end_copy, register_copy
from governance.terms.services.winding import confirm_wind_down

__all__ = [
    "Written",
    "accept",
    "confirm_wind_down",
    "discard_draft",
    "end_copy",
    "erase_old_traces",
    "erase_traces",
    "publish_draft",
    "publish_terms",
    "register_copy",
    "remind",
    "save_draft",
    "start_draft",
]
