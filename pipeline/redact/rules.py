"""All rules of this house. Those of known services are in `services`."""

from .addresses import is_private_ipv4, is_private_ipv6, private_email, unless_example
from .contexts import in_attribution
from .found import Found, Judge, Rule, only
from .further import FURTHER_RULES
from .people import PEOPLE
from .services import SERVICE_KEYS
from .validators import (
    is_bare_password,
    is_bare_secret,
    is_basic_pair,
    is_mixed,
    is_password,
    is_secret_name,
    is_secret_value,
    is_url_password,
    may_be_secret,
)

__all__ = ["RULES", "Found", "Judge", "Rule", "only"]

_L = r"[\xc3-\xc9][\x80-\xbf]"  # a Latin letter of U+00C0 to U+024F, as UTF-8
_LOCAL = rf"(?:[A-Za-z0-9._%+-]|{_L})"
_LABEL = rf"(?:[A-Za-z0-9]|{_L})(?:[A-Za-z0-9-]|{_L}){{0,62}}"

EMAIL = Rule(
    "email",
    "EMAIL",
    rf"(?:[A-Za-z0-9_]|{_L}){_LOCAL}*@(?:{_LABEL}\.)+(?:xn--[a-z0-9-]{{2,59}}|[A-Za-z]{{2,24}})\b",
    "RFC 5321 section 4.1.2 (dot-string local part), RFC 1035 section 2.3.1, RFC 6531",
    (private_email, unless_example(in_attribution)),
    0.95,
)
ADDRESSES = (
    Rule(
        "ipv4",
        "IP_ADDRESS",
        r"\b\d{1,3}\.\d{1,3}\.\d{1,3}\.\d{1,3}\b",
        "RFC 791, RFC 6943 section 3.1.1 (dotted decimal)",
        (only(is_private_ipv4),),
        0.9,
    ),
    Rule(  # the public net is 2000::/3, so the first group has four digits
        "ipv6",
        "IP_ADDRESS",
        r"\b[23][0-9A-Fa-f]{3}:(?:[0-9A-Fa-f]{0,4}:){1,6}[0-9A-Fa-f]{0,4}",
        "RFC 4291 section 2.2",
        (only(is_private_ipv6),),
        0.95,
    ),
)

# A name (`apiKey`, `"client_secret"`) and what gives it a value: `=`, `: `, `=>`, `(`, `, `.
_NAMED = (
    r"(?:secret|token|credential|auth|(?:api|access|auth|private|encryption|encrypt|signing|account"
    r"|master|session|service|license|app|consumer)[_.-]?key)"
)
_CALLED = r"(?:password|passwd|passphrase|passwort|passcode|pwd|pass|[_-]pw)"
_GIVEN = r"[\w.-]{0,30}[\"'\])]{0,2}\s{0,5}(?:(?::=|=>|!?={1,3}|:|\()\s{0,5}|,[ \t]{0,3})"
# Before the quote a call that only wraps the value: `Some("...")`, `SecretStr("...")`.
_QUOTE = (
    r"(?:(?:Some|Just|Optional\.of|Secret|SecretStr|String|str|bytes|CString|Buffer\.from|strdup)"
    r"\(\s{0,3})?[rbuf]?[\"'`]"
)
_LOOSE = (only(may_be_secret),)
_ASSIGNMENT = "own: the shape of assignments, judged by entropy and letter pairs"

ASSIGNMENTS = (
    Rule(
        "secret-assignment",
        "KEY",
        rf"(?i){_NAMED}{_GIVEN}{_QUOTE}([^\s\"'`\\]{{8,}})(?:\\[nr]){{0,2}}[\"'`]",
        _ASSIGNMENT,
        (only(is_secret_name), only(is_secret_value)),
        0.7,
        loose=_LOOSE,
    ),
    Rule(
        "secret-setting",
        "KEY",
        r"(?im)^[ \t]*(?:export |set |- |env )?[\w.-]{0,40}"
        rf"{_NAMED}[\w.-]{{0,30}}[ \t]*[=:][ \t]*([A-Za-z0-9+/=_.~-]{{16,500}})[ \t]*\r?$",
        _ASSIGNMENT,
        (only(is_secret_name), only(is_bare_secret)),
        0.7,
        loose=_LOOSE,
    ),
    Rule(
        "secret-element",
        "KEY",
        rf"(?i)<[\w.:-]{{0,30}}{_NAMED}[\w.:-]{{0,10}}>\s{{0,5}}([^\s<>\"']{{8,500}})\s{{0,5}}</",
        _ASSIGNMENT,
        (only(is_secret_value),),
        0.7,
        loose=_LOOSE,
    ),
    Rule(
        "authorization-header",
        "KEY",
        r"(?i)\b(?:bearer|basic|token)[ \t]+([A-Za-z0-9+/_.~-]{20,}={0,2})",
        "RFC 6750 section 2.1, RFC 7617 section 2",
        (only(is_bare_secret),),
        0.7,
        loose=_LOOSE,
    ),
    Rule(
        "basic-credentials",
        "KEY",
        r"(?i)\bbasic[ \t]+([A-Za-z0-9+/]{8,}={0,2})",
        "RFC 7617 section 2: base64 of user:password",
        (only(is_basic_pair),),
        0.9,
    ),
    Rule(
        "password-assignment",
        "PASSWORD",
        rf"(?i){_CALLED}{_GIVEN}{_QUOTE}([^\"'`\r\n\\]{{4,128}})[\"'`]",
        _ASSIGNMENT,
        (only(is_secret_name), only(is_password)),
        0.6,
        loose=_LOOSE,
    ),
    Rule(
        "password-setting",
        "PASSWORD",
        r"(?im)^[ \t]*(?:export |set |- |env )?[\w.-]{0,40}"
        rf"{_CALLED}[ \t]*[=:][ \t]*([^\s\"'`\\<>(){{}}\[\],;]{{5,128}})[ \t]*\r?$",
        _ASSIGNMENT,
        (only(is_secret_name), only(is_bare_password)),
        0.6,
        loose=_LOOSE,
    ),
    Rule(  # in a command, a connection string or a sentence: a value that ends with the word
        "password-argument",
        "PASSWORD",
        rf"(?i){_CALLED}(?:=|:[ \t]{{1,3}})([^\s\"'`\\<>(){{}}\[\],;&$|]{{5,128}})"
        r"(?:[ \t]*\r?\n|[ \t]+[^\s=]|[&;]|[ \t]*$)",
        _ASSIGNMENT,
        (only(is_secret_name), only(is_bare_password)),
        0.6,
        loose=_LOOSE,
    ),
    Rule(
        "secret-argument",
        "KEY",
        rf"(?i)--?[\w-]{{0,20}}{_NAMED}[= ]([A-Za-z0-9+/=_.~-]{{12,500}})(?:[^\w+/=.~-]|$)",
        _ASSIGNMENT,
        (only(is_secret_name), only(is_bare_secret)),
        0.6,
        loose=_LOOSE,
    ),
    Rule(
        "secret-parameter",
        "KEY",
        r"(?i)[?&;][\w.-]{0,20}(?:token|secret|key|auth|password|passwd|pwd)="
        r"([A-Za-z0-9%+/=_.~-]{12,500})(?:[^\w%+/=.~-]|$)",
        "RFC 3986 section 3.4 (query)",
        (only(is_bare_secret),),
        0.6,
        loose=_LOOSE,
    ),
    Rule(
        "plain-key",
        "KEY",
        r"(?i)(?:^|[\s,{(])[\"']?key[\"']?\s{0,3}(?:=>|[:=])\s{0,3}[\"']"
        r"([A-Za-z0-9+/_=-]{24,500})[\"']",
        _ASSIGNMENT,
        (only(is_bare_secret), only(is_mixed)),
        0.5,
        loose=_LOOSE,
    ),
    Rule(
        "sql-password",
        "PASSWORD",
        r"(?i)\b(?:password|identified[ \t]+by)[ \t]+'([^'\r\n]{4,128})'",
        "ISO/IEC 9075 has none; PostgreSQL CREATE ROLE, MySQL CREATE USER",
        (only(is_password),),
        0.7,
        loose=_LOOSE,
    ),
    Rule(
        "url-password",
        "PASSWORD",
        r"(?i)\b[a-z][a-z0-9+.-]{1,20}://[^\s:/@\"'`<>()\[\]]{0,64}:([^\s/@\"'`<>:()\[\]]{3,128})@",
        "RFC 3986 section 3.2.1 (user information)",
        (only(is_url_password),),
        0.8,
        loose=_LOOSE,
        finer="URL_CREDENTIALS",
    ),
)

RULES: tuple[Rule, ...] = (
    EMAIL,
    *ADDRESSES,
    *SERVICE_KEYS,
    *ASSIGNMENTS,
    *PEOPLE,
    *FURTHER_RULES,
)
