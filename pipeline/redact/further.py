"""Further classes, looked for only where a policy names them: telephones, cards, national ids.

National ids have no common form: these are some whose issuers publish a form and, mostly, a check
digit. What a rule alone cannot tell from any other number asks for a label beside it.
"""

import re

from .found import Found, Rule, only
from .placeholders import is_filler


def _digits(value: str) -> list[int]:
    return [int(char) for char in value if char.isdigit()]


def luhn(digits: list[int]) -> bool:
    """Whether the digits end in the right check digit, ISO/IEC 7812-1 annex B."""
    doubled = [digit * 2 if at % 2 else digit for at, digit in enumerate(reversed(digits))]
    return sum(digit - 9 if digit > 9 else digit for digit in doubled) % 10 == 0


# Numbers that processors of payments publish for tests: nobody's cards.
_TEST_CARDS = re.compile(
    r"4242424242424242|4111111111111111|4012888888881881|4000056655665556|5555555555554444"
    r"|5200828282828210|5105105105105100|2223003122003222|378282246310005|371449635398431"
    r"|6011111111111117|6011000990139424|3056930009020004|36227206271667|3566002020360505|4222222222222"
)


def is_card(found: Found) -> bool:
    """Keep numbers with the length of their brand and a right check digit, but for test cards."""
    digits = _digits(found.value)
    told = "".join(map(str, digits))
    lengths = {"3": (14, 15, 16), "4": (13, 16, 19), "5": (16,), "2": (16,), "6": (16, 19)}
    if len(digits) not in lengths.get(told[0], ()) or _TEST_CARDS.fullmatch(told):
        return False
    return luhn(digits) and not is_filler(told) and len(set(told)) > 3


def is_phone(found: Found) -> bool:
    """Keep numbers of a possible length, ITU-T E.164, that are not set aside for fiction."""
    digits = _digits(found.value)
    told = "".join(map(str, digits))
    if not 7 <= len(digits) <= 15 or is_filler(told):
        return False
    return not re.search(r"555?01\d\d$|5550\d{3}$", told)  # NANP 555-0100 to 0199


def _weighted(digits: list[int], weights: range) -> int:
    return sum(digit * weight for digit, weight in zip(digits, weights, strict=False))


def is_ssn(found: Found) -> bool:
    """Keep numbers that the US administration may have given, but for its published examples."""
    area, group, serial = found.value.split("-")
    if area in ("000", "666") or area[0] == "9" or group == "00" or serial == "0000":
        return False
    return found.value not in ("078-05-1120", "219-09-9999", "123-45-6789")


def is_cpf(found: Found) -> bool:
    """Keep Brazilian tax numbers with two right check digits (modulo 11)."""
    digits = _digits(found.value)
    if len(set(digits)) == 1:
        return False
    for size in (9, 10):
        rest = _weighted(digits[:size], range(size + 1, 1, -1)) * 10 % 11 % 10
        if rest != digits[size]:
            return False
    return True


def is_chinese_id(found: Found) -> bool:
    """Keep resident numbers with a right check character, GB 11643 (ISO 7064 modulo 11-2)."""
    weights = [2 ** (17 - at) % 11 for at in range(17)]
    total = sum(int(char) * weight for char, weight in zip(found.value, weights, strict=False))
    return "10X98765432"[total % 11] == found.value[-1].upper()


def is_insee(found: Found) -> bool:
    """Keep French numbers whose last two digits are the key: 97 less the rest modulo 97."""
    told = re.sub(r"\D", "", found.value.replace("2A", "19").replace("2B", "18"))
    return len(told) == 15 and 97 - int(told[:13]) % 97 == int(told[13:])


def is_dni(found: Found) -> bool:
    """Keep Spanish numbers with the right letter, modulo 23 (NIE: X, Y, Z stand for 0, 1, 2)."""
    number = found.value[:-1].replace("-", "").translate(str.maketrans("XYZ", "012"))
    return "TRWAGMYFPDXBNJZSQVHLCKE"[int(number) % 23] == found.value[-1]


def is_personnummer(found: Found) -> bool:
    """Keep Swedish numbers with a right check digit (Luhn over ten digits)."""
    return luhn(_digits(found.value)[-10:])


_ODD_VALUES = (
    "1 0 5 7 9 13 15 17 19 21 1 0 5 7 9 13 15 17 19 21 2 4 18 20 11 3 6 8 12 14 16 10 22 25 24 23"
)
_ODD = dict(zip("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ", map(int, _ODD_VALUES.split()), strict=True))


def is_codice_fiscale(found: Found) -> bool:
    """Keep Italian codes with a right last letter (decree of 12 March 1974)."""
    total = 0
    for at, char in enumerate(found.value[:15]):
        even = int(char) if char.isdigit() else ord(char) - 65
        total += even if at % 2 else _ODD[char]
    return chr(65 + total % 26) == found.value[15]


def _number(name: str, cls: str, pattern: str, source: str, *judges: object, score: float) -> Rule:
    return Rule(name, cls, pattern, source, tuple(map(only, judges)), score)  # type: ignore[arg-type]


def _national(name: str, pattern: str, source: str, *judges: object) -> Rule:
    return _number(name, "NATIONAL_ID", pattern, source, *judges, score=0.85)


FURTHER_RULES = (
    _number(
        "phone-international",
        "PHONE",
        r"(?:\+|\b00)[1-9]\d{0,2}[ .-]?\(?\d{1,4}\)?(?:[ .-]?\d{2,4}){2,4}\b",
        "ITU-T E.164 section 6, E.123 section 2",
        is_phone,
        score=0.8,
    ),
    _number(
        "phone-labelled",
        "PHONE",
        r"(?i)(?:phone|mobile|cell|tel|fax|whatsapp)\w{0,10}[\"']?[:=.# \t]{1,4}[\"']?"
        r"(\(?\d{2,5}\)?[ .-]?\d{2,4}[ .-]?\d{3,5})\b",
        "ITU-T E.123 section 2 (national notation)",
        is_phone,
        score=0.75,
    ),
    _number(
        "payment-card",
        "PAYMENT_CARD",
        r"\b(?:4\d{3}|5[1-5]\d{2}|2[2-7]\d{2}|3[0-9]\d{2}|6[045]\d{2})"
        r"(?:[ -]?\d{4}){2}[ -]?\d{1,7}\b",
        "ISO/IEC 7812-1 (issuer identification numbers, Luhn check digit)",
        is_card,
        score=0.95,
    ),
    _number(
        "payment-card-amex",
        "PAYMENT_CARD",
        r"\b3[47]\d{2}[ -]\d{6}[ -]\d{5}\b",
        "ISO/IEC 7812-1 (issuer identification numbers, Luhn check digit)",
        is_card,
        score=0.95,
    ),
    _national(
        "us-ssn",
        r"\b\d{3}-\d{2}-\d{4}\b",
        "https://www.ssa.gov/employer/randomization.html",
        is_ssn,
    ),
    _national(
        "uk-nino",
        r"\b[ABCEGHJ-PRSTW-Z][ABCEGHJ-NPRSTW-Z] ?\d{2} ?\d{2} ?\d{2} ?[A-D]\b",
        "https://www.gov.uk/hmrc-internal-manuals/national-insurance-manual/nim39110",
        lambda found: not found.value.startswith(("BG", "GB", "NK", "KN", "TN", "NT", "ZZ", "QQ")),
    ),
    _national(
        "br-cpf",
        r"\b\d{3}\.\d{3}\.\d{3}-\d{2}\b",
        "https://www.gov.br/receitafederal/pt-br/assuntos/meu-cpf",
        is_cpf,
    ),
    _national(
        "cn-resident-id",
        r"\b[1-9]\d{5}(?:19|20)\d{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])\d{3}[0-9Xx]\b",
        "GB 11643-1999: citizen identification number",
        is_chinese_id,
    ),
    _national(
        "fr-insee",
        r"\b[12] ?\d{2} ?(?:0[1-9]|1[0-2]|[2-9]\d) ?(?:\d{2}|2[AB]) ?\d{3} ?\d{3} ?\d{2}\b",
        "https://www.insee.fr/fr/metadonnees/definition/c1409",
        is_insee,
    ),
    _national(
        "es-dni",
        r"\b(?:\d{8}-?|[XYZ]-?\d{7}-?)[A-HJ-NP-TV-Z]\b",
        "https://www.interior.gob.es/opencms/es/servicios-al-ciudadano/tramites-y-gestiones/dni/",
        is_dni,
    ),
    _national(
        "se-personnummer",
        r"\b(?:19|20)?\d{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])[-+]\d{4}\b",
        "https://www.skatteverket.se/privat/folkbokforing/personnummer",
        is_personnummer,
    ),
    _national(
        "it-codice-fiscale",
        r"\b[A-Z]{6}\d{2}[A-EHLMPRST](?:[04][1-9]|[1256]\d|[37][01])[A-Z]\d{3}[A-Z]\b",
        "https://www.agenziaentrate.gov.it/portale/web/guest/schede/istanze/richiesta-ts_cf",
        is_codice_fiscale,
    ),
)
