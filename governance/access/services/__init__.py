"""Every change to roles, applications, grants and suspensions.

One public verb a use case, a module a family.
"""

from governance.access.services.applications import (
    ANSWER_DAYS,
    ANSWER_WITHIN,
    EXPIRE_AFTER,
    EXPIRE_DAYS,
    RENEW_WITHIN,
    answer_application,
    apply,
    apply_again,
    draft_application,
    nudge_application,
    renew_grant,
    save_draft,
    submit_application,
    withdraw_application,
)
from governance.access.services.blocks import add_block, lift_block
from governance.access.services.clock import escalate_late, expire_old, warn_of_ends
from governance.access.services.files import (
    add_upload,
    erase_orphans,
    erase_uploads,
    read_upload,
    remove_upload,
)
from governance.access.services.grants import end_all_of, revoke_application, revoke_grant
from governance.access.services.groups import (
    accept_invitation,
    decline_invitation,
    leave_group,
    remove_member,
)
from governance.access.services.inviting import (
    accept_role,
    invite_to_role,
    withdraw_invitation,
)
from governance.access.services.leaving import check_leaving, leave
from governance.access.services.policies import (
    LONGEST_GRANT,
    change_form,
    change_policy,
    change_tier,
    typed_for,
)
from governance.access.services.reviewing import (
    Outcome,
    approve_application,
    decide_many,
    give_back_application,
    hand_on_application,
    note_application,
    reject_application,
    return_application,
    take_application,
)
from governance.access.services.roles import (
    change_end,
    end_role,
    give_role,
    warn_of_role_ends,
)
from governance.access.services.suspensions import end_suspensions, lift_suspension, suspend

__all__ = [
    "ANSWER_DAYS",
    "ANSWER_WITHIN",
    "EXPIRE_AFTER",
    "EXPIRE_DAYS",
    "LONGEST_GRANT",
    "RENEW_WITHIN",
    "Outcome",
    "accept_invitation",
    "accept_role",
    "add_block",
    "add_upload",
    "answer_application",
    "apply",
    "apply_again",
    "approve_application",
    "change_end",
    "change_form",
    "change_policy",
    "change_tier",
    "check_leaving",
    "decide_many",
    "decline_invitation",
    "draft_application",
    "end_all_of",
    "end_role",
    "end_suspensions",
    "erase_orphans",
    "erase_uploads",
    "escalate_late",
    "expire_old",
    "give_back_application",
    "give_role",
    "hand_on_application",
    "invite_to_role",
    "leave",
    "leave_group",
    "lift_block",
    "lift_suspension",
    "note_application",
    "nudge_application",
    "read_upload",
    "reject_application",
    "remove_member",
    "remove_upload",
    "renew_grant",
    "return_application",
    "revoke_application",
    "revoke_grant",
    "save_draft",
    "submit_application",
    "suspend",
    "take_application",
    "typed_for",
    "warn_of_ends",
    "warn_of_role_ends",
    "withdraw_application",
    "withdraw_invitation",
]
