"""A dataset as a build leaves it, for the pages that show it."""

from html.parser import HTMLParser

from governance.catalogue.models import Dataset, Version
from tests.factories import ArtefactFactory, DatasetFactory, TermsFactory, VersionFactory

STAGES = ("collect", "identify", "select", "redact", "write", "index", "verify")


def stats(**languages: int) -> dict:
    """Figures of a version by rows a language; a row has 100 bytes."""
    rows = sum(languages.values())
    stage = {"rows_in": rows + 5, "rows_out": rows, "rows_dropped": 5, "dropped": {"too-large": 5}}
    tier = {"files": 1, "bytes": 1000, "rows": rows}
    return {
        "rows": rows,
        "bytes": rows * 100,
        "repositories": 3,
        "tiers": dict.fromkeys(("processed", "raw", "annotations"), tier),
        "languages": {name: {"rows": n, "bytes": n * 100} for name, n in languages.items()},
        "licences": {"MIT": {"rows": rows, "bytes": rows * 100}},
        "stages": dict.fromkeys(STAGES, stage),
        "redactions": {
            "rows": 2,
            "classes": {"EMAIL": 3},
            "rules": {},
            "left": {"EMAIL_LICENSE": 1},
        },
        "sources": {"distributions": 1},
    }


CARD = """# lab/shelf 1.0

98 source files in 2 languages.

## Tiers

| tier | files |
| --- | ---: |
| processed | 1 |

## How it was made

1. **collect** Sources are read as they are.

## Languages

| language | rows |
| --- | ---: |
| Python | 60 |

## Licences

A licence found anywhere beats what a host says.

| licence | rows |
| --- | ---: |
| MIT | 98 |

## Redaction

| class | what happens |
| --- | --- |
| EMAIL | replaced |

## Known limits

- Detection is by rules.

## How to cite

```bibtex
@misc{lab-shelf-1-0,
  title = {lab/shelf},
}
```
"""
# As the stage `card` draws it, shortened.
CHART = (
    '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" '
    'version="1.1" class="marks" width="494" height="122" viewBox="0 0 494 122">'
    '<g fill="none" stroke-miterlimit="10" transform="translate(74,36)"><g class="mark-group" '
    'role="graphics-object" aria-roledescription="group mark container"><path class="background" '
    'aria-hidden="true" d="M0,0h420v52h-420Z" pointer-events="none"/><text text-anchor="end" '
    'transform="translate(-8,16.5)" font-family="inherit" font-size="13px" fill="currentColor" '
    'opacity="1">collect</text><path aria-label="rows: 98; label: collect; what: kept" '
    'role="graphics-symbol" d="M0,5.000000000000002h378v16h-378Z" fill="var(--c1)"/></g></g></svg>'
)


def row(number: int, **given: object) -> dict:
    shown = {
        "row_id": f"row{number:029d}",
        "path": f"src/file{number}.py",
        "repo_name": "owner/repo",
        "language": "Python",
        "licenses": ["MIT"],
        "size": 40,
        "redactions": [{"class": "EMAIL", "count": 1}],
        "content": f'AUTHOR = "<EMAIL>"  # {number}\n',
        "cut": False,
    }
    return shown | given


def difference(added: int = 7, removed: int = 2) -> dict:
    def counted(rows: int) -> dict:
        return {
            "rows": rows,
            "bytes": rows * 100,
            "languages": {"Python": rows},
            "licences": {"MIT": rows},
        }

    return {
        "rows": {"added": counted(added), "removed": counted(removed), "changed": counted(1)},
        "unchanged": 90,
        "dropped": {"select": {"removed-subject": {"old": 0, "new": 2}}},
        "totals": {
            "old": {"rows": 93, "bytes": 9300, "repositories": 3},
            "new": {"rows": 98, "bytes": 9800, "repositories": 3},
        },
        "files": {
            "processed": {"unchanged": 4, "rewritten": 1, "new": 1, "gone": 0, "bytes": 2_000_000}
        },
    }


def published(dataset: Dataset | None = None, *, drawn: bool = False, **given: object) -> Version:
    """A current version with card, figures, rows to look at, one file, and terms."""
    dataset = dataset or DatasetFactory()
    figures = given.pop("stats", None) or stats(Python=60, C=38)
    if not dataset.terms.exists():
        TermsFactory(dataset=dataset)
    fields = {
        "number": "1.0",
        "rows": figures["rows"],
        "size": 123_456,
        "terms": "1.0",
        "card": CARD,
        "stats": figures,
        "charts": {"kept": CHART} if drawn else {},
        "preview": [row(1), row(2), row(3)],
    }
    made = VersionFactory(dataset=dataset, **(fields | given))
    ArtefactFactory(version=made)
    return made


class Markup(HTMLParser):
    """What a browser would make of a page, as far as a policy without `unsafe-*` cares."""

    def __init__(self) -> None:
        super().__init__()
        self.wrong: list[str] = []
        self.tags: list[str] = []
        self.ids: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        given = dict(attrs)
        self.ids += [given["id"]] if given.get("id") else []
        if tag == "style" or (tag == "script" and "src" not in given):
            self.wrong.append(f"<{tag}>")
        self.wrong += [
            f"{tag} {name}" for name in given if name == "style" or name.startswith("on")
        ]
        for name in ("href", "src", "action"):
            if (given.get(name) or "").strip().lower().startswith(("javascript:", "data:")):
                self.wrong.append(f"{tag} {name}={given[name]}")


def read(response: object) -> str:
    """The page's text, after making sure that it keeps the content security policy."""
    text = response.content.decode()
    markup = Markup()
    markup.feed(text)
    assert markup.wrong == []
    assert markup.tags.count("h1") == 1
    assert len(markup.ids) == len(set(markup.ids)), "an id stands twice"
    return text
