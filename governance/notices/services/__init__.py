"""Every change to what people are told: one public verb a use case.

making      messages from the record
posting     mail that no entry tells of; checkpoints to witnesses
delivering  mail from the outbox to a mail server
reaching    addresses that give mail back
choosing    silence, follows, what was read
hooks       webhooks: made, changed, tried
calling     messages to webhooks
tidying     what goes by itself
"""

from governance.notices.kinds import TELLERS
from governance.notices.services.calling import call_due, calls_waiting, rotate_keys, webhook_id
from governance.notices.services.choosing import (
    choose,
    follow,
    mark_all_read,
    mark_read,
    silence_by_link,
    unfollow,
)
from governance.notices.services.delivering import deliver_due
from governance.notices.services.hooks import (
    change_hook,
    make_hook,
    redeliver,
    remove_hook,
    rotate_hook,
    set_hook_state,
    test_hook,
)
from governance.notices.services.making import make_from_record
from governance.notices.services.posting import post_checkpoint, post_mail
from governance.notices.services.reaching import (
    ask_to_confirm,
    confirm_address,
    forget_address,
    mark_unreachable,
    read_confirmation,
)
from governance.notices.services.tidying import forget_strangers, tidy

__all__ = [
    "TELLERS",
    "ask_to_confirm",
    "call_due",
    "calls_waiting",
    "change_hook",
    "choose",
    "confirm_address",
    "deliver_due",
    "follow",
    "forget_address",
    "forget_strangers",
    "make_from_record",
    "make_hook",
    "mark_all_read",
    "mark_read",
    "mark_unreachable",
    "post_checkpoint",
    "post_mail",
    "read_confirmation",
    "redeliver",
    "remove_hook",
    "rotate_hook",
    "rotate_keys",
    "set_hook_state",
    "silence_by_link",
    "test_hook",
    "tidy",
    "unfollow",
    "webhook_id",
]
