"""The POS settings of a connection, in the back office."""

from django.http import HttpRequest
from unfold.admin import StackedInline

from integrations.models import Connection, LightspeedSettings
from storekit.staff import manages, works_at, works_somewhere


class LightspeedSettingsInline(StackedInline):
    """The Lightspeed settings on the connection's page."""

    model = LightspeedSettings
    can_delete = False
    hide_title = True
    fieldsets = (
        (
            "Orders (codes as in Lightspeed; the SKUs must be items with an open price)",
            {
                "fields": (
                    "payment_method",
                    ("pickup_profile", "delivery_profile", "dine_in_profile"),
                    ("delivery_fee_sku", "service_charge_sku"),
                    ("buffer_orders", "buffer_minutes"),
                ),
            },
        ),
        (
            "Menu",
            {
                "fields": (
                    ("preferred_language", "menu_profile"),
                    ("update_images", "update_descriptions"),
                    ("subscreens_as_categories", "flatten_subscreens"),
                )
            },
        ),
        (
            "Pay at table (use the payment methods’ Lightspeed codes)",
            {
                "fields": (
                    ("pat_payment_method", "gift_card_payment_method"),
                    ("ignore_free_items", "auto_close_delay"),
                ),
            },
        ),
        (
            "Discounts (the SKU must be an item with an open, negative price)",
            {
                "fields": (("discount_sku", "native_discounts"),),
            },
        ),
    )

    def has_view_permission(self, request: HttpRequest, obj: Connection | None = None) -> bool:
        # Django also asks without a row. The connection's page has already decided which rows the person sees.
        return works_somewhere(request.user) if obj is None else works_at(request.user, obj.venue)

    def has_change_permission(self, request: HttpRequest, obj: Connection | None = None) -> bool:
        return obj is not None and manages(request.user, obj.venue)

    def has_add_permission(self, request: HttpRequest, obj: Connection | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Connection | None = None) -> bool:
        return False
