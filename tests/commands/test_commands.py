"""An operator's commands: what they say, what they do, and one sentence when they can't."""

import re

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from governance.access import selectors as access
from governance.audit.actors import Role
from governance.audit.models import Entry, Person
from governance.catalogue import comparing
from governance.catalogue import selectors as catalogue
from pipeline.engine.models import Build, Imported
from portal.accounts import tokens
from tests.factories import DatasetFactory, UserFactory, VersionFactory, built
from tests.pipeline import gits
from tests.pipeline.shelves import install

pytestmark = pytest.mark.django_db
ADDRESS = "ada" + "@" + "lovelace.org"


def told(capsys, *words, **options):
    call_command(*words, **options)
    return capsys.readouterr().out


def test_init_makes_the_first_admin_once(capsys):
    said = told(capsys, "init", "--admin", "ada@example.org")
    assert re.search(r"^http://localhost:\d+/invitations/[\w-]{40,}$", said, re.MULTILINE)
    assert len(access.holders_of(Role.ADMIN, None, now=timezone.now())) == 1
    for again in ("grace@example.org", "ada@example.org"):
        with pytest.raises(CommandError, match="an admin already"):
            call_command("init", "--admin", again)
    entry = Entry.objects.get(action="role.give")
    assert Person.objects.get(entry=entry).agent.startswith("manage.py by ")


def test_init_wants_an_address():
    with pytest.raises(CommandError, match="no e-mail address"):
        call_command("init", "--admin", "ada")


def test_token_prints_one_that_works_and_is_an_operators_act(capsys):
    user = UserFactory()
    secret = told(capsys, "token", user.email, "--scope", "read", "--days", "7").strip()
    token = tokens.find(secret, now=timezone.now())
    assert token.user == user
    assert not token.second_factor
    entry = Entry.objects.get(action="token.make")
    assert entry.person.concerns == user.pk
    assert entry.person.user_id is None


def test_only_the_demo_makes_tokens_as_if_the_second_factor_was_used(capsys, settings):
    settings.DEMO = True
    secret = told(capsys, "token", UserFactory().email).strip()
    assert tokens.find(secret, now=timezone.now()).second_factor


@pytest.mark.parametrize("words", [("nobody@example.org",), ("{}", "--days", "91")])
def test_token_refuses_in_one_sentence(words):
    user = UserFactory()
    with pytest.raises(CommandError) as refused:
        call_command("token", *(word.format(user.email) for word in words))
    assert "\n" not in str(refused.value)


def test_collect_makes_an_unlisted_dataset_and_adds_a_source_once(capsys, tmp_path):
    install(tmp_path, "good", {"good.py": "x = 1\n"})
    said = [
        told(capsys, "collect", "distributions", str(tmp_path), "--dataset", "lab/new")
        for _ in range(2)
    ]
    assert all("collects 1 distributions" in each for each in said)
    assert ["/admin/datasets/lab/new" in each for each in said] == [True, False], "what is next"
    made = catalogue.dataset_by_slug("lab/new")
    assert made.sources == [{"kind": "distributions", "paths": [str(tmp_path)]}]
    assert not made.listed
    assert [tier.name for tier in catalogue.tiers(made)] == ["processed", "annotations", "raw"]


@pytest.mark.parametrize(
    ("source", "dataset", "sentence"),
    [
        ("/nowhere", "lab/new", "is no folder"),
        ("{}", "lab/new", "no installed distribution"),
        ("{}/full", "Lab/New!", "can't name a dataset"),
        ("{}/full", "lab/new-raw", "can't end in -raw"),
    ],
)
def test_collect_refuses_in_one_sentence(tmp_path, source, dataset, sentence):
    (tmp_path / "full").mkdir()
    install(tmp_path / "full", "good", {"good.py": "x = 1\n"})
    with pytest.raises(CommandError, match=sentence):
        call_command("collect", "distributions", source.format(tmp_path), "--dataset", dataset)


def test_collect_fetches_repositories_and_names_them_once(capsys, tmp_path, settings):
    settings.COLLECT_PROTOCOLS, settings.COLLECT_FOLDERS = ["file"], [str(tmp_path)]
    settings.WORK_DIR = tmp_path / "work"
    gits.Repo(tmp_path / "ann" / "good.git").commit({"a.py": "a = 1\n"})
    for _ in range(2):
        said = told(
            capsys, "collect", "git", str(tmp_path / "ann" / "good.git"), "--dataset", "lab/web"
        )
        assert "lab/web collects 1 repositories at its next build" in said
    folder = str(tmp_path / "work" / "collected" / "lab/web" / "git")
    assert catalogue.dataset_by_slug("lab/web").sources == [{"kind": "git", "folder": folder}]
    with pytest.raises(CommandError, match="1 forbidden-address"):
        call_command("collect", "git", "https://127.0.0.1/a/b", "--dataset", "lab/other")


def test_build_needs_an_admin_and_a_dataset(settings):
    settings.DEMO = True  # no token asked for
    admin, steward = UserFactory(role=Role.ADMIN), UserFactory(role=Role.STEWARD)
    dataset = DatasetFactory()
    with pytest.raises(CommandError, match="no dataset lab/none"):
        call_command("build", "lab/none", "1.0", "--as", admin.email)
    with pytest.raises(CommandError, match="Only an admin"):
        call_command("build", dataset.slug, "1.0", "--as", steward.email)
    call_command("build", dataset.slug, "1.0", "--as", admin.email)
    assert Build.objects.get().version.number == "1.0"


def test_approve_and_publish_take_two_people(settings):
    settings.DEMO = True
    admin, steward = UserFactory(role=Role.ADMIN), UserFactory(role=Role.STEWARD)
    version = VersionFactory(state="candidate", published_at=None)
    built(version)
    words = (version.dataset.slug, version.number, "--reason", "reviewed", "--as")
    with pytest.raises(CommandError, match="must be approved"):
        call_command("publish", *words, admin.email)
    call_command("approve", *words, steward.email)
    call_command("publish", *words, admin.email)
    call_command("withdraw", *words, admin.email)
    version.refresh_from_db()
    assert version.state == "withdrawn"


def labels(path, **changes):
    row = {
        "content": f"mail {ADDRESS} now",
        "language": "Python",
        "hexsha": "a" * 40,
        "spans": [{"start": 5, "end": 5 + len(ADDRESS), "class": "EMAIL"}],
    }
    bad = [
        {"hexsha": "short"},
        {"content": ""},
        {"spans": [{"start": 3, "end": 999, "class": "EMAIL"}]},
        {"spans": [{"start": 5, "end": 4, "class": "EMAIL"}]},
        {"spans": [{"start": 0, "end": 4, "class": "SHOE_SIZE"}]},
    ]
    rows = [row | changes, *({**row, **each} for each in bad)]
    pq.write_table(pa.Table.from_pylist(rows), path)


def test_human_annotations_come_in_made_up_and_bad_rows_are_counted(capsys, tmp_path, settings):
    dataset = DatasetFactory()
    labels(tmp_path / "labels.parquet")
    said = told(
        capsys, "import_annotations", str(tmp_path / "labels.parquet"), "--dataset", dataset.slug
    )
    assert "kept 1" in said
    for reason in ("no-source 1", "no-content 1", "bad-span 2", "unknown-class 1"):
        assert reason in said
    kept = Imported.objects.get()
    (row,) = pq.read_table(settings.WORK_DIR / kept.file).to_pylist()
    assert ADDRESS not in str(row)
    (span,) = row["spans"]
    assert row["content"][span["start"] : span["end"]] == span["surrogate"]
    assert row["labelled_by"] == "human"
    with pytest.raises(CommandError, match="imported already"):
        call_command(
            "import_annotations", str(tmp_path / "labels.parquet"), "--dataset", dataset.slug
        )


def test_what_is_no_annotation_file_is_told_in_one_sentence(tmp_path):
    dataset = DatasetFactory()
    (tmp_path / "text").write_text("no parquet")
    pq.write_table(pa.table({"content": ["x"]}), tmp_path / "few.parquet")
    for name, sentence in (("text", "no Parquet"), ("few.parquet", "lacks the column")):
        with pytest.raises(CommandError, match=sentence):
            call_command("import_annotations", str(tmp_path / name), "--dataset", dataset.slug)
    assert not Imported.objects.exists()


def test_detect_and_redact_what_is_asked_for(capsys, tmp_path):
    source, target = tmp_path / "in.parquet", tmp_path / "out.parquet"
    pq.write_table(pa.table({"content": ["call +49 30 901820 or ada@real.net"]}), source)
    assert "PHONE" not in told(capsys, "detect", str(source), str(target))
    assert "PHONE 1" in told(capsys, "detect", str(source), str(target), "--class", "PHONE")
    policy = tmp_path / "policy.json"
    policy.write_text('{"version": 1, "classes": {"EMAIL": "leave", "PHONE": "redact"}}')
    told(capsys, "redact", str(source), str(target), "--policy", str(policy))
    assert pq.read_table(target)["content"].to_pylist() == ["call <PHONE> or ada@real.net"]
    policy.write_text("{")
    with pytest.raises(CommandError, match="can't be read as a policy"):
        call_command("redact", str(source), str(target), "--policy", str(policy))
    policy.write_text('{"version": 1, "classes": {"SOUL": "redact"}}')
    with pytest.raises(CommandError, match="SOUL"):
        call_command("redact", str(source), str(target), "--policy", str(policy))


def test_detect_and_redact_a_parquet_file(capsys, tmp_path):
    source = tmp_path / "in.parquet"
    pq.write_table(pa.table({"content": [f"mail {ADDRESS}\n", None], "x": [1, 2]}), source)
    assert "EMAIL 1" in told(capsys, "detect", str(source), str(tmp_path / "spans.parquet"))
    (span,) = pq.read_table(tmp_path / "spans.parquet").to_pylist()
    assert (span["row"], span["start"], span["end"]) == (0, 5, 5 + len(ADDRESS))
    told(capsys, "redact", str(source), str(tmp_path / "out.parquet"))
    table = pq.read_table(tmp_path / "out.parquet")
    assert table["content"].to_pylist() == ["mail <EMAIL>\n", None]
    assert table["x"].to_pylist() == [1, 2]
    assert table["redactions"].to_pylist()[0] == [{"class": "EMAIL", "count": 1}]
    with pytest.raises(CommandError):
        call_command("detect", str(tmp_path / "none"), str(tmp_path / "x"))


def test_what_is_approved_is_printed_with_its_digest_and_another_one_is_refused(capsys, settings):
    settings.DEMO = True
    steward, admin = UserFactory(role=Role.STEWARD), UserFactory(role=Role.ADMIN)
    version = VersionFactory(state="candidate", published_at=None)
    built(version)
    words = (version.dataset.slug, version.number, "--reason", "looked", "--as")
    with pytest.raises(CommandError, match="look at it again"):
        call_command("approve", *words, steward.email, "--difference", "0" * 64)
    told(capsys, "review", *words, steward.email)
    said = told(capsys, "approve", *words, steward.email)
    digest = comparing.digest_of(version.difference)
    assert f"sha256 {digest}" in said
    said = told(capsys, "publish", *words, admin.email)
    assert "[not measured] Redaction is no worse than in the last version" in said
    assert said.count("[met]") == 4


def test_publish_names_every_line_that_stands_against_it(capsys, settings):
    settings.DEMO = True
    steward, admin = UserFactory(role=Role.STEWARD), UserFactory(role=Role.ADMIN)
    version = VersionFactory(state="candidate", published_at=None)  # no build made it
    words = (version.dataset.slug, version.number, "--reason", "due", "--as")
    call_command("approve", *words, steward.email)
    with pytest.raises(CommandError, match=r"No build made this version.*And 1 more"):
        call_command("publish", *words, admin.email)
    said = capsys.readouterr().out
    assert said.count("[OPEN]") == 2
    assert "Missing or empty: Tiers" in said
