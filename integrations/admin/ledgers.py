"""The back-office pages of the notification ledger and of sync runs."""

import json
from collections.abc import Collection
from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.decorators import action, display

from integrations.models import Notification, SyncRun
from integrations.syncs.progress import changes, duration, progress_of
from integrations.webhooks.ledger import replay
from storekit.admin_base.confirm import confirm_page
from storekit.admin_base.filters import VenueFilter
from storekit.admin_base.site import ReadOnlyAdmin
from storekit.queue.registry import NOTIFICATION_HANDLERS


class ProcessingFilter(admin.SimpleListFilter):
    """Filter notifications by how far their processing has come."""

    title = "progress"
    parameter_name = "progress"
    _FAILED = Q(processed_at=None) & ~Q(error="")
    _CHOICES = {
        "processed": ("Processed", Q(processed_at__isnull=False)),
        "waiting": ("Waiting", Q(processed_at=None, error="")),
        "failed": ("Failed (retrying or given up)", _FAILED),
        "given_up": ("Given up", _FAILED & Q(next_attempt_at=None)),
    }

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(name, label) for name, (label, _) in self._CHOICES.items()]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Notification]) -> QuerySet[Notification]:
        chosen = self._CHOICES.get(self.value() or "")
        return queryset.filter(chosen[1]) if chosen else queryset


class NotificationPage(ReadOnlyAdmin):
    """The ledger of notifications from the POS. Staff can have entries processed again."""

    venue_path = "connection__venue"
    list_display = ("received_at", "venue", "type", "status", "reference", "account", "progress", "times_received")
    list_filter = (VenueFilter, "type", "status", ProcessingFilter)
    list_select_related = ("connection__venue",)
    search_fields = ("reference", "account")
    fieldsets = (
        (None, {"fields": ("venue", ("type", "status"), ("reference", "account"), ("received_at", "times_received"))}),
        ("Progress", {"fields": ("progress", "result", "processed_at", ("attempts", "next_attempt_at"), "error")}),
        ("Body", {"fields": ("pretty_body",)}),
    )
    actions = ("replay",)
    actions_detail = ("replay_one",)

    def get_readonly_fields(self, request: HttpRequest, obj: Notification | None = None) -> tuple[str, ...]:
        return ("venue", "progress", "pretty_body")

    @admin.display(description="Venue", ordering="connection__venue__name")
    def venue(self, row: Notification) -> str:
        return row.connection.venue.name

    @display(
        description="Progress",
        label={"Processed": "success", "Waiting": "info", "Failing": "warning", "Given up": "danger"},
    )
    def progress(self, row: Notification) -> str:
        if row.processed_at:
            return "Processed"
        if not row.error:
            return "Waiting"
        return "Failing" if row.next_attempt_at else "Given up"

    @admin.display(description="Body")
    def pretty_body(self, row: Notification) -> SafeString:
        text = json.dumps(row.body, indent=2, ensure_ascii=False)
        return format_html('<pre class="text-xs" style="white-space: pre-wrap; overflow-wrap: anywhere">{}</pre>', text)

    def has_replay_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.has_view_permission(request, obj)

    @admin.action(description="Process the selected notifications again", permissions=["replay"])
    def replay(self, request: HttpRequest, queryset: QuerySet[Notification]) -> HttpResponse | None:
        ids = list(queryset.values_list("pk", flat=True))
        if "confirmed" in request.POST:
            self._replay(request, ids)
            return None
        hidden = [("action", "replay"), ("confirmed", "yes"), *((ACTION_CHECKBOX_NAME, pk) for pk in ids)]
        return self._ask(request, len(ids), hidden, reverse("admin:integrations_notification_changelist"))

    @action(description="Process again", permissions=["replay"], url_path="replay", icon="replay")
    def replay_one(self, request: HttpRequest, object_id: str) -> HttpResponse:
        row = get_object_or_404(self.get_queryset(request), pk=object_id)
        back = reverse("admin:integrations_notification_change", args=[row.pk])
        if request.method != "POST":
            return self._ask(request, 1, [], back)
        self._replay(request, [row.pk])
        return redirect(back)

    def _ask(self, request: HttpRequest, count: int, hidden: list[tuple[str, Any]], back: str) -> HttpResponse:
        what = "this notification" if count == 1 else f"{count} notifications"
        return confirm_page(
            request,
            self,
            "Process again",
            question=f"Process {what} again?",
            consequence="The notification is handled as if it had just arrived. This is safe to repeat: an order that "
            "has moved on since is not set back.",
            button="Process again",
            hidden=hidden,
            back=back,
        )

    def _replay(self, request: HttpRequest, ids: Collection[int]) -> None:
        count = replay(notification_ids=ids)
        if count:
            messages.success(request, f"{count} queued to be processed again.")
        if left := len(ids) - count:
            types = ", ".join(NOTIFICATION_HANDLERS)
            messages.warning(
                request, f"{left} skipped: only {types} notifications of the venue's own location can be processed."
            )


class SyncRunPage(ReadOnlyAdmin):
    """Syncs that are queued, running or finished. The page of a run updates itself while it runs."""

    venue_path = "connection__venue"
    list_display = ("started_at", "venue", "kind", "outcome", "duration", "changes", "warning_count", "started_by")
    list_filter = (VenueFilter, "kind", "state", "scheduled")
    list_select_related = ("connection__venue",)
    change_form_outer_before_template = "admin/integrations/syncrun/progress.html"

    def get_readonly_fields(self, request: HttpRequest, obj: SyncRun | None = None) -> tuple[str, ...]:
        return ("venue", "chosen_options")

    def get_fields(self, request: HttpRequest, obj: SyncRun | None = None) -> list[Any]:
        """Return the fields that do not change; the card above them shows the rest as it changes."""
        alert = ["alerted_at"] if obj is not None and obj.alerted_at else []
        return ["venue", ("kind", "chosen_options"), ("started_by", "started_at"), *alert]

    def get_urls(self) -> list[URLPattern]:
        follow = path(
            "<int:object_id>/progress/",
            self.admin_site.admin_view(self.progress_view),
            name="integrations_syncrun_progress",
        )
        return [follow, *super().get_urls()]

    def progress_view(self, request: HttpRequest, object_id: int) -> JsonResponse:
        """Return the run's progress, for the script on its page."""
        return JsonResponse(self._progress(request, get_object_or_404(self.get_queryset(request), pk=object_id)))

    def _progress(self, request: HttpRequest, run: SyncRun) -> dict[str, Any]:
        found = progress_of(run)
        # Only managers may open a plan, so other staff get no link to it.
        return found if not found["plan"] or self.manages_row(request, run) else found | {"plan": ""}

    def get_queryset(self, request: HttpRequest) -> QuerySet[SyncRun]:
        return super().get_queryset(request).select_related("connection__venue")

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, obj: SyncRun | None = None, **options: Any
    ) -> HttpResponse:
        assert obj is not None  # noqa: S101 - runs cannot be added here
        context |= {"title": str(obj), "progress": self._progress(request, obj)}
        return super().render_change_form(request, context, *args, obj=obj, **options)

    @admin.display(description="Venue", ordering="connection__venue__name")
    def venue(self, run: SyncRun) -> str:
        return run.connection.venue.name

    @admin.display(description="Options", empty_value="–")
    def chosen_options(self, run: SyncRun) -> str | None:
        """Return the names of the options that were switched on."""
        return ", ".join(name.replace("_", " ") for name, value in run.options.items() if value is True) or None

    @display(
        description="State",
        ordering="state",
        label={
            "Queued": "",
            "Running": "info",
            "Succeeded": "success",
            "Waiting for approval": "warning",
            "Superseded": "",
            "Failed": "danger",
        },
    )
    def outcome(self, run: SyncRun) -> str:
        return run.get_state_display()

    @admin.display(description="Duration")
    def duration(self, run: SyncRun) -> str:
        return duration(run)

    @admin.display(description="What changed", empty_value="–")
    def changes(self, run: SyncRun) -> str | None:
        return changes(run) or None

    @admin.display(description="Warnings")
    def warning_count(self, run: SyncRun) -> int:
        return len(run.warnings)
