"""The back-office page of connections. Notifications, syncs and schedules have modules of their own."""

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from unfold.decorators import action, display
from unfold.enums import ActionVariant

from integrations.admin.ledgers import NotificationPage, SyncRunPage
from integrations.admin.schedules import SyncSchedulePage
from integrations.admin.settings import LightspeedSettingsInline
from integrations.connect import service
from integrations.connect.pos_warnings import warnings_of
from integrations.models import Connection, Notification, SyncRun, SyncSchedule
from integrations.pos import PosError
from integrations.subscriptions import announce_connected, announce_settings
from integrations.webhooks.health import check_webhook
from storekit.admin_base.confirm import confirm_page
from storekit.admin_base.filters import VenueFilter
from storekit.admin_base.local_time import local_moment
from storekit.admin_base.site import VenueAdmin
from storekit.staff import manages, manages_somewhere, venues_of

admin.site.register(Notification, NotificationPage)
admin.site.register(SyncRun, SyncRunPage)
admin.site.register(SyncSchedule, SyncSchedulePage)

_STATUS_COLOURS = {
    "Connected": "success",
    "Not connected": "",
    "Location not chosen yet": "warning",
    "Reconnect needed": "danger",
}


_WEBHOOK_COLOURS = {"Registered": "success", "Missing": "danger"}
_NEXT_STEPS: dict[str, tuple[str, str]] = {
    Connection.Status.DISCONNECTED: ("connect", "Connect"),
    Connection.Status.CHOOSING_LOCATION: ("choose_location", "Choose location"),
    Connection.Status.RECONNECT_NEEDED: ("reconnect", "Reconnect"),
}


def _label(text: str, colours: dict[str, str]) -> SafeString:
    """Return a coloured label like those of unfold's lists; on a row's own page unfold would show plain text."""
    return render_to_string("unfold/helpers/label.html", {"text": text, "type": colours.get(text, "")})


@admin.register(Connection)
class ConnectionPage(VenueAdmin):
    """The connection of every venue, connected or not. Tokens and the webhook's password are never shown."""

    list_display = ("venue", "state", "location", "environment", "enabled", "webhook", "token_expiry")
    list_display_links = ("venue",)
    list_filter = (VenueFilter, "status", "environment", "enabled")
    list_select_related = ("venue", "tokens")
    search_fields = ("venue__name", "location_name", "business_name", "business_location_id")
    ordering = ("venue__name",)
    fieldsets = (
        (None, {"fields": ("venue", ("state_label", "status_reason"), "permission", "enabled")}),
        (
            "Lightspeed",
            {"fields": (("location", "business_location_id"), ("environment", "connected_at"), "token_expiry")},
        ),
        ("Till", {"fields": (("till_state", "readiness_at"), "till_warnings")}),
        ("Notifications", {"fields": (("webhook_label", "webhook_checked_at"), "webhook_found", "webhook_address")}),
    )
    readonly_fields = (
        "venue",
        "state_label",
        "status_reason",
        "permission",
        "location",
        "business_location_id",
        "environment",
        "connected_at",
        "token_expiry",
        "till_state",
        "readiness_at",
        "till_warnings",
        "webhook_label",
        "webhook_checked_at",
        "webhook_found",
        "webhook_address",
    )
    inlines = (LightspeedSettingsInline,)
    actions_detail = ("connect", "reconnect", "choose_location", "check_webhook", "register_webhook", "disconnect")

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        super().save_related(request, form, formsets, change)
        venue_id = form.instance.venue_id
        if "enabled" in form.changed_data and form.instance.enabled:
            announce_connected(venue_id=venue_id)
        if any(formset.has_changed() for formset in formsets):
            announce_settings(venue_id=venue_id)

    # --- Columns and fields

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        service.ensure_connections(venues=venues_of(request.user))
        return super().changelist_view(request, extra_context)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Connection]:
        return super().get_queryset(request).select_related("venue", "tokens")

    @display(description="Status", ordering="status", label=_STATUS_COLOURS)
    def state(self, connection: Connection) -> str:
        return connection.get_status_display()

    @admin.display(description="Status")
    def state_label(self, connection: Connection) -> SafeString:
        return _label(connection.get_status_display(), _STATUS_COLOURS)

    @admin.display(description="Missing permission", empty_value="–")
    def permission(self, connection: Connection) -> SafeString | None:
        text = connection.missing_permission
        return _label(text, {text: "danger"}) if text else None

    @admin.display(description="Location", ordering="location_name", empty_value="–")
    def location(self, connection: Connection) -> str | None:
        if not connection.business_location_id:
            return None
        return f"{connection.business_name} – {connection.location_name}"

    @display(description="Webhook", label=_WEBHOOK_COLOURS)
    def webhook(self, connection: Connection) -> str | None:
        if connection.status != Connection.Status.CONNECTED:
            return None
        return "Registered" if connection.webhook_registered_at else "Missing"

    @admin.display(description="Webhook", empty_value="–")
    def webhook_label(self, connection: Connection) -> SafeString | None:
        text = self.webhook(connection)
        return _label(text, _WEBHOOK_COLOURS) if text else None

    @admin.display(description="Online orders")
    def till_state(self, connection: Connection) -> str:
        if connection.pos_ready is None:
            return "Not known yet"
        if connection.pos_ready:
            return _label("Accepted", {"Accepted": "success"})
        text = f"Not accepted. {connection.not_ready_reason}"
        return _label(text, {text: "warning"})

    @admin.display(description="Warnings", empty_value="–")
    def till_warnings(self, connection: Connection) -> SafeString | None:
        """Return what the POS warns of about stock and the webhook, in its own words."""
        lines = warnings_of(connection)
        return format_html_join(" ", "{}", ((_label(line, {line: "warning"}),) for line in lines)) if lines else None

    @admin.display(description="Webhook address")
    def webhook_address(self, connection: Connection) -> SafeString:
        return format_html(
            '<span style="overflow-wrap: anywhere">{}</span>', service.webhook_url(connection=connection)
        )

    @admin.display(description="Access token valid until", empty_value="–")
    def token_expiry(self, connection: Connection) -> str | None:
        pair = getattr(connection, "tokens", None)
        if pair is None:
            return None
        return local_moment(pair.expires_at, connection.venue)

    @admin.display(description="Next step", empty_value="–")
    def next_step(self, connection: Connection) -> SafeString | None:
        step = _NEXT_STEPS.get(connection.status)
        if step is None:
            return None
        name, label = step
        address = reverse(f"admin:integrations_connection_{name}", args=[connection.pk])
        return format_html('<a class="underline" href="{}">{}</a>', address, label)

    def get_list_display(self, request: HttpRequest) -> list[Any]:
        steps = ["next_step"] if manages_somewhere(request.user) else []
        return [*super().get_list_display(request), *steps]

    # --- Buttons, each shown only in the states it applies to

    def _may_act(self, request: HttpRequest, object_id: str | None, *statuses: str) -> bool:
        row = self.get_object(request, str(object_id)) if object_id else None
        return row is not None and row.status in statuses and manages(request.user, row.venue)

    def has_connect_permission(self, request: HttpRequest, object_id: str | None = None) -> bool:
        return self._may_act(request, object_id, Connection.Status.DISCONNECTED)

    def has_reconnect_permission(self, request: HttpRequest, object_id: str | None = None) -> bool:
        others = set(Connection.Status) - {Connection.Status.DISCONNECTED}
        return self._may_act(request, object_id, *others)

    def has_location_permission(self, request: HttpRequest, object_id: str | None = None) -> bool:
        return self._may_act(request, object_id, Connection.Status.CHOOSING_LOCATION, Connection.Status.CONNECTED)

    def has_webhook_permission(self, request: HttpRequest, object_id: str | None = None) -> bool:
        return self._may_act(request, object_id, Connection.Status.CONNECTED)

    def _redirect_to_consent(self, request: HttpRequest, object_id: str) -> HttpResponse:
        connection = get_object_or_404(self.get_queryset(request), pk=object_id)
        return redirect(f"{reverse('integrations:connect')}?venue={connection.venue.slug}")

    @action(description="Connect", permissions=["connect"], icon="link", variant=ActionVariant.PRIMARY)
    def connect(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return self._redirect_to_consent(request, object_id)

    @action(description="Reconnect", permissions=["reconnect"], icon="sync")
    def reconnect(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return self._redirect_to_consent(request, object_id)

    @action(description="Choose location", permissions=["location"], url_path="location", icon="storefront")
    def choose_location(self, request: HttpRequest, object_id: str) -> HttpResponse:
        connection = get_object_or_404(self.get_queryset(request), pk=object_id)
        return redirect("integrations:location", slug=connection.venue.slug)

    @action(description="Check webhook", permissions=["webhook"], url_path="check-webhook", icon="fact_check")
    def check_webhook(self, request: HttpRequest, object_id: str) -> HttpResponse:
        connection = get_object_or_404(self.get_queryset(request), pk=object_id)
        back = reverse("admin:integrations_connection_change", args=[connection.pk])
        if request.method != "POST":
            return confirm_page(
                request,
                self,
                "Check webhook",
                question=f"Check the webhook of {connection.venue}?",
                consequence="This compares the address, location and settings registered with Lightspeed to the "
                "correct ones, and registers the webhook again if anything differs.",
                button="Check webhook",
                back=back,
            )
        try:
            problems = check_webhook(connection=connection)
        except PosError as error:
            messages.error(request, f"The webhook could not be checked: {error}")
        else:
            if problems:
                messages.warning(request, f"{' '.join(problems)} It was registered again.")
            else:
                messages.success(request, "The webhook is registered correctly.")
        return redirect(back)

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
                consequence="This gives Lightspeed the address for notifications again. No orders or notifications are "
                "lost.",
                button="Register webhook",
                back=back,
            )
        try:
            service.register_webhook(connection=connection)
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
                consequence="Until you connect the venue again, no orders are sent to the till and no syncs run. "
                "storekit deletes its access and frees the location for another venue. The settings are kept.",
                button="Disconnect",
                danger=True,
                back=back,
            )
        if problem := service.disconnect(connection=connection):
            messages.warning(
                request,
                f"{connection.venue} is disconnected, but its webhook could not be removed from Lightspeed: {problem} "
                "storekit ignores any notifications it still sends.",
            )
        else:
            messages.success(request, f"{connection.venue} is disconnected.")
        return redirect(back)
