"""Give every table a token, and make room for the switch of pay at table and for the tokens of replaced codes."""

import django.db.models.deletion
from django.db import migrations, models

import tables.models.floor


def give_tokens(apps, schema_editor):
    table = apps.get_model("tables", "Table")
    rows = table.objects.using(schema_editor.connection.alias)
    for pk in rows.filter(token=None).values_list("pk", flat=True):
        rows.filter(pk=pk).update(token=tables.models.floor.new_token())


class Migration(migrations.Migration):
    dependencies = [("tables", "0001_initial")]

    operations = [
        migrations.CreateModel(
            name="PayAtTable",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "enabled",
                    models.BooleanField(
                        default=False,
                        help_text="Guests who scan the code on their table see its bill.",
                        verbose_name="switched on",
                    ),
                ),
                (
                    "sheet_text",
                    models.CharField(
                        blank=True,
                        default="Scan to see your bill",
                        help_text="One line, printed under each code.",
                        max_length=80,
                        verbose_name="text on the codes",
                    ),
                ),
                (
                    "venue",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="pay_at_table",
                        to="storekit.venue",
                    ),
                ),
            ],
            options={"verbose_name": "pay at table", "verbose_name_plural": "pay at table"},
        ),
        migrations.CreateModel(
            name="RetiredToken",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("token", models.CharField(max_length=32, unique=True)),
                ("retired_at", models.DateTimeField()),
                (
                    "table",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="retired_tokens",
                        to="tables.table",
                    ),
                ),
            ],
        ),
        # With the model's default, all rows of today would get the same token.
        migrations.AddField(
            model_name="table",
            name="token",
            field=models.CharField(
                blank=True,
                default=None,
                editable=False,
                help_text="What its QR code opens the bills of the table with.",
                max_length=32,
                null=True,
                unique=True,
            ),
        ),
        migrations.AlterField(
            model_name="table",
            name="token",
            field=models.CharField(
                blank=True,
                default=tables.models.floor.new_token,
                editable=False,
                help_text="What its QR code opens the bills of the table with.",
                max_length=32,
                null=True,
                unique=True,
            ),
        ),
        migrations.RunPython(give_tokens, migrations.RunPython.noop, elidable=True),
    ]
