"""Name the record of what staff did with an order after what it holds."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("orders", "0010_three_decimals")]

    operations = [
        migrations.RenameModel("OrderEvent", "StaffAction"),
        migrations.AlterField(
            "staffaction",
            "order",
            models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="staff_actions", to="orders.order"
            ),
        ),
    ]
