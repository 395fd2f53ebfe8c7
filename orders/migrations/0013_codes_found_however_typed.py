"""Codes are found and unique by `code_key`. Of codes that are the same by it, the one that guests use keeps it."""

from typing import Any

from django.db import migrations, models

import storekit.db.fields
from storekit.text import folded


def fill_keys(apps: Any, schema_editor: Any) -> None:
    codes = apps.get_model("orders", "DiscountCode").objects.using(schema_editor.connection.alias)
    taken: set[tuple[int, str]] = set()
    # The others keep an empty key: switched on or off, their uses and their orders stay as they are.
    for row in codes.order_by("-active", "-times_used", "pk"):
        key = folded(row.code)
        if key and (row.venue_id, key) not in taken:
            taken.add((row.venue_id, key))
            codes.filter(pk=row.pk).update(code_key=key)


class Migration(migrations.Migration):
    dependencies = [("orders", "0012_unpaid_orders_expire")]

    operations = [
        migrations.AddField(
            model_name="discountcode",
            name="code_key",
            field=storekit.db.fields.FoldedTextField(editable=False, null=True, of="code"),
        ),
        migrations.RunPython(fill_keys, migrations.RunPython.noop, elidable=True),
        migrations.RemoveConstraint(model_name="discountcode", name="one_discount_per_code"),
        migrations.AddConstraint(
            model_name="discountcode",
            constraint=models.UniqueConstraint(fields=("venue", "code_key"), name="one_discount_per_code_key"),
        ),
    ]
