from typing import Any

from django.db import migrations, models
from django.db.models.functions import Now


def begin(apps: Any, schema_editor: Any) -> None:
    """Give the workers a minute to start before they count as missing."""
    beats = apps.get_model("storekit", "WorkerBeat").objects.using(schema_editor.connection.alias)
    beats.create(host="(installed)", beat_at=Now(), swept_at=Now())


class Migration(migrations.Migration):
    dependencies = [
        ("storekit", "0005_account_mails"),
    ]

    operations = [
        migrations.CreateModel(
            name="WorkerBeat",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("host", models.CharField(max_length=255, unique=True)),
                ("beat_at", models.DateTimeField(help_text="When a worker last did a task.")),
                (
                    "swept_at",
                    models.DateTimeField(blank=True, help_text="When a worker last looked for due orders.", null=True),
                ),
                (
                    "clock_ahead",
                    models.FloatField(default=0, help_text="By how many seconds the host's clock is ahead."),
                ),
            ],
        ),
        migrations.RunPython(begin, migrations.RunPython.noop),
    ]
