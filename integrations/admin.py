"""The back office of connections to the POS. The ledgers have a module of their own, registered from here."""

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from unfold.admin import StackedInline
from unfold.decorators import action, display
from unfold.enums import ActionVariant

from integrations import connections
from integrations.admin_confirm import confirm_page
from integrations.admin_ledgers import NotificationPage, SyncRunPage
from integrations.models import Connection, LightspeedSettings, Notification, SyncRun
from integrations.pos import PosError
from storekit.admin_filters import VenueFilter
from storekit.admin_site import VenueAdmin
from storekit.staff import manages, venues_of, works_at

admin.site.register(Notification, NotificationPage)
admin.site.register(SyncRun, SyncRunPage)

_STATUS_COLOURS = {
    "Connected": "success",
    "Not connected": "",
    "Location not chosen yet": "warning",
    "Reconnect needed": "danger",
}


class LightspeedSettingsInline(StackedInline):
    """How menu and orders are mapped to Lightspeed, on the connection's page."""

    model = LightspeedSettings
    can_delete = False
    hide_title = True
    fieldsets = (
        (
            "Orders",
            {
                "fields": (
                    "payment_method",
                    ("pickup_profile", "delivery_profile", "dine_in_profile"),
                    ("delivery_fee_sku", "service_charge_sku"),
                    ("buffer_orders", "buffer_minutes"),
                )
            },
        ),
        (
            "Menu",
            {
                "fields": (
                    ("preferred_language", "menu_profile"),
                    ("update_images", "update_descriptions"),
                    "subscreens_as_categories",
                )
            },
        ),
        (
            "Pay at table",
            {
                "fields": (
                    ("pat_payment_method", "gift_card_payment_method"),
                    ("ignore_free_items", "auto_close_delay"),
                )
            },
        ),
        ("Discounts", {"fields": (("discount_sku", "native_discounts"),)}),
    )

    def has_view_permission(self, request: HttpRequest, obj: Connection | None = None) -> bool:
        return obj is not None and works_at(request.user, obj.venue)

    def has_change_permission(self, request: HttpRequest, obj: Connection | None = None) -> bool:
        return obj is not None and manages(request.user, obj.venue)

    def has_add_permission(self, request: HttpRequest, obj: Connection | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Connection | None = None) -> bool:
        return False


@admin.register(Connection)
class ConnectionPage(VenueAdmin):
    """Every venue's link to its POS, connected or not. Tokens and the webhook's password are never shown."""

    list_display = ("venue", "state", "location", "environment", "enabled", "webhook", "token_expiry")
    list_display_links = ("venue",)
    list_filter = (VenueFilter, "status", "environment", "enabled")
    list_select_related = ("venue", "tokens")
    search_fields = ("venue__name", "location_name", "business_name", "business_location_id")
    ordering = ("venue__name",)
    fieldsets = (
        (None, {"fields": ("venue", ("state", "status_reason"), "enabled")}),
        (
            "Lightspeed",
            {"fields": (("location", "business_location_id"), ("environment", "connected_at"), "token_expiry")},
        ),
        ("Notifications", {"fields": ("webhook", "webhook_address")}),
    )
    readonly_fields = (
        "venue",
        "state",
        "status_reason",
        "location",
        "business_location_id",
        "environment",
        "connected_at",
        "token_expiry",
        "webhook",
        "webhook_address",
    )
    inlines = (LightspeedSettingsInline,)
    actions_detail = ("connect", "reconnect", "choose_location", "register_webhook", "disconnect")

    # --- What is shown

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        connections.ensure_connections(venues=venues_of(request.user))
        return super().changelist_view(request, extra_context)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Connection]:
        return super().get_queryset(request).select_related("venue", "tokens")

    @display(description="Status", ordering="status", label=_STATUS_COLOURS)
    def state(self, connection: Connection) -> str:
        return connection.get_status_display()

    @admin.display(description="Location", ordering="location_name", empty_value="–")
    def location(self, connection: Connection) -> str | None:
        if not connection.business_location_id:
            return None
        return f"{connection.business_name} – {connection.location_name}"

    @display(description="Webhook", label={"Registered": "success", "Missing": "danger"})
    def webhook(self, connection: Connection) -> str | None:
        if connection.status != Connection.Status.CONNECTED:
            return None
        return "Registered" if connection.webhook_registered_at else "Missing"

    @admin.display(description="Webhook address")
    def webhook_address(self, connection: Connection) -> str:
        return connections.webhook_url(connection=connection)

    @admin.display(description="Access token valid until", empty_value="–")
    def token_expiry(self, connection: Connection) -> Any:
        pair = getattr(connection, "tokens", None)
        return timezone.localtime(pair.expires_at, connection.venue.zone) if pair else None

    # --- Buttons, each shown where it makes sense

    def _may(self, request: HttpRequest, object_id: str | None, *statuses: str) -> bool:
        row = self.get_object(request, str(object_id)) if object_id else None
        return row is not None and row.status in statuses and manages(request.user, row.venue)

    def has_connect_permission(self, request: HttpRequest, object_id: str | None = None) -> bool:
        return self._may(request, object_id, Connection.Status.DISCONNECTED)

    def has_reconnect_permission(self, request: HttpRequest, object_id: str | None = None) -> bool:
        others = set(Connection.Status) - {Connection.Status.DISCONNECTED}
        return self._may(request, object_id, *others)

    def has_location_permission(self, request: HttpRequest, object_id: str | None = None) -> bool:
        return self._may(request, object_id, Connection.Status.CHOOSING_LOCATION, Connection.Status.CONNECTED)

    def has_webhook_permission(self, request: HttpRequest, object_id: str | None = None) -> bool:
        return self._may(request, object_id, Connection.Status.CONNECTED)

    def _to_lightspeed(self, request: HttpRequest, object_id: str) -> HttpResponse:
        connection = get_object_or_404(self.get_queryset(request), pk=object_id)
        return redirect(f"{reverse('integrations:connect')}?venue={connection.venue.slug}")

    @action(description="Connect", permissions=["connect"], icon="link", variant=ActionVariant.PRIMARY)
    def connect(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return self._to_lightspeed(request, object_id)

    @action(description="Reconnect", permissions=["reconnect"], icon="sync")
    def reconnect(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return self._to_lightspeed(request, object_id)

    @action(description="Choose location", permissions=["location"], url_path="location", icon="storefront")
    def choose_location(self, request: HttpRequest, object_id: str) -> HttpResponse:
        connection = get_object_or_404(self.get_queryset(request), pk=object_id)
        return redirect("integrations:location", slug=connection.venue.slug)

    @action(description="Register webhook again", permissions=["webhook"], url_path="webhook", icon="notifications")
    def register_webhook(self, request: HttpRequest, object_id: str) -> HttpResponse:
        connection = get_object_or_404(self.get_queryset(request), pk=object_id)
        back = reverse("admin:integrations_connection_change", args=[connection.pk])
        if request.method != "POST":
            return confirm_page(
                request,
                self,
                "Register webhook again",
                question=f"Register the webhook of {connection.venue} again?",
                consequence="Lightspeed is told once more where to send what happens to orders. Nothing is lost by it.",
                button="Register webhook",
                back=back,
            )
        try:
            connections.register_webhook(connection=connection)
        except PosError as error:
            messages.error(request, f"The webhook could not be registered: {error}")
        else:
            messages.success(request, "The webhook is registered.")
        return redirect(back)

    @action(
        description="Disconnect",
        permissions=["reconnect"],
        icon="link_off",
        variant=ActionVariant.DANGER,
    )
    def disconnect(self, request: HttpRequest, object_id: str) -> HttpResponse:
        connection = get_object_or_404(self.get_queryset(request), pk=object_id)
        back = reverse("admin:integrations_connection_change", args=[connection.pk])
        if request.method != "POST":
            return confirm_page(
                request,
                self,
                "Disconnect",
                question=f"Disconnect {connection.venue} from Lightspeed?",
                consequence="No order reaches the till and no sync runs until the venue is connected again. storekit "
                "forgets its access and frees the location; the settings stay.",
                button="Disconnect",
                danger=True,
                back=back,
            )
        if problem := connections.disconnect(connection=connection):
            messages.warning(
                request,
                f"{connection.venue} is disconnected, but its webhook could not be removed at Lightspeed: {problem} "
                "What it still sends is ignored.",
            )
        else:
            messages.success(request, f"{connection.venue} is disconnected.")
        return redirect(back)
