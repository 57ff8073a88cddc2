from django.db import migrations

TOPICS = (  # as they were then: kind, by its beginning, and topic
    ("terms.", "terms"),
    ("copy.", "terms"),
    ("grant.", "grant"),
    ("application.", "application"),
    ("group.", "application"),
    ("volume.", "stewarding"),
    ("role.", "account"),
    ("suspension.", "account"),
    ("person.", "account"),
)
NEW = ("version.publish", "version.withdraw")


def forwards(apps, schema_editor):
    """Acts of before are not told now; what was told gets its topic."""
    Entry = apps.get_model("audit", "Entry")
    Handled = apps.get_model("notices", "Handled")
    Message = apps.get_model("notices", "Message")
    old = Entry.objects.filter(action__in=NEW).values_list("pk", flat=True)
    Handled.objects.bulk_create(
        [Handled(entry=pk) for pk in old], batch_size=500, ignore_conflicts=True
    )
    for begin, topic in TOPICS:
        Message.objects.filter(kind__startswith=begin, topic="").update(topic=topic)


class Migration(migrations.Migration):
    # Apart from the tables: PostgreSQL changes none in which rows were changed a moment ago.
    dependencies = [("audit", "0003_queue_without_time"), ("notices", "0002_outbox")]
    operations = [migrations.RunPython(forwards, migrations.RunPython.noop)]
