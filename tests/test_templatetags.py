"""What the components show: numbers and times in words, collected text as data, fields tied up."""

import re
from datetime import date, datetime, timedelta, timezone
from html import unescape
from itertools import pairwise
from pathlib import Path

import pytest
from django import forms
from django.core.paginator import Paginator
from django.template import Context, Template
from django.template.loader import render_to_string
from django.test import RequestFactory
from hypothesis import given
from hypothesis import strategies as st

from governance import dates
from portal.templatetags import gatehouse

NBSP = "\N{NO-BREAK SPACE}"


def shown(text: str) -> str:
    """As a reader sees it: no-break spaces are spaces."""
    return text.replace(NBSP, " ")


def draw(source: str, **context: object) -> str:
    return Template("{% load gatehouse %}" + source).render(Context(context))


def words(html: str) -> str:
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", html)).split())


@pytest.mark.parametrize(
    ("size", "said"),
    [
        (0, "0 bytes"),
        (1, "1 byte"),
        (999, "999 bytes"),
        (1000, "1.00 KB"),
        (999_499, "999 KB"),
        (999_500, "1.00 MB"),
        (2_820_000_000, "2.82 GB"),
        (54_321_000_000, "54.3 GB"),
        (102_400_000_000_000, "102 TB"),
        (5 * 10**18, "5000 PB"),
        (None, "–"),  # noqa: RUF001
    ],
)
def test_sizes_have_decimal_units_and_three_digits(size: int | None, said: str) -> None:
    assert shown(gatehouse.filesize(size)) == said


@pytest.mark.parametrize(
    ("number", "long", "short"),
    [
        (237_004_118, "237,004,118", "237.0 M"),
        (9_999, "9,999", "9,999"),
        (62_400, "62,400", "62.4 k"),
        (4_120_000, "4,120,000", "4.12 M"),
        (999_999, "999,999", "1.00 M"),
        (1_200_000_000, "1,200,000,000", "1.20 bn"),
        (-41_209, "\N{MINUS SIGN}41,209", "\N{MINUS SIGN}41.2 k"),
        (None, "–", "–"),  # noqa: RUF001
    ],
)
def test_counts_have_separators_and_true_minus(number: int | None, long: str, short: str) -> None:
    assert (gatehouse.count(number), shown(gatehouse.short_count(number))) == (long, short)


@pytest.mark.parametrize(
    ("share", "said"),
    [
        (0, "0 %"),
        (1, "100 %"),
        (0.179, "17.9 %"),
        (0.0076, "0.8 %"),
        (0.0004, "0.04 %"),
        (0.00001, "under 0.01 %"),
        (0.99996, "over 99.9 %"),
        (0.9, "90.0 %"),
        (-0.051, "\N{MINUS SIGN}5.1 %"),
    ],
)
def test_only_nothing_is_none_and_only_all_is_all(share: float, said: str) -> None:
    assert shown(gatehouse.percent(share)) == said


def test_a_moment_is_said_in_utc_whatever_its_zone() -> None:
    at = datetime(2026, 11, 2, 10, 30, 5, tzinfo=timezone(timedelta(hours=1)))
    assert shown(gatehouse.when(at)) == (
        '<time datetime="2026-11-02T09:30:05Z">2 Nov 2026, 09:30 UTC</time>'
    )
    assert ">2 Nov 2026, 09:30:05 UTC<" in shown(gatehouse.when(at, "seconds"))
    assert gatehouse.when("2026-11-02T09:30:05Z") == gatehouse.when(at)


def test_a_day_is_the_day_in_utc() -> None:
    late = datetime(2026, 11, 2, 23, 30, tzinfo=timezone(timedelta(hours=-5)))
    assert gatehouse.day(late) == '<time datetime="2026-11-03">3 Nov 2026</time>'
    assert gatehouse.day(date(2026, 5, 4)) == '<time datetime="2026-05-04">4 May 2026</time>'
    assert gatehouse.day(None) == "–"  # noqa: RUF001


def test_a_short_hash_keeps_the_whole_for_copying() -> None:
    sha = "sha256:" + "0123456789abcdef" * 4
    html = gatehouse.short_hash(sha)
    assert re.sub(r"<[^>]+>", "", html) == sha
    assert re.sub(r"<span>.*?</span>|<[^>]+>", "", html) == "sha256:01234567" + "cdef"
    assert (
        gatehouse.short_hash('"><script>') == '<span class="hash">&quot;&gt;&lt;script&gt;</span>'
    )


def test_redactions_are_marked_and_markup_in_content_is_not_markup() -> None:
    html = gatehouse.source_lines('KEY = "<KEY>" # <b>x</b> <script>alert(1)</script>\n\nend')
    assert html.count("<code>") == 3
    assert "<mark>&lt;KEY&gt;</mark>" in html
    assert "<script" not in html
    assert "<b>" not in html


def test_characters_that_hide_or_turn_the_line_are_named() -> None:
    html = gatehouse.source_lines('access = "user\u202e \u2066// admin"\x1b[2K\x00')
    for name in ("U+202E", "U+2066", "U+001B", "U+0000"):
        assert f'<mark class="unseen">{name}</mark>' in html
    assert not re.search("[\u202a-\u202e\u2066-\u2069\x00\x1b]", html)


def test_what_is_cut_is_said() -> None:
    assert "2 more lines" in gatehouse.source_lines("a\nb\nc\n", 1)
    assert "1,000 more characters" in gatehouse.source_lines("x" * 3000)
    assert "more" not in gatehouse.source_lines("a\nb\n")


@given(st.text(alphabet=st.characters(codec="utf-8"), max_size=300))
def test_no_content_can_make_an_element(text: str) -> None:
    html = gatehouse.source_lines(text)
    bare = re.sub(r'</?(?:code|mark)>|<mark class="unseen">|<code class="more">', "", html)
    assert "<" not in bare


STEPS = [
    {"state": "done", "title": "Signed in", "detail": "a@example.org"},
    {"state": "next", "title": "Sign terms 2.1", "url": "/terms", "action": "Review and sign"},
    {"state": "later", "title": "Download", "url": "/files", "action": ""},
]


def test_a_gate_has_one_button_and_says_states_in_words() -> None:
    html = draw("{% gate steps %}", steps=STEPS)
    assert html.count("<li") == 3
    assert re.findall(r'class="btn primary" href="([^"]+)">([^<]+)<', html) == [
        ("/terms", "Review and sign")
    ]
    assert "Done: Signed in" in words(html)
    assert "Next: Sign terms 2.1" in words(html)


def test_a_command_is_text() -> None:
    html = draw('{% cmd "Get it" command %}', command="\ncurl -o '<x>' $TOKEN\n")
    assert "<code>curl -o &#x27;&lt;x&gt;&#x27; $TOKEN</code>" in html


class Form(forms.Form):
    name = forms.CharField(
        label="Full name",
        help_text="As on your profile",
        widget=forms.TextInput({"placeholder": "X"}),
    )
    note = forms.CharField(widget=forms.Textarea, required=False)
    agree = forms.BooleanField(label="I agree to clause 2")
    how = forms.ChoiceField(choices=[("a", "One"), ("b", "Two")], widget=forms.RadioSelect)
    back = forms.CharField(widget=forms.HiddenInput, required=False)

    def clean(self) -> None:
        raise forms.ValidationError("Tick every clause.")


def test_a_fresh_field_is_tied_to_its_label_and_hint() -> None:
    html = draw("{% field form.name %}", form=Form())
    assert '<label for="id_name">Full name</label>' in html
    assert '<small id="id_name_hint">As on your profile</small>' in html
    assert 'aria-describedby="id_name_hint"' in html
    assert "aria-invalid" not in html
    assert "placeholder" not in html


def test_a_wrong_field_names_its_error_to_everyone() -> None:
    html = draw("{% field form.name %}", form=Form({}))
    assert 'aria-invalid="true"' in html
    assert 'aria-describedby="id_name_hint id_name_error"' in html
    assert re.search(r'id="id_name_error"><li class="error">This field is required', html)


def test_each_kind_of_field_is_laid_out() -> None:
    html = draw("{% fields form %}", form=Form({}))
    assert html.index("Tick every clause.") < html.index("Full name")
    assert re.search(r'<label class="choice"><input type="checkbox"[^>]*><span>I agree', html)
    assert html.count('type="radio"') == 2
    assert "<legend>How</legend>" in html
    assert "(optional)" in html
    assert html.count('type="hidden"') == 1
    ids = re.findall(r' id="([^"]+)"', html)
    assert len(ids) == len(set(ids))


def test_no_component_needs_a_style_attribute() -> None:
    rows = [{"label": "MIT", "share": 0.6, "value": 1200}, {"label": "ISC", "share": 0.3}]
    source = (
        "{% gate steps %}{% ranks rows %}{% share_bar rows %}{% cmd 'a' 'b' %}{% fields form %}"
        "{% empty 'None' 'Why' '/x' 'Act' %}{% pill 'Done' 'ok' %}{% crumbs 'A' '/a' 'B' %}"
    )
    html = draw(source, steps=STEPS, rows=rows, form=Form({}))
    assert not re.search(r"\sstyle=|<style|<script|\son\w+=", html)


def test_the_longest_bar_is_the_largest_share() -> None:
    rows = [{"label": "MIT", "share": 0.6, "value": 1200}, {"label": "ISC", "share": 0.3}]
    html = draw("{% ranks rows %}", rows=rows)
    assert re.findall(r'width="([\d.]+)"', html) == ["100.0", "50.0"]
    assert "MIT 1,200 60.0 %" in shown(words(html))


def test_a_share_bar_fills_its_width_and_says_itself_in_words() -> None:
    parts = [{"label": f"L{n}", "share": 0.1} for n in range(10)]
    html = draw("{% share_bar parts title='Share of rows' %}", parts=parts)
    spans = [(float(x), float(w)) for x, w in re.findall(r'x="([\d.]+)" width="([\d.]+)"', html)]
    assert len(spans) == 6
    assert sum(spans[-1]) == pytest.approx(640, abs=0.2)
    assert all(a + w < b for (a, w), (b, _) in pairwise(spans))
    assert "5 others 50.0 %" in shown(html)
    assert 'role="img" aria-label="Share of rows: L0 10.0 %' in shown(html)


def test_pages_keep_the_rest_of_the_address() -> None:
    request = RequestFactory().get("/files?tier=raw&page=5")
    page = Paginator(range(2184), 100).get_page(5)
    html = draw("{% pages page_obj what='files' %}", request=request, page_obj=page)
    assert 'href="?tier=raw&amp;page=6"' in html
    assert re.search(r'page=5" aria-current="page"', html)
    assert "401 to 500 of 2,184 files" in words(html)
    assert draw("{% pages p %}", p=Paginator(range(3), 100).get_page(1)).strip() == ""


def test_crumbs_end_with_the_page_itself() -> None:
    html = draw("{% crumbs 'Datasets' '/d' name '/d/x' 'Terms 2.1' %}", name="<x>")
    assert re.findall(r'href="([^"]+)"', html) == ["/d", "/d/x"]
    assert '<li aria-current="page">Terms 2.1</li>' in html
    assert "&lt;x&gt;" in html


def test_the_fault_page_needs_nothing() -> None:
    html = Template("{% include '500.html' %}").render(Context())
    assert "Something broke here" in html
    assert "/static/gatehouse.css" in html


LINK = "http://localhost:8000/confirm/a-key/"


@pytest.mark.parametrize(
    "name",
    [
        "account/email/email_confirmation_message",
        "account/email/email_confirmation_signup_message",
        "account/email/password_reset_key_message",
    ],
)
@pytest.mark.parametrize("kind", ["txt", "html"])
def test_a_mail_with_a_link_holds_it_and_says_how_long_it_works(name: str, kind: str) -> None:
    told = {
        "activate_url": LINK,
        "password_reset_url": LINK,
        "current_site": {"domain": "x.example"},
    }
    html = render_to_string(f"{name}.{kind}", told)
    assert LINK in html
    assert "3 days" in html


@pytest.mark.parametrize(
    ("url", "found"),
    [("https://x.example/a", True), ("/a", False), ("", False)],
)
def test_a_notice_links_only_where_a_mail_reader_can_go(url: str, found: bool) -> None:
    told = {"title": "Approved", "lines": ["One.", "Two <b>."], "url": url, "action": "See it"}
    text = render_to_string("mail/notice.txt", told)
    html = render_to_string("mail/notice.html", told)
    assert "Two <b>." in text
    assert "Two &lt;b&gt;." in html
    assert (f"See it: {url}" in text) is found
    assert (f'href="{url}"' in html) is found


def test_a_subject_is_one_line() -> None:
    folder = Path(__file__).parent.parent / "templates"
    subjects = sorted(folder.glob("*/email/*_subject.txt"))
    assert len(subjects) > 10
    for each in subjects:
        assert len(each.read_text(encoding="utf-8").strip().splitlines()) == 1


PAGES = sorted(
    path
    for path in (Path(__file__).parent.parent / "templates").rglob("*.html")
    if "mail" not in path.parts and "email" not in path.parts
)


@pytest.mark.parametrize("path", PAGES, ids=lambda path: "/".join(path.parts[-2:]))
def test_no_page_asks_for_what_the_content_security_policy_refuses(path: Path) -> None:
    source = path.read_text(encoding="utf-8")
    assert not re.search(r"\sstyle=|<style|\son[a-z]+=|src=\"data:|javascript:", source)
    assert not re.search(r"<script(?![^>]*\ssrc=)", source)
    assert not re.search(r"(?:src|href)=\"https?://", source), "a page loads nothing from elsewhere"


def test_a_mail_says_a_day_as_a_page_does():
    assert dates.day("2026-12-07") == "7 Dec 2026"
    assert dates.moment("2026-12-07T23:30:00-02:00") == "8 Dec 2026, 01:30 UTC"
    assert "7 Dec 2026" in gatehouse.day(date(2026, 12, 7))


def test_nobody_writes_days_in_a_way_of_their_own():
    """`%d %b` says 07 Dec, and in another locale something else: `governance.dates` says it."""
    root = Path(__file__).parents[1]
    sources = [
        file for top in ("governance", "portal", "pipeline") for file in (root / top).rglob("*.py")
    ]
    found = [file for file in sources if re.search(r"%d %b|%b %Y", file.read_text())]
    assert found == []
