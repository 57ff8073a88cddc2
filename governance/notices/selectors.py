"""Questions about messages."""

from datetime import datetime

from django.db.models import QuerySet

from governance.notices.models import Channel, Message, State


def inbox(user_id: int) -> QuerySet[Message]:
    return Message.objects.filter(user_id=user_id, channel=Channel.INBOX).order_by("-id")


def unread(user_id: int) -> int:
    return inbox(user_id).filter(read_at=None).count()


def overdue(*, before: datetime) -> int:
    """Mails made before this time that have neither gone out nor failed."""
    return Message.objects.filter(
        state=State.QUEUED, channel=Channel.MAIL, made_at__lt=before
    ).count()
