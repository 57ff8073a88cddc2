"""A dataset card as HTML: Markdown of a build, treated as if a stranger had written it.

Raw HTML is shown as text, images are left out (a page loads nothing from elsewhere), links go to
the web or to an address of this site only. The page keeps its one `h1`.
"""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import nh3
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe
from django.utils.text import slugify
from markdown_it import MarkdownIt
from markdown_it.token import Token

TAGS = {
    *("p", "h3", "h4", "h5", "h6", "blockquote", "hr", "br", "ul", "ol", "li", "pre", "code"),
    *("table", "thead", "tbody", "tr", "th", "td", "em", "strong", "s", "a"),
}
ATTRIBUTES = {"a": {"href", "title"}, "ol": {"start"}}
CLASSES = {"th": {"num"}, "td": {"num"}}
SCHEMES = {"http", "https", "mailto"}
LONGEST = 200_000  # characters of a card that a page renders

_READER = MarkdownIt("commonmark", {"html": False}).enable(["table", "strikethrough"])


class Section(NamedTuple):
    title: str  # plain text; empty for what stands before the first heading
    slug: str
    html: SafeString
    prose: SafeString  # the same without its tables, where a page draws their figures itself
    code: str  # the first fenced block, to be copied


def sections(card: str) -> list[Section]:
    """The card cut at its headings of the first two levels; its own title is left out."""
    tokens = _READER.parse(card[:LONGEST])
    found = [_section(title, held) for title, held in _cut(tokens)]
    return [each for each in found if each.title or each.html.strip()]


def _cut(tokens: Sequence[Token]) -> Iterator[tuple[str, list[Token]]]:
    title, held, at, first = "", [], 0, True
    while at < len(tokens):
        token = tokens[at]
        if token.type == "heading_open" and token.tag in {"h1", "h2"} and token.level == 0:
            is_name = first and token.tag == "h1"  # the page shows the dataset's name already
            first = False
            if not is_name:
                yield title, held
                title, held = _plain(tokens[at + 1]), []
            at += 3  # opening, text, closing
            continue
        held.append(token)
        at += 1
    yield title, held


def _plain(inline: Token) -> str:
    return "".join(child.content for child in inline.children or ())


def _section(title: str, tokens: list[Token]) -> Section:
    code = next((token.content for token in tokens if token.type == "fence"), "")
    prose = _html(list(_without_tables(tokens)), title)
    return Section(title, slugify(title) or "about", _html(tokens, title), prose, code)


def _without_tables(tokens: list[Token]) -> Iterator[Token]:
    inside = False
    for token in tokens:
        inside = inside or token.type == "table_open"
        if not inside:
            yield token
        inside = inside and token.type != "table_close"


def _html(tokens: list[Token], title: str) -> SafeString:
    for token in tokens:
        if token.type in {"th_open", "td_open"}:
            _align_by_class(token)
        elif token.type in {"heading_open", "heading_close"} and token.tag in {"h1", "h2"}:
            token.tag = "h3"  # one inside a quotation or a list
    drawn = _READER.renderer.render(tokens, _READER.options, {})
    clean = nh3.clean(
        drawn,
        tags=TAGS,
        attributes=ATTRIBUTES,
        allowed_classes=CLASSES,
        url_schemes=SCHEMES,
        link_rel="nofollow noopener",
    )
    return mark_safe(_reachable(clean, title))  # noqa: S308 - cleaned by the list above


def _align_by_class(token: Token) -> None:
    """The content security policy refuses the `style` attribute that the parser sets."""
    right = "right" in str(token.attrs.pop("style", ""))
    if right:
        token.attrs["class"] = "num"


def _reachable(html: str, title: str) -> str:
    """Wide things scroll by keyboard too. Text holds no `<table>`: it was escaped."""
    parts = html.split("<table>")
    for at in range(1, len(parts)):
        name = escape(f"{title or 'About'}, table{'' if at == 1 else f' {at}'}")
        opening = f'<div class="scroll" tabindex="0" role="region" aria-label="{name}"><table>'
        parts[at] = opening + parts[at]
    return (
        "".join(parts).replace("</table>", "</table></div>").replace("<pre>", '<pre tabindex="0">')
    )
