"""What a mail server's no says: about the address, or about something that may pass.

An address is given up only where the server says that it is not there (RFC 3463: 5.1.x, 5.2.1), or
says nothing closer with a 550, 551 or 553 to the recipient. A refusal for a policy's sake (5.7.x),
for size or for the sender is no word about the address.
"""

import re
import smtplib

_CLOSER = re.compile(rb"^5\.(\d{1,3})\.(\d{1,3})")
_OF_ADDRESS = {(1, detail) for detail in (0, 1, 2, 3, 4, 6, 10)} | {(2, 1)}
_BARE = {550, 551, 553}


def is_answer(error: Exception) -> bool:
    """Whether the server is still there: it answered this mail and will answer the next."""
    gone = isinstance(error, OSError) and not isinstance(error, smtplib.SMTPException)
    return not gone and not isinstance(error, smtplib.SMTPServerDisconnected)


def permanent(error: Exception) -> str:
    """Why the address can't be reached, in one line without the address; empty when it may yet."""
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        return next((_judged(*told) for told in error.recipients.values()), "")
    if isinstance(error, smtplib.SMTPDataError):
        return _judged(error.smtp_code, error.smtp_error, bare=frozenset())
    if type(error).__name__ == "AnymailRecipientsRefused":
        return "the mail service refuses this address"
    return ""


def _judged(code: int, told: bytes | str, *, bare: frozenset[int] | set[int] = _BARE) -> str:
    if not 500 <= code < 600:
        return ""
    words = told if isinstance(told, bytes) else told.encode()
    closer = _CLOSER.match(words)
    if closer is None:
        return f"the mail server answered {code}" if code in bare else ""
    number = (int(closer[1]), int(closer[2]))
    told_code = f"{code} {closer[0].decode()}"
    return f"the mail server answered {told_code}" if number in _OF_ADDRESS else ""
