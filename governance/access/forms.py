"""The forms of applications: questions as data, checked when they are drafted and when answered.

A question is a mapping: `name`, `label`, `kind`, and may have `help`, `required`, and by kind
    text, long       least, most (characters)
    choice           choices (words)
    multi-choice     choices, least, most (how many)
    date             least, most (YYYY-MM-DD)
    file             types (pdf, text, png, jpeg), megabytes (1 to 10), most (files)
    country, declaration
Answers are text; a list of words for multi-choice; true or false for a declaration. Files are kept
apart (`Upload`): for them an answer is the count of those that are there.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import Any

from governance.access.countries import COUNTRIES
from governance.errors import InvalidError

Question = Mapping[str, Any]

KINDS = ("text", "long", "choice", "multi-choice", "date", "country", "file", "declaration")
FILE_TYPES = ("pdf", "text", "png", "jpeg")
MOST_QUESTIONS = 40
MOST_CHOICES = 60
MOST_MEGABYTES = 10
MOST_FILES = 5  # to one question
LONGEST = {"text": 300, "long": 8000}  # characters of an answer
LONGEST_LABEL, LONGEST_HELP, LONGEST_CHOICE = 300, 1000, 200
UNKEPT = re.compile("[\x00\ud800-\udfff]")  # what a database can't hold as text
NAME = re.compile(r"[a-z][a-z0-9_]{0,39}")
TAKEN = frozenset({"do", "members", "csrfmiddlewaretoken", "reply"})  # of the pages' own forms
PARTS = {
    "text": {"least", "most"},
    "long": {"least", "most"},
    "choice": {"choices"},
    "multi-choice": {"choices", "least", "most"},
    "date": {"least", "most"},
    "country": set(),
    "file": {"types", "megabytes", "most"},
    "declaration": set(),
}
COMMON = {"name", "label", "kind", "help", "required"}

# What is asked beside the tier's own questions when a grant is to go on.
RENEWAL = (
    {
        "name": "done_with_it",
        "label": "What did you do with the data so far?",
        "kind": "long",
        "required": True,
        "least": 40,
        "help": "What was measured or trained, what was published, and who had it.",
    },
    {
        "name": "kept_to_it",
        "label": "It was used only for what the application said",
        "kind": "declaration",
        "required": True,
    },
)


# ------------------------------------------------------------------ drafting a form


def check_form(questions: Sequence[Question]) -> list[dict[str, Any]]:
    """The questions as they may be kept.

    Raises:
        InvalidError: `fields` names what is wrong as `1.label`: the first question's label.
    """
    if not isinstance(questions, list | tuple) or len(questions) > MOST_QUESTIONS:
        raise InvalidError(f"A form is a list of at most {MOST_QUESTIONS} questions.")
    fields: dict[str, str] = {}
    names: set[str] = set()
    for at, question in enumerate(questions, start=1):
        if not isinstance(question, Mapping):
            fields[f"{at}"] = "A question is a mapping with name, label and kind."
            continue
        found = _faults(question)
        name = question.get("name")
        if "name" not in found and name in names:
            found["name"] = f"Two questions are called {name}."
        names.add(str(name))
        fields |= {f"{at}.{part}": sentence for part, sentence in found.items()}
    if fields:
        raise InvalidError("The form can't be used like this.", fields=fields)
    return [dict(question) for question in questions]


def _faults(question: Question) -> dict[str, str]:
    found: dict[str, str] = {}
    name, kind = question.get("name"), question.get("kind")
    if not isinstance(name, str) or not NAME.fullmatch(name) or name in TAKEN:
        found["name"] = "Small letters, digits and _; a letter first; at most 40."
    if not _words(question.get("label"), 1, LONGEST_LABEL):
        found["label"] = f"Ask in 1 to {LONGEST_LABEL} characters."
    if "help" in question and not _words(question["help"], 0, LONGEST_HELP):
        found["help"] = f"At most {LONGEST_HELP} characters."
    if "required" in question and not isinstance(question["required"], bool):
        found["required"] = "Yes or no."
    if kind not in PARTS:
        return found | {"kind": f"One of {', '.join(KINDS)}."}
    unknown = set(question) - COMMON - PARTS[kind]
    if unknown:
        found[min(map(str, unknown))] = f"A question of kind {kind} has no such part."
    return found | _SPECIAL.get(kind, _nothing)(question)


def _words(value: object, least: int, most: int) -> bool:
    there = isinstance(value, str) and least <= len(value.strip()) <= most
    return there and UNKEPT.search(str(value)) is None


def _nothing(question: Question) -> dict[str, str]:
    del question
    return {}


def _bounds(question: Question, top: int, *, bottom: int = 0) -> dict[str, str]:
    """`least` and `most` are whole numbers, in order, within what the kind allows."""
    least, most = question.get("least", bottom), question.get("most", top)
    for part, value in (("least", least), ("most", most)):
        if not isinstance(value, int) or isinstance(value, bool) or not bottom <= value <= top:
            return {part: f"A whole number from {bottom} to {top:,}."}
    return {} if least <= most else {"least": "Not more than the most."}


def _of_text(question: Question) -> dict[str, str]:
    return _bounds(question, LONGEST[question["kind"]])


def _of_choices(question: Question) -> dict[str, str]:
    choices = question.get("choices")
    good = isinstance(choices, list | tuple) and 2 <= len(choices) <= MOST_CHOICES
    if not good or not all(_words(each, 1, LONGEST_CHOICE) for each in choices or ()):
        return {"choices": f"2 to {MOST_CHOICES} choices of 1 to {LONGEST_CHOICE} characters."}
    if len(set(choices)) != len(choices):
        return {"choices": "Two choices are the same."}
    return _bounds(question, len(choices)) if question["kind"] == "multi-choice" else {}


def _of_dates(question: Question) -> dict[str, str]:
    given = {part: _date(question[part]) for part in ("least", "most") if part in question}
    wrong = next((part for part, value in given.items() if value is None), None)
    if wrong:
        return {wrong: "A date as YYYY-MM-DD."}
    if len(given) == 2 and given["least"] > given["most"]:  # type: ignore[operator]
        return {"least": "Not after the most."}
    return {}


def _of_files(question: Question) -> dict[str, str]:
    types = question.get("types")
    if not isinstance(types, list | tuple) or not types or not set(types) <= set(FILE_TYPES):
        return {"types": f"One or more of {', '.join(FILE_TYPES)}."}
    size = question.get("megabytes")
    if not isinstance(size, int) or isinstance(size, bool) or not 1 <= size <= MOST_MEGABYTES:
        return {"megabytes": f"A whole number from 1 to {MOST_MEGABYTES}."}
    return _bounds({"least": 1, "most": question.get("most", 1)}, MOST_FILES, bottom=1)


_SPECIAL: dict[str, Callable[[Question], dict[str, str]]] = {
    "text": _of_text,
    "long": _of_text,
    "choice": _of_choices,
    "multi-choice": _of_choices,
    "date": _of_dates,
    "file": _of_files,
}


# ------------------------------------------------------------------ answering one


def check_answers(
    form: Sequence[Question],
    answers: Mapping[str, Any],
    files: Mapping[str, int] | None = None,
    *,
    draft: bool = False,
) -> dict[str, Any]:
    """The answers as they are kept: to each question but those for files, and nothing else.

    `files` is how many are there by question. A draft may have gaps; nothing in it is too long.

    Raises:
        InvalidError: `fields` names each question whose answer can't stand.
    """
    kept: dict[str, Any] = {}
    fields: dict[str, str] = {}
    for question in form:
        name = question["name"]
        if question["kind"] == "file":
            value, fault = None, _files(question, (files or {}).get(name, 0))
        else:
            value, fault = _ANSWERS[question["kind"]](question, answers.get(name))
            kept[name] = value
        if fault and (not draft or _too_much(question, answers.get(name))):
            fields[name] = fault
    if fields:
        raise InvalidError("Some answers are missing or can't be used.", fields=fields)
    return kept


def _too_much(question: Question, given: Any) -> bool:
    """Whether an answer is more than may be kept even in a draft, or can't be kept at all."""
    if isinstance(given, str) and UNKEPT.search(given):
        return True
    top = LONGEST.get(question["kind"], LONGEST["text"])
    return len(str(given or "")) > max(
        top, MOST_CHOICES * LONGEST_CHOICE * (question["kind"] == "multi-choice")
    )


def _text(question: Question, given: Any) -> tuple[str, str]:
    words = given.strip() if isinstance(given, str) else ""
    if UNKEPT.search(words):
        return "", "It holds characters that are no text: leave them out."
    least = max(question.get("least", 0), 1 if question.get("required") else 0)
    most = question.get("most", LONGEST[question["kind"]])
    if not question.get("required") and not words:
        return words, ""
    if len(words) < least:
        return words, f"Answer this in at least {least} characters."
    return words, f"Keep this to {most:,} characters." if len(words) > most else ""


def _choice(question: Question, given: Any) -> tuple[str, str]:
    word = given if isinstance(given, str) else ""
    if not word:
        return "", "Choose one." if question.get("required") else ""
    return (word, "") if word in question["choices"] else ("", "Choose one of these.")


def _choices(question: Question, given: Any) -> tuple[list[str], str]:
    asked = given if isinstance(given, list | tuple) else []
    if not all(isinstance(each, str) for each in asked):
        return [], "Choose from these."
    words = [each for each in question["choices"] if each in asked]
    if set(asked) - set(words):
        return words, "Choose from these."
    least = max(question.get("least", 0), 1 if question.get("required") else 0)
    most = question.get("most", len(question["choices"]))
    if not words and not question.get("required"):
        return words, ""
    return words, "" if least <= len(words) <= most else f"Choose {least} to {most}."


def _date(given: Any) -> date | None:
    try:
        return date.fromisoformat(given) if isinstance(given, str) and len(given) == 10 else None
    except ValueError:
        return None


def _day(question: Question, given: Any) -> tuple[str, str]:
    if not given:
        return "", "Give a date." if question.get("required") else ""
    day = _date(given)
    if day is None:
        return "", "Give a date as YYYY-MM-DD."
    least, most = _date(question.get("least")), _date(question.get("most"))
    if (least and day < least) or (most and day > most):
        return given, f"Between {least or 'any day'} and {most or 'any day'}."
    return given, ""


def _country(question: Question, given: Any) -> tuple[str, str]:
    code = given if isinstance(given, str) else ""
    if not code:
        return "", "Choose a country." if question.get("required") else ""
    return (code, "") if code in COUNTRIES else ("", "Choose a country by its two letters.")


def _declaration(question: Question, given: Any) -> tuple[bool, str]:
    if question.get("required") and given is not True:
        return False, "Tick this if it is true; without it nobody can approve."
    return given is True, ""


def _files(question: Question, there: int) -> str:
    if question.get("required") and not there:
        return "Add a file."
    most = question.get("most", 1)
    return f"At most {most} file{'' if most == 1 else 's'}." if there > most else ""


_ANSWERS: dict[str, Callable[[Question, Any], tuple[Any, str]]] = {
    "text": _text,
    "long": _text,
    "choice": _choice,
    "multi-choice": _choices,
    "date": _day,
    "country": _country,
    "declaration": _declaration,
}
