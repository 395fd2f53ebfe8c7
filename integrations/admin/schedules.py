"""The back-office page of schedules for syncing the menu and the floor plan."""

from datetime import datetime
from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.formats import date_format
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget, UnfoldAdminSingleTimeWidget

from integrations import recurrence
from integrations.connect import service
from integrations.models import Connection, SyncRun, SyncSchedule
from storekit.admin_base.filters import VenueFilter
from storekit.admin_base.site import VenueAdmin
from storekit.models import Venue
from storekit.staff import managed_venues_of


class ScheduleForm(forms.ModelForm):
    """A schedule with a tick box for each weekday."""

    weekdays = forms.TypedMultipleChoiceField(
        choices=list(enumerate(recurrence.WEEKDAYS)),
        initial=recurrence.every_day,
        coerce=int,
        widget=UnfoldAdminCheckboxSelectMultipleWidget(),
        error_messages={"required": "Tick at least one day. To pause the schedule, untick “Enabled”."},
    )

    class Meta:
        widgets = {"time": UnfoldAdminSingleTimeWidget()}

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if cleaned.get("light") and cleaned.get("kind") != SyncRun.Kind.MENU:
            self.add_error("light", "Light syncs are available for the menu only.")
        return cleaned


class SyncSchedulePage(VenueAdmin):
    """Schedules, maintained by the venue's managers. All times are in the venue's time zone."""

    venue_path = "connection__venue"
    form = ScheduleForm
    list_display = ("venue", "kind", "time_of_day", "days", "light", "enabled", "next_run", "last_run")
    list_display_links = ("venue", "kind")
    list_filter = (VenueFilter, "kind", "enabled")
    list_select_related = ("connection__venue",)
    ordering = ("connection__venue__name", "time")

    def get_fields(self, request: HttpRequest, obj: SyncSchedule | None = None) -> tuple[str, ...]:
        if obj is None:
            return ("connection", "kind", "time", "weekdays", "light", "enabled")
        return ("venue", "kind", "time", "weekdays", "light", "enabled", "next_run", "last_run")

    def get_readonly_fields(self, request: HttpRequest, obj: SyncSchedule | None = None) -> tuple[str, ...]:
        return () if obj is None else ("venue", "next_run", "last_run")

    def get_form(self, request: HttpRequest, obj: SyncSchedule | None = None, **options: Any) -> Any:
        form = super().get_form(request, obj, **options)
        if choice := form.base_fields.get("connection"):
            choice.label, choice.label_from_instance = "Venue", _venue_name
            if choice.queryset.count() == 1:
                choice.empty_label = None
            choice.widget.can_add_related = choice.widget.can_change_related = choice.widget.can_view_related = False
        return form

    def get_queryset(self, request: HttpRequest) -> QuerySet[SyncSchedule]:
        return super().get_queryset(request).select_related("connection__venue")

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        service.ensure_connections(venues=managed_venues_of(request.user))
        return super().add_view(request, form_url, extra_context)

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.manages_row(request)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.manages_row(request, obj)

    @admin.display(description="Venue", ordering="connection__venue__name")
    def venue(self, schedule: SyncSchedule) -> str:
        return schedule.connection.venue.name

    @admin.display(description="Time", ordering="time")
    def time_of_day(self, schedule: SyncSchedule) -> str:
        return f"{schedule.time:%H:%M}"

    @admin.display(description="On")
    def days(self, schedule: SyncSchedule) -> str:
        if schedule.weekdays == recurrence.every_day():
            return "every day"
        return ", ".join(recurrence.WEEKDAYS[day][:3] for day in schedule.weekdays) or "–"

    @admin.display(description="Next run", ordering="next_run_at", empty_value="–")
    def next_run(self, schedule: SyncSchedule) -> str | None:
        if schedule.pk is None:
            return None
        # If the venue's time zone has just changed, show the run that the next sweep will store.
        schedule.update_next_run(after=timezone.now())
        return _in_venue_time(schedule.next_run_at, schedule.connection.venue)

    @admin.display(description="Last run", ordering="last_run_at", empty_value="–")
    def last_run(self, schedule: SyncSchedule) -> str | None:
        return _in_venue_time(schedule.last_run_at, schedule.connection.venue) if schedule.pk else None


def _venue_name(connection: Connection) -> str:
    return connection.venue.name


def _in_venue_time(moment: datetime | None, venue: Venue) -> str | None:
    if moment is None:
        return None
    return f"{date_format(moment.astimezone(venue.zone), 'D j M, H:i')} ({venue.timezone})"
