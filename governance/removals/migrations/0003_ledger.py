"""Datasets count their removals; versions that stand are looked through at the next sweep."""

from django.db import migrations
from django.db.models import Count


def count(apps, editor):
    Removal = apps.get_model("removals", "Removal")
    Dataset = apps.get_model("catalogue", "Dataset")
    told = Removal.objects.order_by().values_list("dataset").annotate(n=Count("id"))
    for dataset, removals in told:
        Dataset.objects.filter(pk=dataset).update(ledger=removals)


class Migration(migrations.Migration):
    dependencies = [("removals", "0002_reaches"), ("catalogue", "0007_withheld")]

    operations = [migrations.RunPython(count, migrations.RunPython.noop)]
