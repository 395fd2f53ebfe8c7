"""Unpaid orders expire. Those of today keep the time that they were promised: an hour after their own, or a day."""

from datetime import timedelta
from typing import Any

import django.core.validators
from django.db import migrations, models


def set_pay_by(apps: Any, schema_editor: Any) -> None:
    order = apps.get_model("orders", "Order")
    waiting = order.objects.using(schema_editor.connection.alias).filter(status="awaiting_payment", pay_by=None)
    for row in waiting.only("placed_at", "scheduled_for"):
        row.pay_by = (
            row.scheduled_for + timedelta(hours=1) if row.scheduled_for else row.placed_at + timedelta(hours=24)
        )
        row.save(update_fields=["pay_by"])


class Migration(migrations.Migration):
    dependencies = [("menus", "0008_stock_on_hold"), ("orders", "0011_staff_actions")]

    operations = [
        migrations.AddField(
            model_name="order",
            name="pay_by",
            field=models.DateTimeField(
                blank=True,
                help_text="When it expires unless it is paid. Empty: it is paid, or needs no payment.",
                null=True,
            ),
        ),
        migrations.AddField(
            model_name="order",
            name="held_stock",
            field=models.JSONField(
                blank=True,
                editable=False,
                help_text="How many of each SKU it keeps for itself until it is sent; see `menus.stock.reservations`.",
                null=True,
            ),
        ),
        migrations.AddField(
            model_name="orderingrules",
            name="minutes_to_pay",
            field=models.PositiveSmallIntegerField(
                db_default=60,
                default=60,
                help_text="An order that is placed unpaid expires after this time. Its items and its discount code are "
                "free again then.",
                validators=[
                    django.core.validators.MinValueValidator(5),
                    django.core.validators.MaxValueValidator(10080),
                ],
            ),
        ),
        migrations.AlterField(
            model_name="staffaction",
            name="action",
            field=models.CharField(
                choices=[
                    ("sent_again", "Sent again"),
                    ("entered_by_hand", "Marked as entered by hand"),
                    ("cancelled", "Cancelled"),
                    ("expired", "Expired"),
                ],
                max_length=20,
            ),
        ),
        migrations.RunPython(set_pay_by, migrations.RunPython.noop, elidable=True),
        migrations.AddIndex(
            model_name="order",
            index=models.Index(
                condition=models.Q(("status", "awaiting_payment")), fields=["pay_by"], name="order_expires"
            ),
        ),
    ]
