"""What applications of before have in the new columns, and the last number given in each year."""

from datetime import timedelta

from django.db import migrations
from django.db.models import F


def fill(apps, editor):
    Application = apps.get_model("access", "Application")
    Application.objects.filter(submissions=0, submitted_at__isnull=False).update(
        made_at=F("submitted_at"), submissions=1
    )
    waiting = Application.objects.filter(state="submitted", expires_at=None)
    for each in waiting.exclude(submitted_at=None).iterator():
        each.expires_at = each.submitted_at + timedelta(days=42)  # 30 working days
        each.save(update_fields=["expires_at"])
    last = {}
    for number in Application.objects.values_list("number", flat=True).iterator():
        year, at = (int(part) for part in number.split("-")[1:3])
        last[year] = max(last.get(year, 0), at)
    Numbering = apps.get_model("access", "Numbering")
    for year, at in last.items():
        Numbering.objects.create(year=year, last=at)
    # One yes was enough until now; the annotations tier asks for two from here on.
    apps.get_model("catalogue", "Tier").objects.filter(name="annotations").update(reviewers=2)


class Migration(migrations.Migration):
    dependencies = [("access", "0003_casework")]
    operations = [migrations.RunPython(fill, migrations.RunPython.noop)]
