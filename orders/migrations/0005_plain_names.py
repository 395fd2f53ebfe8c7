from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("orders", "0004_snoozed_on_the_menu")]

    operations = [
        migrations.RenameField("Injection", "looks", "confirmation_checks"),
        migrations.RenameField("Alert", "told_at", "sent_at"),
    ]
