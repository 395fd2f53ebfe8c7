import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("menus", "0002_stock_and_snoozes")]

    operations = [
        migrations.RenameModel("MenuMemory", "SyncCheckpoint"),
        migrations.RenameField("SyncCheckpoint", "shaping", "settings_fingerprint"),
        migrations.RenameField("Menu", "went_back_from", "reverted_digest"),
        migrations.AlterField(
            "SyncCheckpoint",
            "menu",
            models.OneToOneField(
                on_delete=django.db.models.deletion.CASCADE, related_name="checkpoint", to="menus.menu"
            ),
        ),
    ]
