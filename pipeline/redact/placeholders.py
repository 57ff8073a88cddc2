"""Values that only stand for one: `changeme`, `<your key>`, `${TOKEN}`, `xxxx`."""

import re

# Words that are a placeholder when they are the whole value, case and punctuation apart.
_WORDS = frozenset(
    """
    pass password passwd passphrase pwd secret secretkey mysecret mysecretkey topsecret token
    mytoken key apikey myapikey accesstoken authtoken mypassword mypass thepassword newpassword
    oldpassword currentpassword confirmpassword yourpassword userpassword testpassword badpassword
    wrongpassword invalidpassword changeme changeit test tests testing tester demo demodemo user
    username admin administrator root guest default value string text hidden none null nil
    undefined true false yes no todo tbd foo bar baz qux foobar barfoo foobarbaz spam eggs blah
    abc abcd abcde abcdef abcdefg abcdefgh abc123 abcd1234 a1b2c3d4 qwerty asdf asdfasdf
    letmein required optional empty unset unknown random private public bearer basic secret123
    password1 password12 password123 passw0rd p4ssw0rd pw pass123 test123 testtest test1234
    hello world helloworld secretpassword secrettoken masterkey postgres mysql tiger scott
    repo rabbitmq redis minioadmin csrftoken xsrftoken sessionid
    """.split()  # noqa: SIM905
)
# Parts that make a placeholder of whatever holds them.
_MARKS = re.compile(
    r"example|placeholder|change_?-?me|your[-_ ]?|insert|dummy|sample|redacted|censored|x{4}|\*{3}"
    r"|\.{3}|\u2026|_here\b|-here\b|todo|fixme|lorem|not[-_]?a?[-_]?real|replace[-_ ]?|do[-_]not"
    r"|<[^<>]*>|\$\{|\{\{|\$\(|%\(|#\{|<%|%[sd]\b|process\.env|os\.environ|getenv|\bself\.|\bconfig\.",
    re.IGNORECASE,
)
_VARIABLE = re.compile(
    r"\$\w+|%\w+%|\{\w*(?:\.\w+)*\}|@\w+@|__\w+__|:\w+|%[sdr]|[A-Z]+(?:_[A-Z]+)+|\[\w+\]"
)
_ROWS = (
    "0123456789012345678901234567890123456789",
    "abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyz",
    "qwertyuiopasdfghjklzxcvbnm",
    "0123456789abcdef0123456789abcdef0123456789abcdef",
    "abcdefghijklmnopqrstuvwxyz0123456789",
)


def is_placeholder(value: str) -> bool:
    """Tell whether `value` is a word, a variable, a mask or a row that stands for a value."""
    plain = "".join(char for char in value.lower() if char.isalnum())
    if plain in _WORDS or _VARIABLE.fullmatch(value) or _MARKS.search(value[:1000]):
        return True
    return is_filler(value)


def is_filler(value: str) -> bool:
    """Tell whether `value` is one or two characters repeated, or a row such as 12345678."""
    plain = "".join(char for char in value.lower() if char.isalnum())
    if len(set(plain)) <= 2:
        return True
    return any(plain in row or plain in row[::-1] for row in _ROWS)
