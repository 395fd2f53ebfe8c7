"""Every task and function that is called by its name: the only module in `storekit/` that names functions of the apps.

The ground may not import the apps, so it names what they do. `manage.py check` reports a name that does not resolve.
"""

PERIODIC_TASKS: dict[str, int] = {
    "orders.tasks.sweep_injections": 1,
    "orders.tasks.sweep_unconfirmed": 1,
    "orders.tasks.sweep_alerts": 1,
    "orders.tasks.sweep_unpaid": 1,
    "tables.tasks.sweep_payments": 1,
    "tables.tasks.sweep_refunds": 1,
    "integrations.tasks.sweep_notifications": 1,
    "integrations.tasks.refresh_tokens": 10,
    "integrations.tasks.check_consents": 1,
    "integrations.tasks.send_consent_alerts": 1,
    "integrations.tasks.sweep_syncs": 1,
    "integrations.tasks.check_webhooks": 10,
    "menus.tasks.wake_due": 1,
    "menus.tasks.sweep_stock": 1,
    "integrations.tasks.send_sync_alerts": 1,
    "menus.tasks.fetch_images": 5,
    "menus.tasks.remove_unused_images": 24 * 60,
    "tables.tasks.sweep_settled_bills": 1,
    "tables.tasks.sweep_reconciliations": 5,
    # By day it does nothing; a night has eight runs.
    "storekit.tasks.sweep_account_mails": 1,
    "storekit.tasks.forget_old_rows": 30,
}
"""Periodic tasks, and the minutes between two runs. The rows say what is due, so a missed run does no harm."""

TICKS: tuple[str, ...] = (
    "storekit.queue.clock_steps.put_right_now_and_then",
    "storekit.queue.heartbeat.enqueue_beat",
    "orders.polling.enqueue_newly_due",
    "tables.payments.polling.enqueue_newly_due",
    "integrations.webhooks.ledger.enqueue_newly_due",
    "menus.snoozes.service.enqueue_newly_due",
)
"""Called every two seconds with `since` (exclusive) and `until`: each queues what became due between them."""

MOMENTS: tuple[str, ...] = (
    "orders.moments.put_right",
    "integrations.moments.put_right",
    "menus.moments.put_right",
    "tables.moments.put_right",
    "storekit.moments.put_right",
)
"""Called every half minute with `now`: each puts right its app's moments that were written while a clock was ahead."""

NOTIFICATION_HANDLERS: dict[str, str] = {
    "ORDER": "orders.injection.pos_events.apply_order_update",
    "ITEM": "menus.stock.reconciliation.record_item_notification",
    "PAYMENT": "tables.payments.till.pos_events.apply_payment_update",
    "ORDER_API": "integrations.connect.readiness.apply_readiness",
}
"""The function that handles a notification from the POS, by its type. It is given the venue and the fact."""

SYNC_TASKS: dict[str, str] = {
    "menu": "menus.tasks.sync_menu",
    "floor_plan": "tables.tasks.sync_floor_plan",
}
"""The task that carries out a queued sync, by its kind. It is given the run's id."""

CONNECTED_TASKS: tuple[str, ...] = ("orders.tasks.venue_connected",)
"""Queued when orders can be sent (again). Each is given the venue's id."""

READY_TASKS: tuple[str, ...] = ("orders.tasks.pos_ready",)
"""Queued when a venue's POS has become ready for online orders. Each is given the venue's id."""

SETTINGS_TASKS: tuple[str, ...] = ("orders.tasks.settings_changed",)
"""Queued when a venue's POS settings were saved. Each is given the venue's id."""


OLDEST_DUE_ORDER = "orders.injection.send.oldest_due"
"""Returns since when the order that has waited longest for its next attempt has been due; None if none is."""

OPENING_HOURS = "orders.checkout.venue_settings.stored_opening_hours"
"""Returns a venue's opening hours, which end its service days in menus and orders alike. It is given the venue."""

ORDER_ON_CHECK = "orders.injection.check_identity.reference_on_check"
"""Returns the reference of an order that is or was on a check; empty if none is. It is given the venue, everything that
the check was known by, and since when the order was placed."""

SELLING_VENUES = "integrations.connect.service.selling_venues"
"""Returns the ids of the venues that take online orders: those to tell when no worker runs."""


def every_name() -> list[str]:
    """Every dotted path of this module."""
    return [
        *PERIODIC_TASKS,
        *TICKS,
        *MOMENTS,
        *NOTIFICATION_HANDLERS.values(),
        *SYNC_TASKS.values(),
        *CONNECTED_TASKS,
        *READY_TASKS,
        *SETTINGS_TASKS,
        OLDEST_DUE_ORDER,
        OPENING_HOURS,
        ORDER_ON_CHECK,
        SELLING_VENUES,
    ]
