"""The dataset card: generated Markdown, every figure from the build that it describes."""

from collections.abc import Iterable, Mapping, Sequence

from pipeline.redact import policy as policies

from .charts import share
from .work import Json

SHOWN = 20  # languages of the card's table; all of them stand in stats.json

_STEPS = {
    "collect": "Sources are read as they are; what cannot be read is counted and left out.",
    "identify": "Each file gets its language, its licence evidence and its measures.",
    "select": "Only files stay whose every found licence is in the set `{licence_set}`; whatever "
    "belongs to a removed account, repository or file goes, from every tier.",
    "redact": "Private values are found by rules, judged, and replaced or dropped by the policy.",
    "write": "Rows go into files by language; a row stays in its file from version to version.",
    "index": "Lookups are made: where each row, repository and file content stands.",
    "verify": "The written files are read again: digests, counts, licences, private values and "
    "removed subjects are checked, and a single breach stops the version.",
}

_ACTIONS = {
    "redact": "replaced",
    "drop-row": "the whole file is left out",
    "leave": "left as it stands",
}


def write(manifest: Json, stats: Json) -> str:
    """The card as Markdown (CommonMark with tables), ending in a newline."""
    parts = [
        _what(manifest, stats),
        _tiers(stats),
        _made(manifest, stats),
        _languages(stats),
        _licences(manifest, stats),
        _redaction(manifest, stats),
        _limits(),
        _citing(manifest),
    ]
    return "\n\n".join("\n".join(part) for part in parts) + "\n"


SECTIONS = (
    "Tiers", "How it was made", "Languages", "Licences", "Redaction", "Known limits", "How to cite",
)  # fmt: skip


def missing(card: str) -> list[str]:
    """What a card lacks: its title, what comes before the first section, sections, their text."""
    parts: dict[str, list[str]] = {}
    at = ""
    for line in card.splitlines():
        if line.startswith(("# ", "## ")):
            at = line.lstrip("#").strip() if line.startswith("## ") else "\0"
        elif line.strip():
            parts.setdefault(at, []).append(line)
    gone = [] if card.lstrip().startswith("# ") else ["its title"]
    gone += [] if parts.get("\0") else ["what it is"]
    return gone + [name for name in SECTIONS if not parts.get(name)]


def size(count: int) -> str:
    """Bytes for people, decimal units: `16.4 MB`."""
    value, units = float(count), ["bytes", "kB", "MB", "GB", "TB", "PB"]
    while value >= 999.95 and len(units) > 1:
        value, units = value / 1000, units[1:]
    return f"{count:,} bytes" if units[0] == "bytes" else f"{value:.1f} {units[0]}"


def _table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> list[str]:
    """A Markdown table; columns whose first cell is a figure stand right."""
    held = [[f"{cell:,}" if isinstance(cell, int) else str(cell) for cell in row] for row in rows]
    figures = [cell[:1].isdigit() for cell in (held[0] if held else head)[1:]]
    rule = ["---", *("---:" if figure else "---" for figure in figures)]
    cells = [[cell.replace("|", "&#124;") for cell in row] for row in held]
    return [f"| {' | '.join(row)} |" for row in ([*head], rule, *cells)]


def _what(manifest: Json, stats: Json) -> list[str]:
    since = f" It follows version {manifest['parent']}." if manifest["parent"] else ""
    return [
        f"# {manifest['dataset']} {manifest['version']}",
        "",
        f"{stats['rows']:,} source files ({size(stats['bytes'])}) in "
        f"{len(stats['languages']):,} languages from {stats['repositories']:,} repositories, "
        f"each with the licence it rests on and with private values taken out.{since}",
        "",
        "One row is one distinct file content. It names a repository that holds it, the licences "
        "of that repository, and what was redacted (class and count, never the value). The first "
        "29 columns are those of The Stack v1, so code written for that dataset runs unchanged.",
    ]


def _tiers(stats: Json) -> list[str]:
    told = {
        "processed": "redacted text, anyone may inspect it; download after accepting the terms",
        "raw": "contents as collected, and all {places:,} places where they stand; stewards only",
        "annotations": "files with marked private values, the values themselves made up; "
        "people approved for it",
    }
    rows = [
        (name, tier["files"], tier["rows"], size(tier["bytes"]), told[name].format(**tier))
        for name, tier in stats["tiers"].items()
    ]
    lines = ["## Tiers", "", *_table(["tier", "files", "rows", "on disk", "what it holds"], rows)]
    return lines + _configurations(stats)


def _configurations(stats: Json) -> list[str]:
    """Threads and commits, where a version has them."""
    rows = [
        (name, tier, told["files"], told["rows"], size(told["bytes"]))
        for name, tiers in stats.get("configurations", {}).items()
        for tier, told in tiers.items()
    ]
    if not rows:
        return []
    return [
        "",
        "Beside the files stand configurations with rows of their own: `issues` (threads of issues "
        "and pull requests, speakers numbered) and `commits` (changes of one file, without names "
        "or addresses).",
        "",
        *_table(["configuration", "tier", "files", "rows", "on disk"], rows),
    ]


def _made(manifest: Json, stats: Json) -> list[str]:
    sources = ", ".join(f"{count} of kind {kind}" for kind, count in stats["sources"].items())
    lines = ["## How it was made", "", f"Sources: {sources or 'none'}.", ""]
    rows = [
        (name, told["rows_in"], told["rows_out"], told["rows_dropped"])
        for name, told in stats["stages"].items()
        if name in ("collect", "identify", "select", "redact")
    ]
    lines += _table(["stage", "rows in", "rows out", "dropped"], rows)
    lines.append("")
    for number, (name, sentence) in enumerate(_STEPS.items(), 1):
        said = sentence.format(licence_set=_set_name(manifest))
        lines.append(f"{number}. **{name}** {said}{_reasons(stats['stages'][name]['dropped'])}")
    return lines


def _reasons(dropped: Mapping[str, int]) -> str:
    if not dropped:
        return ""
    told = sorted(dropped.items(), key=lambda item: (-item[1], item[0]))
    return " Left out: " + ", ".join(f"{count:,} {_words(name)}" for name, count in told) + "."


def _words(reason: str) -> str:
    return reason.replace("-", " ").replace("_", " ")


def _languages(stats: Json) -> list[str]:
    total = stats["bytes"]
    ranked = sorted(stats["languages"].items(), key=lambda item: (-item[1]["bytes"], item[0]))
    rows = [
        (name or "unknown", part["rows"], size(part["bytes"]), share(part["bytes"], total))
        for name, part in ranked[:SHOWN]
    ]
    lines = ["## Languages", "", *_table(["language", "rows", "source bytes", "share"], rows)]
    beyond = len(ranked) - SHOWN
    return [*lines, "", f"And {beyond} more in `stats.json`."] if beyond > 0 else lines


def _licences(manifest: Json, stats: Json) -> list[str]:
    ranked = sorted(stats["licences"].items(), key=lambda item: (-item[1]["rows"], item[0]))
    rows = [(name, part["rows"], share(part["rows"], stats["rows"])) for name, part in ranked]
    return [
        "## Licences",
        "",
        f"The licence set is `{_set_name(manifest)}`: {len(manifest['licence_set']['licences'])} "
        "licences, named in the manifest. A licence found anywhere, a file's own "
        "header included, beats what a host or a package says of itself. Most of these licences "
        "ask for attribution: the repository and path of every row are kept so that you can give "
        "it, and the duty to do so passes to you. A row that rests on two licences counts twice.",
        "",
        *_table(["licence", "rows", "share of rows"], rows),
    ]


def _set_name(manifest: Json) -> str:
    return f"{manifest['licence_set']['name']} {manifest['licence_set']['version']}"


def _redaction(manifest: Json, stats: Json) -> list[str]:
    policy, told = manifest["redaction"], stats["redactions"]
    met = {*policy["classes"], *told["classes"], *told["left"]}
    rows = [
        (name, _treated(policy, name), told["classes"].get(name, 0), told["left"].get(name, 0))
        for name in sorted(met)
    ]
    return [
        "## Redaction",
        "",
        f"{told['rows']:,} rows had something replaced. Policy version {policy['version']}:",
        "",
        *_table(["class", "what happens", "replaced", "left"], rows),
        "",
        "A replaced e-mail address, key or password becomes a token such as `<EMAIL>`; a network "
        "address becomes one of the ranges reserved for documentation, the same for the same "
        "value. Sizes, hashes and line measures are those of the original file.",
    ]


def _treated(policy: Json, cls: str) -> str:
    """What happens to a class, and in which context something else."""
    told = policies.by_context(policy["classes"].get(cls, policies.action(policy, cls)))
    usual = told.pop("code")
    others = [f"{name}: {_ACTIONS[what]}" for name, what in told.items() if what != usual]
    return "; in ".join([_ACTIONS[usual], *others])


def _limits() -> list[str]:
    return [
        "## Known limits",
        "",
        "- Detection is by rules. Names and user names of people are found where the form of the "
        "text tells them (copyright lines, author fields, home folders), no further; a key "
        "without a known shape or a telling name beside it can be missed.",
        "- Precision and recall of the detectors on this data, names and user names included: "
        "not measured.",
        "- Licences are read from metadata, licence files and file headers; a file copied from "
        "elsewhere without its notice carries the licence of the place where it was found.",
        "- Copies that differ in a byte are separate rows; near-duplicates are not removed.",
        "- Some files are generated or vendored.",
    ]


def _citing(manifest: Json) -> list[str]:
    name, version = manifest["dataset"], manifest["version"]
    key = "".join(char if char.isalnum() else "-" for char in f"{name}-{version}")
    return [
        "## How to cite",
        "",
        "Name the dataset and the version, as rows are removed between versions:",
        "",
        "```bibtex",
        f"@misc{{{key},",
        f"  title = {{{name}}},",
        f"  version = {{{version}}},",
        f"  note = {{Build {manifest['brief'][:16]}}}",
        "}",
        "```",
    ]
