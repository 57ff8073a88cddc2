"""What becomes of earlier acceptances; a copied identity on each. Until now new terms ended them."""

import django.utils.timezone
from django.db import migrations, models
from django.db.models import F, Q


def fill(apps, schema_editor):
    TermsVersion = apps.get_model("terms", "TermsVersion")
    Acceptance = apps.get_model("terms", "Acceptance")
    TermsVersion.objects.update(published_at=F("effective_at"))
    for each in TermsVersion.objects.all():
        later = TermsVersion.objects.filter(
            dataset=each.dataset_id, effective_at__gt=each.effective_at
        )
        each.accepted_until = later.order_by("effective_at").values_list("effective_at", flat=True).first()
        each.save(update_fields=["accepted_until"])
    Acceptance.objects.exclude(user=None).update(person=F("user_id"))
    Acceptance.objects.filter(user=None).update(person=-F("id"))  # nobody's number, and unique


class Migration(migrations.Migration):

    dependencies = [
        ("terms", "0001_initial"),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name="acceptance",
            name="one_acceptance_a_person",
        ),
        migrations.AddField(
            model_name="acceptance",
            name="person",
            field=models.BigIntegerField(default=0),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name="termsversion",
            name="accepted_until",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name="termsversion",
            name="earlier",
            field=models.CharField(
                choices=[
                    ("good", "They stay good"),
                    ("until", "They stay good until a date"),
                    ("end", "They end at once"),
                ],
                default="end",
                max_length=5,
            ),
        ),
        migrations.AddField(
            model_name="termsversion",
            name="earlier_until",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name="termsversion",
            name="published_at",
            field=models.DateTimeField(default=django.utils.timezone.now),
            preserve_default=False,
        ),
        migrations.RunPython(fill, migrations.RunPython.noop),
        migrations.AddConstraint(
            model_name="acceptance",
            constraint=models.UniqueConstraint(
                fields=("person", "terms"), name="one_acceptance_a_person"
            ),
        ),
        migrations.AddConstraint(
            model_name="termsversion",
            constraint=models.UniqueConstraint(
                fields=("dataset", "effective_at"), name="one_terms_a_moment"
            ),
        ),
        migrations.AddConstraint(
            model_name="termsversion",
            constraint=models.CheckConstraint(
                condition=Q(earlier="until", earlier_until__gt=F("effective_at"))
                | (~Q(earlier="until") & Q(earlier_until=None)),
                name="a_deadline_after_the_beginning",
            ),
        ),
        migrations.AddConstraint(
            model_name="termsversion",
            constraint=models.CheckConstraint(
                condition=Q(accepted_until=None) | Q(accepted_until__gt=F("effective_at")),
                name="accepted_for_a_while",
            ),
        ),
    ]
