"""The catalogue and the pages of a dataset, as strangers and people meet them."""

import pytest
from django.urls import reverse

from governance.audit.actors import Role
from governance.catalogue.states import State
from tests.factories import (
    NOW,
    AcceptanceFactory,
    ApplicationFactory,
    ArtefactFactory,
    DatasetFactory,
    GrantFactory,
    UserFactory,
    VersionFactory,
)
from tests.pages import shelf
from tests.support import staff_client

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _clock(monkeypatch):
    monkeypatch.setattr("django.utils.timezone.now", lambda: NOW)


@pytest.fixture
def version():
    return shelf.published(drawn=True)


def url(route: str, version, **more: str) -> str:
    of = version.dataset
    return reverse(route, kwargs={"namespace": of.namespace, "name": of.name, **more})


def signed(version, **given):
    """Somebody who signed the terms of a dataset."""
    user = UserFactory(**given)
    AcceptanceFactory(user=user, terms=version.dataset.terms.get())
    return user


TABS = ["dataset", "dataset-files", "dataset-versions", "dataset-preview", "dataset-access"]

# ------------------------------------------------------------------ catalogue


def test_the_catalogue_names_the_next_step_of_each_reader(client, version):
    assert "Sign in to download" in shelf.read(client.get("/"))
    client.force_login(UserFactory())
    assert "Sign terms 1.0 to download" in shelf.read(client.get("/datasets"))
    client.force_login(signed(version))
    assert "You can download" in shelf.read(client.get("/datasets"))


def test_my_access_is_a_filter(client, version):
    other = shelf.published(DatasetFactory(name="unsigned"))
    client.force_login(signed(version))
    ready = shelf.read(client.get("/datasets", {"access": "now"}))
    assert version.dataset.slug in ready
    assert other.dataset.slug not in ready
    missing = shelf.read(client.get("/datasets", {"access": "missing"}))
    assert version.dataset.slug not in missing
    assert other.dataset.slug in missing


def test_words_and_licence_set_filter(client, version):
    zero = shelf.published(
        DatasetFactory(name="zero", licence_set="attribution-free"), stats=shelf.stats(COBOL=4)
    )
    found = shelf.read(client.get("/datasets", {"q": "cobol"}))
    assert zero.dataset.slug in found
    assert version.dataset.slug not in found
    found = shelf.read(client.get("/datasets", {"licence": "permissive"}))
    assert zero.dataset.slug not in found
    nothing = shelf.read(client.get("/datasets", {"q": '"><script>alert(1)</script>'}))
    assert "No dataset matches" in nothing
    assert "<script>alert" not in nothing


def test_an_empty_installation_says_what_its_operator_does_next(client, db, settings):
    page = shelf.read(client.get("/"))
    assert "Nothing is in it yet" in page
    assert f"manage.py init --admin you@example.org --home {settings.HOME}" in page
    settings.PUBLIC_URL = "https://data.example.org"
    assert str(settings.HOME) not in shelf.read(client.get("/")), "folders are not for everybody"


def test_an_empty_catalogue_leads_its_admin_to_the_first_steps(client, db):
    admin = staff_client(Role.ADMIN)
    assert "No dataset yet" in shelf.read(client.get("/"))
    assert "manage.py" not in shelf.read(client.get("/"))
    assert 'href="/admin"' in shelf.read(admin.get("/"))


def test_unlisted_datasets_are_nowhere(client, version):
    version.dataset.listed = False
    version.dataset.save()
    assert version.dataset.slug not in shelf.read(client.get("/"))
    assert client.get(url("dataset", version), headers={"accept": "text/html"}).status_code == 404


def test_the_number_of_datasets_does_not_change_the_number_of_queries(
    client, version, django_assert_max_num_queries
):
    client.force_login(signed(version))
    client.get("/datasets")
    for at in range(12):
        shelf.published(DatasetFactory(name=f"more{at}"))
    with django_assert_max_num_queries(14):
        assert "13 datasets" in shelf.read(client.get("/datasets"))


# ------------------------------------------------------------------ every tab


@pytest.mark.parametrize("route", TABS)
def test_tabs_render_for_a_stranger(client, version, route, django_assert_max_num_queries):
    with django_assert_max_num_queries(14):
        text = shelf.read(client.get(url(route, version)))
    assert version.dataset.slug in text


@pytest.mark.parametrize("route", TABS)
def test_tabs_render_without_any_version(client, db, route):
    of = DatasetFactory()
    text = shelf.read(client.get(reverse(route, args=[of.namespace, of.name])))
    assert "no version yet" in text


@pytest.mark.parametrize("route", TABS)
def test_tabs_say_when_no_version_is_usable(client, route):
    gone = shelf.published(state=State.WITHDRAWN, withdrawn_reason="a licence was misread")
    text = shelf.read(client.get(url(route, gone)))
    assert "No version of this dataset can be had now" in text
    text = shelf.read(client.get(url(route, gone), {"version": "1.0"}))
    assert "a licence was misread" in text


@pytest.mark.parametrize("route", TABS)
def test_an_unknown_version_is_missing(client, version, route):
    hidden = VersionFactory(dataset=version.dataset, number="9.9", state=State.CANDIDATE)
    for number in ("7.7", hidden.number, "<script>"):
        answer = client.get(
            url(route, version), {"version": number}, headers={"accept": "text/html"}
        )
        assert answer.status_code == 404
        assert b"<script>alert" not in answer.content


def test_the_version_parameter_stays_from_tab_to_tab(client, version):
    version.state, version.serve_until = State.SUPERSEDED, NOW.replace(month=2)
    version.save()
    shelf.published(version.dataset, number="1.1", parent=version)
    text = shelf.read(client.get(url("dataset", version), {"version": "1.0"}))
    assert "1.0 superseded" in text
    assert f"{url('dataset-preview', version)}?version=1.0" in text
    assert "See 1.1, the current one" in text
    current = shelf.read(client.get(url("dataset", version)))
    assert "?version=" not in current


def test_a_dataset_that_is_not_there(client, db):
    for route in TABS:
        address = reverse(route, args=["no", "thing"])
        assert client.get(address, headers={"accept": "text/html"}).status_code == 404


# ------------------------------------------------------------------ card


def test_the_card_draws_and_tells(client, version):
    text = shelf.read(client.get(url("dataset", version)))
    for words in (
        "How it was made",
        "Languages",
        "Licences",
        "Redaction",
        "Known limits",
        "Schema",
    ):
        assert f">{words}</h2>" in text
    assert "E-mail address" in text
    assert "<svg" in text
    assert "Rows by stage: collect kept 98 and dropped 5" in text
    assert "max_stars_repo_path" in text
    assert "@misc{lab-shelf-1-0" in text
    assert version.manifest_sha256 in text


def test_the_command_names_a_real_file_by_its_whole_address(client, version):
    small = ArtefactFactory(version=version, path="data/c/0001.parquet", size=7)
    text = shelf.read(client.get(url("dataset", version)))
    address = f"http://testserver/datasets/{version.dataset.slug}/resolve/v1.0/{small.path}"
    assert address in text
    assert f"{small.sha256}  {small.path}" in text
    assert client.get(address.removeprefix("http://testserver")).status_code == 401


def test_the_gate_of_the_card_follows_the_reader(client, version):
    text = shelf.read(client.get(url("dataset", version)))
    assert "3 steps left" in text
    assert f"/accounts/login/?next={url('dataset', version).replace('/', '%2F')}" in text
    client.force_login(signed(version))
    text = shelf.read(client.get(url("dataset", version)))
    assert "You can download" in text
    assert "See the files" in text


HOSTILE = """# x

<script>alert(1)</script> <img src=x onerror=alert(1)> [go](javascript:alert(1))
![pixel](https://evil.example/p.png) [fine](https://example.org/) <style>*{display:none}</style>

## Hidden <b onclick=alert(1)>title</b>

| a | b |
| --- | ---: |
| <script>alert(2)</script> | 1 |

# A second title

```bibtex
</code></pre><script>alert(3)</script>
```

## How to cite

```bibtex
@misc{</code><script>alert(4)</script>}
```
"""


def test_a_hostile_card_is_shown_as_text(client, version):
    version.card = HOSTILE
    version.save()
    text = shelf.read(client.get(url("dataset", version)))
    assert "<script>alert" not in text
    assert "&lt;script&gt;alert(1)" in text
    assert "evil.example" not in text
    assert '<a href="https://example.org/" rel="nofollow noopener">fine</a>' in text
    assert '<td class="num">1</td>' in text


EVIL_CHARTS = [
    '<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>',
    '<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>',
    '<svg xmlns="http://www.w3.org/2000/svg"><rect style="fill:red"/></svg>',
    '<svg xmlns="http://www.w3.org/2000/svg"><style>*{}</style></svg>',
    '<svg xmlns="http://www.w3.org/2000/svg"><a href="javascript:x"><text>y</text></a></svg>',
    '<svg xmlns="http://www.w3.org/2000/svg"><image href="https://evil.example/x"/></svg>',
    '<svg xmlns="http://www.w3.org/2000/svg"><rect fill="url(https://evil.example/x)"/></svg>',
    '<svg xmlns="http://www.w3.org/2000/svg"><rect fill="url(logout)"/></svg>',
    '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink">'
    '<g xlink:href="https://evil.example/x"/></svg>',
    '<!DOCTYPE svg [<!ENTITY a "aaaa">]><svg xmlns="http://www.w3.org/2000/svg">&a;</svg>',
    '<svg xmlns="http://www.w3.org/2000/svg"><g xmlns="http://www.w3.org/1999/xhtml"/></svg>',
    "<svg><unclosed></svg>",
    "<div>no drawing</div>",
]


@pytest.mark.parametrize("drawing", EVIL_CHARTS)
def test_a_hostile_drawing_is_left_out(client, version, drawing):
    version.charts = {"other": drawing}
    version.save()
    text = shelf.read(client.get(url("dataset", version)))
    assert "Other</h3>" not in text
    assert "alert(1)" not in text
    assert "evil.example" not in text


def test_an_old_version_without_figures_still_has_a_page(client, version):
    version.stats, version.charts, version.card = {}, {}, ""
    version.save()
    assert "Metadata" in shelf.read(client.get(url("dataset", version)))


# ------------------------------------------------------------------ files


def test_files_by_tier_with_what_became_of_them(client, version):
    version.state, version.serve_until = State.SUPERSEDED, NOW.replace(month=2)
    version.save()
    newer = VersionFactory(dataset=version.dataset, number="1.1", parent=version)
    kept = version.artefacts.get()
    for path, sha256 in ((kept.path, kept.sha256), ("data/new.parquet", "e" * 64)):
        ArtefactFactory(version=newer, path=path, sha256=sha256)
    changed = ArtefactFactory(version=version, path="data/c/0.parquet")
    ArtefactFactory(version=newer, path=changed.path, sha256="f" * 64)
    ArtefactFactory(version=newer, tier_name="raw", path="raw/blobs-00.parquet")
    text = shelf.read(client.get(url("dataset-files", version)))
    assert "Since 1.0" in text
    for words in ("Unchanged", "Rewritten", "New"):
        assert f">{words}</span>" in text
    assert f"/datasets/{version.dataset.slug}/resolve/v1.1/data/new.parquet" in text
    raw = shelf.read(client.get(url("dataset-files", version), {"tier": "raw"}))
    assert f"/datasets/{version.dataset.slug}-raw/resolve/v1.1/raw/blobs-00.parquet" in raw
    assert "data/new.parquet" not in raw


def test_an_unknown_tier_is_missing(client, version):
    answer = client.get(
        url("dataset-files", version), {"tier": "secret"}, headers={"accept": "text/html"}
    )
    assert answer.status_code == 404


def test_many_files_come_in_pages(client, version, django_assert_max_num_queries):
    for _ in range(120):
        ArtefactFactory(version=version)
    with django_assert_max_num_queries(14):
        text = shelf.read(client.get(url("dataset-files", version)))
    assert text.count("/resolve/v1.0/") == 100
    assert "1 to 100 of 121" in text
    assert "?page=2" in text
    text = shelf.read(client.get(url("dataset-files", version), {"page": "2"}))
    assert text.count("/resolve/v1.0/") == 21
    for strange in ("0", "x", "99999"):
        assert client.get(url("dataset-files", version), {"page": strange}).status_code == 200


def test_the_missing_step_stands_above_the_files(client, version):
    text = shelf.read(client.get(url("dataset-files", version)))
    assert "Sign in" in text
    client.force_login(UserFactory())
    text = shelf.read(client.get(url("dataset-files", version)))
    assert "Sign terms 1.0" in text
    assert url("terms", version) in text


def test_files_of_what_is_not_served_are_no_links(client, version):
    version.state, version.withdrawn_at = State.WITHDRAWN, NOW
    version.save()
    text = shelf.read(client.get(url("dataset-files", version), {"version": "1.0"}))
    assert version.artefacts.get().path in text
    assert "/resolve/" not in text


# ------------------------------------------------------------------ versions, differences


def test_versions_and_what_changed(client, version):
    version.state, version.serve_until = State.SUPERSEDED, NOW.replace(day=2)
    version.save()
    shelf.published(version.dataset, number="1.1", parent=version, difference=shelf.difference())
    text = shelf.read(client.get(url("dataset-versions", version)))
    assert "Handed out until" in text
    assert "Current" in text
    told = shelf.read(client.get(url("dataset-difference", version, number="1.1")))
    assert "What changed from 1.0 to 1.1" in told
    assert "2 rows of 1.0 are not in it" in told
    assert "+500" in told
    assert "Removed subject" in told
    assert "New rows: 7" in told


def test_the_first_version_has_no_difference_to_tell(client, version):
    version.difference = shelf.difference(added=98, removed=0)
    version.save()
    told = shelf.read(client.get(url("dataset-difference", version, number="1.0")))
    assert "1.0 is the first version" in told
    assert "not in it" not in told


def test_the_difference_of_a_version_nobody_may_know_of(client, version):
    VersionFactory(dataset=version.dataset, number="1.1", state=State.CANDIDATE)
    address = url("dataset-difference", version, number="1.1")
    assert client.get(address, headers={"accept": "text/html"}).status_code == 404


# ------------------------------------------------------------------ preview


def test_the_preview_shows_one_row_at_a_time(client, version):
    text = shelf.read(client.get(url("dataset-preview", version), {"row": "2"}))
    assert "src/file2.py" in text
    assert "<mark>&lt;EMAIL&gt;</mark>" in text
    assert "?row=1" in text
    assert "?row=3" in text
    assert "Row 2 of 3" in text


@pytest.mark.parametrize(
    ("asked", "shown"), [("0", 1), ("-4", 1), ("x", 1), ("", 1), ("99", 3), ("9" * 40, 1), ("²", 1)]
)
def test_a_strange_row_is_the_nearest_one(client, version, asked, shown):
    text = shelf.read(client.get(url("dataset-preview", version), {"row": asked}))
    assert f"Row {shown} of 3" in text


def test_a_hostile_row_is_shown_as_text(client, version):
    evil = "<script>alert(1)</script>"
    version.preview = [
        shelf.row(
            1,
            content=f"{evil}\n</code></pre><img src=x onerror=alert(1)>\n\u202ereversed",
            path=f"{evil}.py",
            repo_name=f"a/{evil}",
            language=evil,
            licenses=[evil],
            redactions=[{"class": evil, "count": 1}],
        )
    ]
    version.save()
    text = shelf.read(client.get(url("dataset-preview", version)))
    assert "<script>alert" not in text
    assert "<img" not in text
    assert "&lt;script&gt;alert(1)" in text
    assert "U+202E" in text


def test_rows_of_what_is_not_served_are_not_shown(client, version):
    version.state, version.serve_until = State.SUPERSEDED, NOW
    version.save()
    text = shelf.read(client.get(url("dataset-preview", version), {"version": "1.0"}))
    assert "src/file1.py" not in text
    assert "Not shown any more" in text


# ------------------------------------------------------------------ access


def test_each_tier_says_where_the_reader_stands(client, version):
    text = shelf.read(client.get(url("dataset-access", version)))
    assert text.count("Sign in</a>") >= 3  # the header's, and one a tier that can be had
    assert "open to stewards only and can&#x27;t be applied for" in text
    user = signed(version)
    tier = version.dataset.tiers.get(name="annotations")
    client.force_login(user)
    text = shelf.read(client.get(url("dataset-access", version)))
    assert "You can download" in text
    assert "Apply for access" in text
    assert "Stewards only" in text
    waiting = ApplicationFactory(applicant=user, tier=tier)
    assert waiting.number in shelf.read(client.get(url("dataset-access", version)))
    GrantFactory(holder=user, tier=tier)
    text = shelf.read(client.get(url("dataset-access", version)))
    assert "Access granted" in text
    assert waiting.number not in text


def test_the_same_rule_for_one_and_for_many(version):
    from governance.access import selectors
    from tests.factories import actor

    user = signed(version)
    tier = version.dataset.tiers.get(name="annotations")
    GrantFactory(holder=user, tier=tier, ends=NOW.replace(month=6), revoked=True)
    GrantFactory(holder=user, tier=tier)
    who = actor(user)
    for standing in selectors.standing(who, version.dataset, version, now=NOW):
        alone = selectors.decide_tier(who, standing.tier, version, "download", NOW)
        assert standing.decision == alone
