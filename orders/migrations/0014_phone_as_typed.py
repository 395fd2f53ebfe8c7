from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("orders", "0013_codes_found_however_typed")]

    operations = [
        migrations.AddField(
            model_name="order",
            name="phone_as_typed",
            field=models.CharField(
                blank=True,
                db_default="",
                default="",
                help_text="As the guest typed it, if it has an extension or could not be read. Passed on in the order's "
                "note.",
                max_length=40,
            ),
        ),
    ]
