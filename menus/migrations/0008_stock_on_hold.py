from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("menus", "0007_restore_points")]

    operations = [
        migrations.AddField(
            model_name="stocklevel",
            name="held",
            field=models.PositiveIntegerField(db_default=0, default=0),
        ),
    ]
