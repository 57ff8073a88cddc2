from django.db import migrations

from portal.accounts import factors


def seal(apps, editor):
    """Encrypt what was kept before secrets were encrypted."""
    factors.rewrite(apps.get_model("mfa", "Authenticator").objects)


class Migration(migrations.Migration):

    dependencies = [
        ("accounts", "0002_country"),
        ("mfa", "0003_authenticator_type_uniq"),
    ]

    operations = [migrations.RunPython(seal, migrations.RunPython.noop)]
