"""How a page says things: numbers, times, hashes, collected text, and the components.

    {% load gatehouse %}

Words (filters)
    {{ bytes|filesize }}      2.82 TB              {{ rows|count }}        237,004,118
    {{ rows|short_count }}    237.0 M              {{ 0.179|percent }}     17.9 %
    {{ at|when }}             <time>2 Nov 2026, 09:00 UTC</time>   (`at|when:"seconds"`)
    {{ at|day }}              <time>2 Nov 2026</time>
    {{ sha256|short_hash }}   both ends shown, the whole is copied
    {{ text|source_lines }}   collected content for <pre class="source" tabindex="0" aria-label=..>
    None is an en dash in all of them.

Components (tags; each has a template of its name in templates/parts/)
    {% gate steps %}          steps: .state done|next|later .title .detail .url .action (small=True)
    {% pill text kind %}      kind: ok warn bad live, or nothing; one to four words of state
    {% cmd title command %}   what can be pasted and run
    {% field form.name %}     label, hint, control, errors; check boxes become .choice (hint="..")
    {% form_errors form %}    errors of no single field, before the fields
    {% fields form %}         form_errors, hidden fields and every field
    {% empty title text url action %}   inside .panel: nothing here, and what to do next
    {% ranks rows %}          rows: .label .value .share (0 to 1); heading="Licence"
    {% share_bar parts %}     parts: .label .share (0 to 1), largest first; title="Share of rows"
    {% pages page_obj %}      of a Django Paginator; keeps the other parameters of the address
    {% crumbs label url label url ... label %}   where one is; the last label is this page

Blocks of base.html
    title  page_class (narrow, slim or empty)  crumbs  content  head
    live   {% block live %}{% include "parts/live.html" %}{% endblock %} loads htmx on this page
Context of base.html: nav, footer_links and account_links (.url .label .current), demo, sealed
(.at .entries .url)

Classes (static/gatehouse.css)
    page     .head (h1, .lede)  .eyebrow  .stack (.tight .loose)  .grid  .split (.wide-aside)
    act      .btn (.primary once a view, .danger, .small)  .row (.apart)  .bulk
    state    .pill  .notice (.warn .bad .ok)  .stages  .timeline  .receipt
    things   .panel (.flush round a table)  .facts (.big .lines)  .tag  .hash  .tiers  .listing
    tables   table.cards (td data-label)  .scroll (tabindex="0" role="region" aria-label)
             .num  .tick  .rowhover  tr[aria-current]
    moving   nav.tabs  nav.segments  .pages
    forms    .field  .choice  .filters (.find)  .errors  .digits  .clause  .signature
    charts   figure.chart  .legend  .ranks  .key  .f1 to .f5 and .f0 (series)
    words    .prose  .quiet  .small  .mono  .measure  .vh (for screen readers alone)
No `style` attributes: the content security policy refuses them.
"""

import re
from collections.abc import Iterable, Iterator
from datetime import date, datetime
from typing import Any

from django import forms, template
from django.core.paginator import Page
from django.template.loader import render_to_string
from django.utils.html import conditional_escape, escape, format_html
from django.utils.safestring import SafeString, mark_safe

from governance import dates

register = template.Library()

NONE = "–"  # noqa: RUF001 - the en dash that pages show for "no value"
SPACE = "\N{NO-BREAK SPACE}"
SERIES = ("f1", "f5", "f2", "f3", "f4")  # neighbours in a bar stay distinct in this order
REST = "f0"
BAR_WIDTH, BAR_GAP = 640, 2


# ------------------------------------------------------------------ numbers
def _three_digits(value: float) -> str:
    return f"{value:.2f}" if value < 9.995 else f"{value:.1f}" if value < 99.95 else f"{value:.0f}"


@register.filter
def filesize(size: int | None) -> str:
    """Bytes in decimal units, three digits: `2.82 GB`; whole bytes below a thousand."""
    if size is None:
        return NONE
    value = float(size)
    if value < 1000:
        return f"{int(value)}{SPACE}byte{'' if int(value) == 1 else 's'}"
    for unit in ("KB", "MB", "GB", "TB", "PB"):
        value /= 1000
        if value < 999.5 or unit == "PB":
            break
    return f"{_three_digits(value)}{SPACE}{unit}"


@register.filter
def count(number: int | None) -> str:
    """A whole number with separators and a true minus sign: `237,004,118`."""
    return NONE if number is None else f"{int(number):,}".replace("-", "\N{MINUS SIGN}")


@register.filter
def short_count(number: int | None) -> str:
    """A large count for headlines, `237.0 M`; exact below ten thousand."""
    if number is None or abs(number) < 10_000:
        return count(number)
    for size, unit in ((10**9, "bn"), (10**6, "M"), (10**3, "k")):
        value = number / size
        if abs(value) >= 0.9995 or unit == "k":
            break
    digits = 2 if abs(value) < 9.995 else 1
    return f"{value:,.{digits}f}{SPACE}{unit}".replace("-", "\N{MINUS SIGN}")


@register.filter
def percent(share: float | None) -> str:
    """A share from 0 to 1 as `17.9 %`. Only nothing is 0 % and only all is 100 %."""
    if share is None:
        return NONE
    if share in (0, 1):
        return f"{share:.0%}".replace("%", f"{SPACE}%")
    value = abs(share) * 100
    if value < 0.01:
        return f"under{SPACE}0.01{SPACE}%"
    if 99.95 <= value < 100:
        return f"over{SPACE}99.9{SPACE}%"
    sign = "\N{MINUS SIGN}" if share < 0 else ""
    return f"{sign}{value:.{2 if value < 0.095 else 1}f}{SPACE}%"


# ------------------------------------------------------------------ times
@register.filter
def when(value: datetime | str | None, precision: str = "minutes") -> str:
    """A moment with its zone, `2 Nov 2026, 09:00 UTC`; `when:"seconds"` for records."""
    if not value:
        return NONE
    at = dates.in_utc(value)
    clock = f"{at:%H:%M:%S}" if precision == "seconds" else f"{at:%H:%M}"
    words = f"{dates.day(at)}, {clock}{SPACE}UTC"
    return format_html('<time datetime="{}">{}</time>', f"{at:%Y-%m-%dT%H:%M:%SZ}", words)


@register.filter
def day(value: date | str | None) -> str:
    """A date, `2 Nov 2026`; a moment gives its date in UTC."""
    if not value:
        return NONE
    at = dates.in_utc(value).date() if isinstance(value, (datetime, str)) else value
    return format_html('<time datetime="{}">{}</time>', at.isoformat(), dates.day(at))


# ------------------------------------------------------------------ ids and collected text
@register.filter
def short_hash(value: str | None) -> str:
    """A long id as `4be1c07a…e29f`. The middle is there without size, so a copy has it all."""
    if not value:
        return NONE
    text = str(value)
    if len(text) <= 20:
        return format_html('<span class="hash">{}</span>', text)
    head = text.find(":") + 9 if text.startswith("sha") else 8
    parts = (text, text[:head], text[head:-4], text[-4:])
    return format_html('<span class="hash short" title="{}">{}<span>{}</span>{}</span>', *parts)


# What redaction puts in the place of a value.
TOKEN = re.compile(r"&lt;(?:NAME|EMAIL|KEY|PASSWORD|USERNAME|IP_ADDRESS)(?:_\d+)?&gt;")
# Characters that a reader can't see, or that turn the order of a line round, would let content
# show another text than it holds. Unicode: bidi controls, zero widths, C0 and C1.
UNSEEN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]")
LONGEST = 2000  # characters of a line that a page shows


def _line(text: str) -> str:
    shown = UNSEEN.sub(lambda found: f"\x00{ord(found[0]):04X}\x01", text[:LONGEST])
    safe = TOKEN.sub(lambda found: f"<mark>{found[0]}</mark>", escape(shown))
    safe = re.sub("\x00([0-9A-F]+)\x01", r'<mark class="unseen">U+\1</mark>', safe)
    cut = len(text) - LONGEST
    tail = f'<span class="more">{count(cut)} more characters</span>' if cut > 0 else ""
    return f"<code>{safe}{tail}</code>"


@register.filter
def source_lines(text: str | None, most: int = 1000) -> SafeString:
    """Collected content as escaped `<code>` lines, redactions and unseen characters marked.

    At most `most` lines of 2,000 characters; what is left out is said, never silent.
    """
    lines = (text or "").removesuffix("\n").replace("\r\n", "\n").split("\n")
    left = len(lines) - most
    shown = "".join(map(_line, lines[:most]))
    rest = f'<code class="more">{count(left)} more lines</code>' if left > 0 else ""
    return mark_safe(shown + rest)  # noqa: S308 - every line is escaped above


# ------------------------------------------------------------------ components
@register.inclusion_tag("parts/gate.html")
def gate(steps: Iterable[Any], small: bool = False) -> dict[str, Any]:
    """The steps between a person and the bytes, or before a publication.

    A step has `state` (done, next or later), `title`, and may have `detail`, `url`, `action`.
    The button of the step `next` counts as the view's primary one.
    """
    return {"steps": steps, "small": small}


@register.inclusion_tag("parts/pill.html")
def pill(text: str, kind: str = "") -> dict[str, str]:
    """The state of a thing in one to four words; `kind` is ok, warn, bad, live or nothing."""
    return {"text": text, "kind": kind}


@register.inclusion_tag("parts/cmd.html")
def cmd(title: str, command: str) -> dict[str, str]:
    """A command that can be pasted and run, with a copy button where a script runs."""
    return {"title": title, "command": str(command).strip("\n")}


@register.inclusion_tag("parts/empty.html")
def empty(
    title: str, text: str = "", url: str = "", action: str = "", level: int = 3
) -> dict[str, str | int]:
    """Nothing here: say so, say why, offer the next act. `level` is that of the heading."""
    return {"title": title, "text": text, "url": url, "action": action, "level": level}


def _get(row: Any, name: str) -> Any:
    return row.get(name) if isinstance(row, dict) else getattr(row, name, None)


@register.inclusion_tag("parts/ranks.html")
def ranks(rows: Iterable[Any], heading: str = "", value_heading: str = "Count") -> dict[str, Any]:
    """Ranked shares as a table with bars: the longest bar is the largest share.

    A row has `label`, `share` (0 to 1) and may have `value` (a count or words) and `rest`
    (true for "187 others", drawn grey).
    """
    drawn = [
        {name: _get(row, name) for name in ("label", "value", "share", "rest")} for row in rows
    ]
    top = max((row["share"] or 0 for row in drawn), default=0) or 1
    for row in drawn:
        row["width"] = f"{100 * (row['share'] or 0) / top:.1f}"
        row["series"] = REST if row["rest"] else SERIES[0]
        row["value"] = count(row["value"]) if isinstance(row["value"], int) else row["value"]
    values = any(row["value"] is not None for row in drawn)
    return {"rows": drawn, "heading": heading, "value_heading": value_heading, "values": values}


def _spans(parts: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Place parts side by side on a bar, a gap between; a part too thin to see gets one unit."""
    room = BAR_WIDTH - BAR_GAP * (len(parts) - 1)
    total = sum(part["share"] for part in parts) or 1
    x = 0.0
    for part in parts:
        width = room * part["share"] / total
        yield part | {"x": f"{x:.1f}", "width": f"{max(width, 1):.1f}"}
        x += width + BAR_GAP


@register.inclusion_tag("parts/share_bar.html")
def share_bar(parts: Iterable[Any], title: str = "Shares") -> dict[str, Any]:
    """One bar of shares with a legend: the first five parts, and the others as one grey rest."""
    all_parts = [{"label": _get(part, "label"), "share": _get(part, "share")} for part in parts]
    shown, others = all_parts[: len(SERIES)], all_parts[len(SERIES) :]
    for part, series in zip(shown, SERIES, strict=False):
        part["series"] = series
    if others:
        share = sum(part["share"] for part in others)
        label = f"{count(len(others))} other{'' if len(others) == 1 else 's'}"
        shown.append({"label": label, "share": share, "series": REST})
    sentence = ", ".join(f"{part['label']} {percent(part['share'])}" for part in shown)
    return {"parts": list(_spans(shown)), "sentence": f"{title}: {sentence}", "width": BAR_WIDTH}


@register.inclusion_tag("parts/pages.html", takes_context=True)
def pages(context: template.Context, page_obj: Page, what: str = "entries") -> dict[str, Any]:
    """Where one is in a long list. Nothing when all of it is on one page."""
    request = context.get("request")
    query = request.GET.copy() if request else None
    links = []
    for number in page_obj.paginator.get_elided_page_range(page_obj.number, on_each_side=1):
        if query is not None and isinstance(number, int):
            query["page"] = str(number)
        address = f"?{query.urlencode()}" if query is not None else f"?page={number}"
        links.append({"number": number, "url": address, "gap": not isinstance(number, int)})
    return {"page": page_obj, "links": links, "what": what}


@register.inclusion_tag("parts/crumbs.html")
def crumbs(*trail: str) -> dict[str, Any]:
    """Labels and addresses in turn, from the top level down; the last label is the page itself."""
    steps = list(zip(trail[0:-1:2], trail[1::2], strict=True))
    return {"steps": steps, "here": trail[-1]}


@register.filter
def qr(svg: str) -> SafeString:
    """A QR code that this server drew, ready to stand inside a page: the XML head is cut off."""
    return mark_safe(svg[svg.index("<svg") :])  # noqa: S308 - drawn here, holds no one's markup


# ------------------------------------------------------------------ forms
def _kind(widget: forms.Widget) -> str:
    """How the widget is laid out: one box, a list of choices, or a control under its label."""
    if isinstance(widget, (forms.RadioSelect, forms.CheckboxSelectMultiple)):
        return "choices"
    if isinstance(widget, forms.CheckboxInput):
        return "check"
    return "control"


def _attrs(bound: forms.BoundField, described: str) -> dict[str, Any]:
    """Attributes beside Django's own. A placeholder goes: the label and the hint stay readable."""
    attrs: dict[str, Any] = {"aria-describedby": described or False}
    if bound.field.widget.attrs.get("placeholder"):
        attrs["placeholder"] = False
    if isinstance(bound.field.widget, forms.Textarea):
        rows = bound.field.widget.attrs.get("rows")
        attrs |= {"cols": False, "rows": "4" if rows == "10" else rows}  # 10 is Django's default
    return attrs


@register.simple_tag
def field(bound: forms.BoundField, hint: str = "", label: str = "") -> str:
    """Label, hint, control, errors of one form field, tied together for screen readers.

    `hint` and `label` take the place of the field's own; a hint of one space is none.
    """
    if bound.is_hidden:
        return str(bound)
    name, kind = bound.auto_id or bound.html_name, _kind(bound.field.widget)
    hint = conditional_escape(hint or bound.help_text)
    hint = hint if hint.strip() else ""
    parts = [f"{name}_hint"] * bool(hint) + [f"{name}_error"] * bool(bound.errors)
    described = " ".join(parts)
    control = "" if kind == "choices" else bound.as_widget(attrs=_attrs(bound, described))
    shown = {
        "field": bound,
        "id": name,
        "kind": kind,
        "label": label or bound.label,
        "hint": hint,
        "control": control,
        "described": described,
        "optional": not bound.field.required and kind == "control",
        "digits": bound.field.widget.attrs.get("autocomplete") == "one-time-code",
    }
    return render_to_string("parts/field.html", shown)


@register.inclusion_tag("parts/form_errors.html")
def form_errors(form: forms.BaseForm) -> dict[str, Any]:
    """Errors that belong to no single field, as a notice before the fields."""
    hidden = [error for bound in form.hidden_fields() for error in bound.errors]
    return {"errors": [*form.non_field_errors(), *hidden]}


@register.inclusion_tag("parts/fields.html")
def fields(form: forms.BaseForm) -> dict[str, Any]:
    """The whole of a form but its button."""
    return {"form": form}
