"""Name the menu's earlier states what they are for: points to roll back to."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("menus", "0006_three_decimals")]

    operations = [
        migrations.RenameModel("MenuState", "RestorePoint"),
        migrations.AlterField(
            "restorepoint",
            "menu",
            models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="restore_points", to="menus.menu"
            ),
        ),
    ]
