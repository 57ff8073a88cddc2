"""Made-up values, put together when the tests run, so that nothing in this folder looks like one.

Each is told by its name alone. `TRUE` and `FALSE` map every rule to texts that it must, or must
not, take a value from; in a true one the value stands between the marks.
"""

import base64
import binascii
import hashlib
import json
import random
import re
import string

import pytest
from redact_keys import EXAMPLES

OPEN, CLOSE = "\u27ea", "\u27eb"  # around the value in a true example
ALNUM = string.ascii_letters + string.digits
UPPER = string.ascii_uppercase + string.digits
URL = ALNUM + "-_"
HEX = "0123456789abcdef"


def made(size: int, alphabet: str = ALNUM, name: str = "") -> str:
    """`size` characters that look random, alike in every run."""
    source = random.Random(f"{size}/{alphabet}/{name}")
    if size < 3 or len(alphabet) < 3:
        return "".join(source.choice(alphabet) for _ in range(size))
    text = "".join(source.choice(alphabet) for _ in range(size - 2))
    return text[:1] + source.choice(alphabet[:6]) + text[1:] + source.choice(alphabet[-3:-2])


def each(table: dict[str, list[str]]) -> list[object]:
    """(rule, example) of a table as test parameters, told by rule and number."""
    return [
        pytest.param(name, example, id=f"{name}-{number}")
        for name, examples in table.items()
        for number, example in enumerate(examples)
    ]


def marked(text: str) -> tuple[str, str]:
    """The text of a true example and its value."""
    before, _, rest = text.partition(OPEN)
    value, _, after = rest.partition(CLOSE)
    return before + value + after, value


def v(*parts: str) -> str:
    """A value, marked."""
    return OPEN + "".join(parts) + CLOSE


def coded(told: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(told).encode()).decode().rstrip("=")


def block(kind: str = "RSA ", lines: int = 6, newline: str = "\n") -> str:
    """A private key block, its body made up."""
    body = newline.join(made(64, ALNUM + "+/", str(n)) for n in range(lines))
    dashes = "-" * 5
    begin, end = (
        f"{dashes}BEGIN {kind}PRIVATE KEY{dashes}",
        f"{dashes}END {kind}PRIVATE KEY{dashes}",
    )
    return newline.join((begin, body, end))


JWT = f"{coded({'alg': 'HS256', 'typ': 'JWT'})}.{coded({'sub': '77120'})}.{made(43, URL)}"
_ASSIGN = 'key = "{}"\n'

TRUE: dict[str, list[str]] = {
    "email": [
        f"write to {v('ada.byron', '@', 'analytical.net')}.",
        f"<{v('o_brien+news', '@', 'mail.uni-köln.de')}>",
        f"{v('müller', '@', 'post.at')},x",
        f"邮箱:{v('12345678', '@', 'qq.com')}",
    ],
    "ipv4": [
        f"host = {v('81.', '169.145.66')}:8080",
        f"ping {v('5.6.', '7.201')}\r\n",
        f"http://{v('93.184.', '216.34')}/index",
        f"from {v('3.', '5.7.9')} to",
        f"range {v('81.169.145.60')}-{'192.168.0.1'}",
    ],
    "ipv6": [
        f"[{v('2a00:', '1450:4001:81c::200e')}]:443",
        f"addr {v('2003:', 'e5:d71f:8a00:11:22:33:44')}",
    ],
    "copyright-name": [
        f"# Copyright (c) 2019-2021 {v('Ada Byron')}\n",
        f"Copyright 2020 by {v('Jean-Luc Élan')}, all rights reserved",
        f"\u00a9 2011 {v('Ludwig van Beek')} <l@real.net>",
    ],
    "author-name": [f"@author {v('Ada Byron')}\n", f'__author__ = "{v("Grace B. Hopper")}"'],
    "credit-name": [f"/* Written by {v('Ada Byron')} */"],
    "trailer-name": [f"Signed-off-by: {v('Ada Byron')} <>"],
    "name-before-address": [f"ask {v('Ada Byron')} <ada@real.net>"],
    "name-field": [f'"fullName": "{v("Ada Byron")}"'],
    "home-folder": [f"cd /home/{v('abyron')}/src", f"C:\\Users\\{v('ada.b')}\\x"],
    "note-of": [f"# TODO({v('abyron')}): mend"],
    "author-login": [f" * @author {v('abyron')}\n"],
    "mention": [f"reported by @{v('abyron')}."],
    "username-field": [f"username: '{v('abyron77')}'"],
    "profile-link": [f"https://github.com/{v('abyron')} and", f"twitter.com/{v('abyron')}"],
    "phone-international": [f"call {v('+49 30 ', '901820')}", f"({v('+1-212-', '736-5000')})"],
    "phone-labelled": [f'phone: "{v("(030) ", "9018 2045")}"', f"Tel. {v('030 901', '82045')}"],
    "payment-card": [f"card {v('4539 1488 ', '0343 6467')}", f"n={v('52996438', '12075568')}"],
    "payment-card-amex": [f"{v('3714 ', '496353 ', '92376')}."],
    "us-ssn": [f"ssn {v('536-', '22-', '8726')}"],
    "uk-nino": [f"NI {v('AB ', '12 34 56 C')}"],
    "br-cpf": [f"cpf {v('529.982.', '247-25')}"],
    "cn-resident-id": [f"id {v('110105', '19491231', '002X')}"],
    "fr-insee": [f"n {v('2 55 08 14 ', '168 025 38')}"],
    "es-dni": [f"dni {v('12345', '678Z')}", f"nie {v('X1234', '567L')}"],
    "se-personnummer": [f"pnr {v('811218', '-9876')}"],
    "it-codice-fiscale": [f"cf {v('RSSMRA', '85T10A562S')}"],
    "aws-access-key-id": [_ASSIGN.format(v("AKI", "A", made(16, UPPER)))],
    "aws-secret-access-key": [f"aws_secret_access_key = {v(made(40, ALNUM + '/+'))}\n"],
    "github-token": [_ASSIGN.format(v("gh", f"{kind}_", made(36))) for kind in "pousr"],
    "github-fine-grained": [_ASSIGN.format(v("github", "_pat_", made(22), "_", made(59)))],
    "gitlab-token": [_ASSIGN.format(v("gl", "pat-", made(20))), f"x={v('gl', 'rt-', made(20))} "],
    "slack-token": [_ASSIGN.format(v("xox", "b-", made(12, string.digits), "-", made(24)))],
    "slack-app-token": [
        _ASSIGN.format(
            v("xap", "p-1-", made(11, UPPER), "-", made(13, string.digits), "-", made(64, HEX))
        )
    ],
    "slack-webhook": [
        f"https://hooks.slack.{'com'}/services/"
        + v("T", made(8, UPPER), "/B", made(8, UPPER), "/", made(24))
    ],
    "stripe-key": [_ASSIGN.format(v("sk_", "live_", made(24))), f"{v('rk_', 'test_', made(99))} "],
    "stripe-webhook-secret": [_ASSIGN.format(v("whs", "ec_", made(32)))],
    "google-api-key": [_ASSIGN.format(v("AI", "za", made(35, URL)))],
    "google-oauth-secret": [_ASSIGN.format(v("GOC", "SPX-", made(28, URL)))],
    "google-oauth-token": [_ASSIGN.format(v("ya", "29.", made(60, URL)))],
    "openai-key": [_ASSIGN.format(v("sk-", "proj-", made(58), "T3Bl", "bkFJ", made(58)))],
    "openai-like-key": [_ASSIGN.format(v("sk", "-", made(48)))],
    "anthropic-key": [_ASSIGN.format(v("sk-", "ant-", "api03-", made(93, ALNUM)))],
    "openrouter-key": [_ASSIGN.format(v("sk-", "or-v1-", made(64, HEX)))],
    "groq-key": [_ASSIGN.format(v("gs", "k_", made(52)))],
    "huggingface-token": [_ASSIGN.format(v("h", "f_", made(34)))],
    "replicate-token": [_ASSIGN.format(v("r", "8_", made(37)))],
    "npm-token": [_ASSIGN.format(v("np", "m_", made(36)))],
    "pypi-token": [_ASSIGN.format(v("pyp", "i-AgE", "IcHlwaS5vcmc", made(70)))],
    "rubygems-key": [_ASSIGN.format(v("ruby", "gems_", made(48, HEX)))],
    "docker-token": [_ASSIGN.format(v("dck", "r_pat_", made(27)))],
    "sendgrid-key": [_ASSIGN.format(v("S", "G.", made(22, URL), ".", made(43, URL)))],
    "mailgun-key": [_ASSIGN.format(v("ke", "y-", made(32, HEX)))],
    "mailchimp-key": [_ASSIGN.format(v(made(32, HEX), "-us", "12"))],
    "twilio-api-key": [_ASSIGN.format(v("S", "K", made(32, HEX)))],
    "digitalocean-token": [_ASSIGN.format(v("do", "p_v1_", made(64, HEX)))],
    "databricks-token": [_ASSIGN.format(v("da", "pi", made(32, HEX)))],
    "shopify-token": [_ASSIGN.format(v("shp", "at_", made(32, HEX)))],
    "square-token": [_ASSIGN.format(v("sq0", "atp-", made(22)))],
    "telegram-bot-token": [_ASSIGN.format(v(made(9, string.digits), ":A", "A", made(33)))],
    "discord-bot-token": [_ASSIGN.format(v("M", made(23), ".", made(6), ".", made(27)))],
    "discord-webhook": [f"https://discord.{'com'}/api/webhooks/{'7' * 18}/{v(made(68))}"],
    "vault-token": [_ASSIGN.format(v("hv", "s.", made(24)))],
    "terraform-token": [_ASSIGN.format(v(made(14), ".atl", "asv1.", made(67)))],
    "newrelic-key": [_ASSIGN.format(v("NR", "AK-", made(27, UPPER)))],
    "grafana-token": [_ASSIGN.format(v("gl", "sa_", made(32), "_", made(8, HEX)))],
    "linear-key": [_ASSIGN.format(v("lin", "_api_", made(40)))],
    "pulumi-token": [_ASSIGN.format(v("pu", "l-", made(40, HEX)))],
    "postman-key": [_ASSIGN.format(v("PM", "AK-", made(24, HEX), "-", made(34, HEX)))],
    "figma-token": [_ASSIGN.format(v("fi", "gd_", made(40)))],
    "airtable-token": [_ASSIGN.format(v("pa", "t", made(14), ".", made(64, HEX)))],
    "alibaba-access-key-id": [_ASSIGN.format(v("LT", "AI", made(20)))],
    "azure-storage-key": [f"AccountName=a;AccountKey={v(made(86, ALNUM + '+/'), '==')};Endpoint=b"],
    "age-secret-key": [
        _ASSIGN.format(v("AGE-SEC", "RET-KEY-1", made(58, "QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L")))
    ],
    "jwt": [f"Cookie: session={v(JWT)}; path=/"],
    "private-key-block": [
        f"x\n{v(block())}\ny",
        f"x\r\n{v(block(newline=chr(13) + chr(10)))}\r\ny",
        f'"pem": "{v(block("EC ", newline=chr(92) + "n"))}"',
        f"cut:\n{v(block('', 4).rpartition(chr(10))[0])}\n",
    ],
    "private-key-base64": [f"tls.key: {v(base64.b64encode(block().encode()).decode())}\n"],
    "secret-assignment": [
        f'client_secret = "{v(made(24))}"',
        f'commit with token = "{v(made(28))}"',
        f"  'apiKey' : '{v(made(32, HEX))}',",
        f'config.put("accessToken", "{v(made(20))}");',
    ],
    "secret-setting": [f"API_TOKEN={v(made(32))}\n", f"  secret-key: {v(made(24))}\r\n"],
    "secret-element": [f"<appSecretKey>{v(made(24))}</appSecretKey>"],
    "authorization-header": [f'-H "Authorization: Bearer {v(made(40))}"'],
    "basic-credentials": [
        f"Authorization: Basic {v(base64.b64encode(b'bob:' + made(9).encode()).decode())}"
    ],
    "password-assignment": [
        f'password = "{v("tr0ub", "4dor&3")}"',
        f"db.setPassword('{v('kfjqzxwv')}')",
        f'password = Some("{v("kfjqzxwv")}"),',
        f'{{"passwd": "{v("Gr8-", "expect")}"}}',
    ],
    "password-setting": [
        f"DB_PASSWORD={v('vq', '7-Lmz!')}\n",
        f"    keystore_password: {v('xkqwzjv')}\n",
    ],
    "password-argument": [
        f"docker run -e DB_PASSWORD={v('vq', '7-Lmz!')} --rm x",
        f"    FTP_PASS={v('lyqz', 'fstxrk')} \\\n",
        f"dsn: user=virtual password={v('mx', 'l77sc')}",
        f"# Admin password: {v('bt2n', '2orLSj')}\n",
    ],
    "secret-argument": [f"serve --jwt-secret {v(made(20))} --port 80"],
    "secret-parameter": [f"ws://h/connect?satoken={v(made(28))}&x=1"],
    "plain-key": [f"  key: '{v(made(44, ALNUM))}',"],
    "sql-password": [f"CREATE ROLE a LOGIN PASSWORD '{v('n0t', '-so-w3ak')}';"],
    "url-password": [f"postgres://app:{v('zw9', 'kq!x')}@db.internal:5432/app"],
}

FALSE: dict[str, list[str]] = {
    "email": [
        "icon@2x.png and pkg@1.2.3.tgz and X@W.reshape(2)",
        "git@github.com:owner/name.git https://someone@host.net/x",
        "@decorator.name a @ b.com aes256-gcm@openssh.com <EMAIL>",
    ],
    "copyright-name": [
        "Copyright 2020 The Ada Authors", "Copyright (c) 2020 Ada Byron, Inc.", "copyright notice",
        "Copyright 2010 United States Government", "Copyright 2015 Spotify AB",
        "Copyright (c) 2012 Analytical Engines Foundation", "(c) ADA BYRON",
    ],
    "author-name": ["@author abyron", "Authors: see AUTHORS", "author = Field(Text)"],
    "name-before-address": ["List<String> names", "Google Inc <press@real.net>"],
    "name-field": ['"firstName": "First Name"', 'name: "Ada"'],
    "home-folder": ["/home/user/x /home/ubuntu/x /Users/runner/work /home/$USER/x",
        "/home/ net/it/home/statistics/",
    ],
    "note-of": ["TODO(1234)", "TODO(#77)", "note(x)"],
    "mention": ["by @bot", "by @dependabot", "called by @utils.retry"],
    "username-field": ["username = 'admin'", 'username: "${USER}"', "username = username"],
    "profile-link": ["github.com/ada/engine", "github.com/features", "github.com/ada.git"],
    "phone-international": ["+1 212 555 0123", "+10 +12 +14", "1.2.3.4 +00 00"],
    "phone-labelled": ["telephone numbers", "tel: 000 0000 0000"],
    "payment-card": [
        "4242 4242 4242 4242", "4539 1488 0343 6468", "4111111111111111", "20240101 1200 0000 00",
    ],
    "us-ssn": ["078-05-1120", "000-12-3456", "987-65-4321", "1123-45-67890"],
    "uk-nino": ["QQ 12 34 56 C"], "br-cpf": ["529.982.247-26", "111.111.111-11"],
    "cn-resident-id": ["110105194912310021"], "fr-insee": ["2 55 08 14 168 025 39"],
    "es-dni": ["12345678A"], "se-personnummer": ["811218-9877"],
    "it-codice-fiscale": ["RSSMRA85T10A562T"],
    "ipv4": [
        "10.0.0.1 192.168.1.1 172.16.3.4 127.0.0.1 0.0.0.0 255.255.255.255 224.0.0.251",
        "192.0.2.7 198.51.100.9 203.0.113.11",
        "dns 8.8.8.8 1.1.1.1 9.9.9.9 114.114.114.114",
        "version 4.12.33.7", 'AssemblyVersion("81.169.145.66")', "nginx/81.169.145.66",
        "lib-81.169.145.66.jar 81.169.145.66.7 81.169.145.66-beta v81.169.145.66",
        "999.1.1.1 81.169.145.256 081.169.145.066", "1.2.3.4", "81.169.0.0/16", "12.0.0.0",
        'ObjectIdentifier("2.5.29.14")', "see section 13.12.11.10",
    ],
    "ipv6": [
        "2001:db8::1 2001:4860:4860::8888", "at 2003:12:30", "2003:e5:d71f:8a00:11:22:33:44:55",
        "x = 2fab::", "12:34:56:78:9a:bc",
    ],
    "aws-access-key-id": [
        "AKI" + "AIOSFODNN7EXAMPLE", "AKIA" + "A" * 16, "xAKIA" + made(16, UPPER),
    ],
    "aws-secret-access-key": ["aws_secret_access_key = " + "x" * 40, "aws secret: " + made(41)],
    "github-token": ["ghp_" + "x" * 36, "ghp_" + made(20)],
    "slack-token": ["xoxb-your-token-here", "xoxb-" + "x" * 30],
    "stripe-key": ["sk_live_" + "x" * 24, "sk_live_"],
    "google-api-key": ["AIza" + "x" * 35],
    "openai-like-key": ["sk-" + "a" * 48, "sk-learn-contrib-feature-selection-tools"],
    "jwt": ["eyJ" + "a" * 20 + ".eyJ" + "b" * 20 + "." + "c" * 20],
    "twilio-api-key": ["SK" + "0" * 32],
    "private-key-block": [
        f'if "{"-" * 5}BEGIN RSA PRIVATE KEY{"-" * 5}" in text: pass',
        f"{'-' * 5}BEGIN PRIVATE KEY{'-' * 5}\n...\n{'-' * 5}END PRIVATE KEY{'-' * 5}",
        block().replace("PRIVATE", "PUBLIC"),
    ],
    "secret-assignment": [
        'secret = "changeme"', 'token = "<your token>"', 'api_key = "${API_KEY}"',
        'token_type = "urlsafe_b64_variant9"', 'secret_name = "prod-db-3f9a8c7e"',
        f'token_sha256 = "{made(64, HEX)}"', f'api_key_hash: "{made(40, HEX)}"',
        'token = "get_current_user_token"', f'author = "{made(20)}"', 'token = "AAAAAAAAAAAAAAAA"',
        'auth_token = "https://login.example.net/a1b2c3"', 'secret = "<KEY>"',
        'secret_key = "0123456789abcdef"', f'auth_public_key = "{made(30)}"',
    ],
    "secret-setting": ["token = getTokenFromEnvironment1\n", "secret: app/config/secret.yml\n"],
    "authorization-header": ["Authorization: Bearer <KEY>", "token validation-and-verification"],
    "basic-credentials": ["basic understanding of", "Basic abcdefgh"],
    "password-assignment": [
        'password = "password"', 'password: "Enter your password"', 'password = "<PASSWORD>"',
        'password = "${DB_PASSWORD}"', "password = '%s'", 'password_field = "id_password2"',
        'pwd = "********"', 'password.encode("latin1")', '"Passion", "#FF69B4"', 'pass = ""',
        'password: "required"', "password='hunter'", 'labels = ["password", "page2"]',
    ],
    "password-argument": [
        "f(password=password1)", "set password: required\n", "PASSWORD=$1 x",
        "password=<PASSWORD> x",
        "login(user, password=get_pass(1) )", "passes=4 rounds",
    ],
    "secret-argument": [
        "--token-file secret-token-path-here", "--secret <KEY>", "--api-key $API_KEY ",
    ],
    "secret-parameter": [
        "?token=<KEY>&x", "?key=the-name-of-the-key&x", "?auth=${AUTH_TOKEN_VALUE}",
    ],
    "plain-key": [
        f"key: '{made(40, HEX)}'", "key = 'the.name.of.some.setting'",
        'key: "translations-of-the-page"',
    ],
    "password-setting": ["password: string\n", "password = get_password()\n", "password=\n"],
    "sql-password": ["PASSWORD 'password'"],
    "url-password": [
        "http://user:password@host.net/", "https://u:${PASS}@h/", "http://a:<PASSWORD>@h",
        "http://localhost:8000/@scope", "git://x:%(pw)s@h",
    ],
}  # fmt: skip

# --- the examples of `redact_keys`, filled in

_KINDS = {
    "a": ALNUM, "h": HEX, "H": HEX.upper(), "u": URL, "d": string.digits, "U": UPPER,
    "l": string.ascii_lowercase + string.digits, "z": string.ascii_lowercase,
    "L": string.ascii_letters, "b": ALNUM + "+/", "A": "A",
    "q": string.ascii_lowercase + "234567", "Q": string.ascii_uppercase + "234567",
    "n": "qpzry9x8gf2tvdw0s3jn54khce6mua7l",
    "B": "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz",
}  # fmt: skip
_DASHES = "-" * 5


def base58_checked(head: bytes, size: int) -> str:
    """Base58Check of made-up bytes, right check sum included."""
    data = head + hashlib.sha256(head).digest() * 3
    data = data[: len(head) + size]
    data += hashlib.sha256(hashlib.sha256(data).digest()).digest()[:4]
    number, told = int.from_bytes(data, "big"), ""
    while number:
        number, rest = divmod(number, 58)
        told = _KINDS["B"][rest] + told
    return told


def stellar_seed() -> str:
    data = bytes([18 << 3]) + hashlib.sha256(b"seed").digest()
    return base64.b32encode(data + binascii.crc_hqx(data, 0).to_bytes(2, "little")).decode()


def _openvpn() -> str:
    body = "\n".join(made(32, HEX, str(n)) for n in range(16))
    name = "OpenVPN Static key V1"
    return f"{_DASHES}BEGIN {name}{_DASHES}\n{body}\n{_DASHES}END {name}{_DASHES}"


def _putty() -> str:
    body = "\n".join(made(64, ALNUM + "+/", str(n)) for n in range(4))
    head = "PuTTY-User-Key-File-2: ssh-rsa\nEncryption: none\nComment: mine\nPublic-Lines: 1\n"
    return f"{head}{made(64)}\nPrivate-Lines: 4\n{body}\nPrivate-MAC: {made(40, HEX)}"


_WHOLE = {
    "pair": lambda: base64.b64encode(b"bob:" + made(14).encode()).decode(),
    "wif": lambda: base58_checked(b"\x80", 32),
    "xprv": lambda: base58_checked(bytes.fromhex("0488ade4"), 74),
    "edsk": lambda: base58_checked(bytes([13, 15, 58, 7]), 32),
    "seed": stellar_seed,
    "openvpn": _openvpn,
    "putty": _putty,
    "wire": lambda: base64.b64encode(hashlib.sha256(b"wire").digest()).decode(),
    "dash": lambda: _DASHES,
    "uuid": lambda: "-".join(made(size, HEX, "uuid") for size in (8, 4, 4, 4, 12)),
}


def filled(example: str) -> str:
    """An example of `redact_keys` with its values made up, marked as in `TRUE`."""

    def put(found: re.Match[str]) -> str:
        if found[1] in _WHOLE:
            return _WHOLE[found[1]]()
        told = re.fullmatch(r"([a-zA-Z])(\d+)", found[1])
        return made(int(told[2]), _KINDS[told[1]], str(found.start())) if told else found[0]

    text = re.sub(r"\{(\w+)\}", put, example)
    return text.replace("<<", OPEN, 1).replace(">>", CLOSE, 1)


for _name, (_true, _false) in EXAMPLES.items():
    TRUE[_name] = [filled(_true)]
    FALSE[_name] = [filled(_false)]
