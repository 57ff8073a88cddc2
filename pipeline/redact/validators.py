"""Judges of keys and passwords: what is one, and what only has the shape or the name of one."""

import base64
import binascii
import hashlib
import json
import math
import re

from .found import Found
from .placeholders import is_filler, is_placeholder
from .randomness import entropy, kinds, strangeness

# --- keys of known services


def is_real_key(found: Found) -> bool:
    """Keep what is no mask or example; a documented format is proof enough otherwise."""
    value = found.value
    if re.search(r"example|x{6}|\.{3}|(?i:your[-_])", value, re.IGNORECASE):
        return False
    tail = value[-16:]
    return len(set(tail)) > 4 and not is_filler(value[4:])


def is_random_key(found: Found) -> bool:
    """As `is_real_key`, for formats whose mark is short: the rest must look random too."""
    return is_real_key(found) and entropy(found.value) >= 3.0 and strangeness(found.value) >= 0.25


def is_jwt(found: Found) -> bool:
    """Keep what begins with a JOSE header, RFC 7515: base64url of a JSON object with `alg`."""
    head = found.value.partition(".")[0]
    try:
        told = json.loads(base64.urlsafe_b64decode(head + "=" * (-len(head) % 4)))
    except (binascii.Error, ValueError):
        return False
    return isinstance(told, dict) and "alg" in told


KEY_BLOCK = 20_000  # code points: an RSA key of 16384 bits in PEM has 12,700
_BODY = re.compile(r"[\s\\rn\"',+#*>|/-]*(?:[A-Za-z0-9+/=]{16,}[\s\\rn\"',+#*>|]*)+")
_PEM_FIELD = re.compile(
    r"^[ \t\\rn\"'+#*]*(?:Proc-Type|DEK-Info|Version|Comment): .*$", re.MULTILINE
)


def whole_block(found: Found) -> Found | None:
    """Stretch a found `-----BEGIN ... PRIVATE KEY-----` over its block; None if it has no body.

    Where the END line is missing (a cut file), the block ends with its base64.
    """
    text, start = found.text, found.end
    limit = min(len(text), start + KEY_BLOCK)
    end = text.find("-----END", start, limit)
    if end >= 0:
        if text.find("-----BEGIN", start, end) >= 0:  # the next one has this END
            return None
        body = text[start:end]
        if len(re.sub(r"[^A-Za-z0-9+/=]", "", _PEM_FIELD.sub("", body))) < 40 or "..." in body:
            return None
        close = text.find("-----", end + 8, end + 80)
        return found._replace(end=close + 5 if close >= 0 else end + 8)
    rest = _BODY.match(text, start, limit)
    if rest is None or len(rest.group()) < 64:
        return None
    return found._replace(end=start + len(rest.group().rstrip(" \t\r\n\\\"',+#*>|")))


def is_coded_block(found: Found) -> bool:
    """Keep base64 of a PEM private key (its first line tells)."""
    return b"PRIVATE KEY" in base64.b64decode(found.value[:120])


_PUTTY_MAC = re.compile(r"Private-MAC: [0-9a-f]{40,64}")


def whole_putty(found: Found) -> Found | None:
    """Stretch the head of a PuTTY key file over all of it; None if no private lines follow."""
    text, start = found.text, found.end
    window = text[start : start + KEY_BLOCK]
    lines = window.find("Private-Lines:")
    if lines < 0:
        return None
    mac = _PUTTY_MAC.search(window, lines)
    if mac:
        return found._replace(end=start + mac.end())
    at = start + lines + len("Private-Lines: 00")
    rest = _BODY.match(text, at, start + KEY_BLOCK)
    return found._replace(end=rest.end()) if rest and len(rest.group()) >= 64 else None


def is_wireguard_key(found: Found) -> bool:
    """Keep base64 of 32 bytes that are no pattern."""
    return is_random_key(found) and len(base64.b64decode(found.value)) == 32


def is_jwk_part(found: Found) -> bool:
    """Keep the private part of a JSON Web Key: beside it stands the kind of key, RFC 7517."""
    around = found.text[max(0, found.start - 3000) : found.end + 3000]
    return re.search(r"[\"']kty[\"']", around) is not None and is_random_key(found)


_BASE58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"


def is_base58_checked(found: Found) -> bool:
    """Keep base58 whose last four bytes are the double SHA-256 of the rest (Base58Check)."""
    number = 0
    for char in found.value:
        number = number * 58 + _BASE58.index(char)
    data = number.to_bytes((number.bit_length() + 7) // 8, "big")
    told = hashlib.sha256(hashlib.sha256(data[:-4]).digest()).digest()
    return told[:4] == data[-4:]


def is_stellar_seed(found: Found) -> bool:
    """Keep base32 of a secret seed: version byte, 32 bytes, CRC16-XModem (SEP-23)."""
    data = base64.b32decode(found.value)
    if data[0] != 18 << 3:
        return False
    return binascii.crc_hqx(data[:-2], 0) == int.from_bytes(data[-2:], "little")


# --- values given to a name

# Names in which a secret's word stands, but whose value is something else.
_OTHER_NAME = re.compile(
    r"(?:name|type|types|url|uri|path|file|filename|dir|id|ids|length|len|size|header|field|param"
    r"|prefix|suffix|class|module|label|title|help|hint|text|message|msg|error|regex|pattern|format"
    r"|izer|izers|ized|endpoint|input|selector|column|table|attr|attribute|policy|algorithm|alg"
    r"|method|expiry|expires|ttl|lifetime|count|kind|scheme|scope|placeholder|version|store|backend"
    r"|provider|manager|function|func|callback|handler|view|form|page|link|arn|ref|usage|prompt|filter)"
    r"[\"'\]\s)]*(?::=|=>|==|=|:|,|\()",
    re.IGNORECASE,
)
_HASH_NAME = re.compile(
    r"md5|sha-?\d|sha_|hash|digest|checksum|integrity|fingerprint|etag|commit|revision|thumbprint"
    r"|public_?key|pub_?key|verification|signature",
    re.IGNORECASE,
)
_HASH_VALUE = re.compile(r"(?:sha(?:1|224|256|384|512)|md5)[-:=]", re.IGNORECASE)
_CODE = re.compile(
    r"[A-Za-z_$][\w$]*(?:(?:\.|->|::)[A-Za-z_$][\w$]*)+\(?.*|\w+\(.*|[/~.]{1,2}/.*|\d+/\w+(?:[/,]\w+)*"
)
_LINK = re.compile(r"[a-z][a-z0-9+.-]*://|^www\.|\.(?:com|org|net|io|py|js|json|pem|key|txt|yml)\b")
_NAME_LIKE = re.compile(r"(?:[A-Za-z]+\d{0,2}|\d+)(?:[-_. :/]+(?:[A-Za-z]+\d{0,2}|\d+))*")
_LONGER_WORD = re.compile(  # `Passion`, `author`, `tokenize`
    r"(?i:pass)(?!(?i:word|wd|phrase|code|wort))[a-z]|(?i:auth)[a-z]|(?i:tokeni[sz])"
)
_NAME_END = re.compile(r"[\w.-]+$")
_METHOD = re.compile(r"^\w+[\])]?\.\w+\s*\(")  # `password.encode("utf-8")`


def is_secret_name(found: Found) -> bool:
    """Keep values whose name means the secret itself, not its type, place, length or hash.

    After a comma only the last argument of a call is taken: `put("password", "...")`.
    """
    lead = found.lead
    if _OTHER_NAME.search(lead) or _LONGER_WORD.match(lead) or _METHOD.match(lead):
        return False
    if "," in lead and not ("(" in found.before(120) and re.match(r".\s*\)", found.after(10))):
        return False
    start = max(0, found.head - 40)
    whole = _NAME_END.search(found.text[start : found.head])  # `token` may end `csrf_token`
    return not _HASH_NAME.search((whole.group() if whole else "") + lead)


def is_secret_value(found: Found) -> bool:
    """Keep values that look made by a machine: no placeholder, no words, no path, no hash."""
    value = found.value[:500]
    if is_placeholder(value) or _HASH_VALUE.match(value) or _CODE.fullmatch(value):
        return False
    if _LINK.search(value) or (_NAME_LIKE.fullmatch(value) and strangeness(value) < 0.4):
        return False
    return entropy(value) >= min(3.0, 0.85 * math.log2(len(value))) and strangeness(value) >= 0.25


def is_bare_secret(found: Found) -> bool:
    """As `is_secret_value`, for values without quotes, which might be code: more is asked."""
    value = found.value[:500]
    if not is_secret_value(found):
        return False
    return strangeness(value) >= 0.4 or (any(map(str.isdigit, value)) and kinds(value) >= 2)


def is_mixed(found: Found) -> bool:
    """Keep what has letters and digits all over it, and is not the size of a common hash."""
    value = found.value
    digits = sum(map(str.isdigit, value))
    hashed = len(value) in (32, 40, 64) and all(char in "0123456789abcdefABCDEF" for char in value)
    return digits >= len(value) / 10 and strangeness(value) >= 0.4 and not hashed


def is_basic_pair(found: Found) -> bool:
    """Keep base64 of a printable `user:password`, unless the password is a placeholder."""
    value = found.value[:500]
    try:
        pair = base64.b64decode(value + "=" * (-len(value) % 4)).decode()
    except (binascii.Error, ValueError):
        return False
    _, colon, word = pair.partition(":")
    return bool(colon) and pair.isprintable() and not is_placeholder(word)


def is_password(found: Found) -> bool:
    """Keep quoted passwords: no placeholder, no sentence, no hash, no word of the program."""
    value = found.value
    if is_placeholder(value) or _HASH_VALUE.match(value) or re.search(r"\s", value):
        return False
    if _CODE.fullmatch(value) or _LINK.search(value) or re.search(r"passw|pwd", value.lower()):
        return False
    if any(char.isdigit() for char in value):
        return True
    if _NAME_LIKE.fullmatch(value):  # letters only: a word, unless it is unlike any
        return len(value) >= 6 and strangeness(value) >= 0.4
    return kinds(value) >= 2 and not value.endswith((":", "=", "?"))


def is_bare_password(found: Found) -> bool:
    """As `is_password`, for values without quotes, which might be code or a word of prose."""
    value = found.value
    return is_password(found) and (kinds(value) >= 2 or strangeness(value) >= 0.4)


_STANDS_FOR = re.compile(r"<[A-Z_]+>|\$\{.*\}|\{\{.*\}\}|\$\w+|%\w+%|\*+|\.+|x+", re.IGNORECASE)


def may_be_secret(found: Found) -> bool:
    """Let a model see all but what is surely nothing: tokens of redaction, variables, masks."""
    return not _STANDS_FOR.fullmatch(found.value[:500])


def is_url_password(found: Found) -> bool:
    """Keep what stands between `user:` and `@host`, unless it is a variable or a placeholder."""
    return not is_placeholder(found.value)
