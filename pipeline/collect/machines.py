"""Which accounts are machines, and which lines of a message were put there by mail programs.

A name counts as a machine's by a word of its own (`renovate-bot`, `ci_bot`, `Mergebot[bot]`,
`DeployBot`), never by three letters at its end: people are called Talbot and Abbot.
"""

import re

# Accounts of services that post as ordinary users; compared without case, as hosts do.
_NAMES = frozenset(
    """
    codecov-io coveralls codeclimate-hashibot codecov-commenter bors homu mergify travis travisci
    googlebot jenkinsci hudson greenkeeperio-bot pyup-bot whitesource-bolt-for-github stale
    claassistant clahub houndci-bot houndci msftclas cla-bot salesforce-cla facebook-github-bot
    k8s-ci-robot k8s-reviewable k8s-merge-robot openshift-ci-robot openshift-merge-robot rustbot
    rust-highfive rust-timer elasticmachine kibanamachine cocoapodsbot probot deepcode-ci-bot
    sonarcloud sonarqubecloud gitter-badger vercel netlify github-actions dependabot-preview
    dependabot renovate snyk-bot imgbot allcontributors changeset-bot linux-foundation-easycla
    """.split()  # noqa: SIM905
)
_WORD = re.compile(r"(?:^|[-_.])(?:bot|robot|autobot|buildbot|jenkins|travis-ci)(?:$|[-_.\d])")
_CAMEL = re.compile(r"[a-z0-9](?:Bot|Robot)$")


def is_machine(login: str, kind: str = "") -> bool:
    """Whether an account is a machine's. `kind` is the host's word for it, such as `Bot`."""
    name = login.casefold()
    return (
        kind.casefold() == "bot"
        or name.endswith("[bot]")
        or name in _NAMES
        or bool(_WORD.search(name))
        or bool(_CAMEL.search(login))
    )


_QUOTE = re.compile(
    r"^(?:>?\s*On .{4,200} wrote:|>?\s*Le .{4,200} a écrit\s?:|>?\s*Am .{4,200} schrieb.{0,200}:"
    r"|-{2,}\s*Original Message\s*-{2,}|-{2,}\s*Forwarded message\s*-{2,}|_{20,})\s*$",
    re.IGNORECASE,
)
_ON = re.compile(r"^On\b.{4,200}$")
_WROTE = re.compile(r"\bwrote:\s*$")
_FOOTER = re.compile(
    r"^(?:Sent from (?:my|Mail for|Outlook|Yahoo|ProtonMail)\b.{0,120}"
    r"|Get Outlook for (?:iOS|Android)\b.{0,120}"
    r"|Reply to this email directly\b.{0,300}"
    r"|You are receiving this because\b.{0,300}"
    r"|Unsubscribe from this\b.{0,200}"
    r"|View it on GitHub\b.{0,200})$",
    re.IGNORECASE,
)
_HEADER = re.compile(r"^\*{0,2}(From|Sent|Date|To|Cc|Subject):\*{0,2}\s.{1,300}$")
_DASHES = re.compile(r"^(?:--\s?|—|___)$")
_FENCE = re.compile(r"^\s{0,3}(?:```|~~~)")
_LONGEST_LOOK = 400  # lines from the end


def without_mail(text: str) -> str:
    """The message without what a mail program added below it: quoted mail, headers, footers.

    Only the end is looked at, and nothing within a fenced block; a message that would be left
    empty is returned as it is.
    """
    if "\n" not in text and not _FOOTER.match(text.strip()):
        return text
    lines = text.splitlines()
    end = _cut(lines)
    if end == len(lines):
        return text
    kept = "\n".join(lines[:end]).rstrip()
    return kept or text


def _cut(lines: list[str]) -> int:
    """How many lines stay."""
    fenced = _fenced(lines)
    first = max(0, len(lines) - _LONGEST_LOOK)
    for at in range(first, len(lines)):
        line = lines[at].strip()
        if fenced[at] or not line:
            continue
        if _begins_mail(lines, at) and _all_quoted(lines[at + 1 :]):
            return _above(lines, at)
        if _FOOTER.match(line) and _only_footers(lines[at:]):
            return _above(lines, at)
    return len(lines)


def _begins_mail(lines: list[str], at: int) -> bool:
    line = lines[at].strip()
    after = lines[at + 1].strip() if at + 1 < len(lines) else ""
    folded = bool(_ON.match(line)) and bool(_WROTE.search(after))
    headers = sum(bool(_HEADER.match(one.strip())) for one in lines[at : at + 5]) >= 3
    return bool(_QUOTE.match(line)) or folded or (headers and bool(_HEADER.match(line)))


def _all_quoted(rest: list[str]) -> bool:
    """Whether what follows belongs to the quoted mail: `>` lines, its headers, or its footers.

    Mail programs that quote without `>` put headers first; then all below is quoted.
    """
    told = [line.strip() for line in rest if line.strip()]
    if sum(bool(_HEADER.match(line)) for line in told[:5]) >= 2:
        return True
    return all(
        line.startswith(">")
        or _WROTE.search(line)
        or _FOOTER.match(line)
        or _DASHES.match(line)
        or line.startswith(("https://github.com/", "http://github.com/"))
        for line in told
    )


def _only_footers(rest: list[str]) -> bool:
    told = [line.strip() for line in rest if line.strip()]
    return len(told) <= 12 and all(
        line.startswith((">", "https://github.com/", "<https://github.com/", "Reply to this"))
        or _FOOTER.match(line)
        or _DASHES.match(line)
        or _QUOTE.match(line)
        for line in told
    )


def _above(lines: list[str], at: int) -> int:
    """Also without the dashes that stand above a footer."""
    while at and (not lines[at - 1].strip() or _DASHES.match(lines[at - 1].strip())):
        at -= 1
    return at


def _fenced(lines: list[str]) -> list[bool]:
    """Whether each line stands in a fenced block; one that is never closed is none."""
    marks = [at for at, line in enumerate(lines) if _FENCE.match(line)]
    inside = [False] * len(lines)
    for begin, end in zip(marks[::2], marks[1::2], strict=False):
        for at in range(begin, end + 1):
            inside[at] = True
    return inside
