"""The back office: Django's admin on unfold's theme, open to the people who work at a venue."""

from typing import Any, cast

from django.contrib.auth.views import redirect_to_login
from django.db.models import ForeignKey, Model, QuerySet
from django.forms import ModelChoiceField
from django.http import HttpRequest, HttpResponse
from django.shortcuts import resolve_url
from unfold.admin import ModelAdmin
from unfold.sites import UnfoldAdminSite

from storekit.models import Venue
from storekit.staff import manages, manages_somewhere, within_venues, works_somewhere


class BackOffice(UnfoldAdminSite):
    """Whoever works at a venue may enter; logging in is allauth's, with its rate limits."""

    site_title = site_header = "storekit"
    enable_nav_sidebar = True

    def has_permission(self, request: HttpRequest) -> bool:
        return works_somewhere(request.user)

    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        return redirect_to_login(request.GET.get("next") or resolve_url("admin:index"))


class VenueAdmin(ModelAdmin):
    """An admin page whose rows belong to venues. People see the rows of their own venues, everywhere.

    `venue_path` is the look-up from the row to its venue. Staff may view; managers may also change, unless
    `staff_may_change`; nobody adds or deletes unless a subclass says so.
    """

    venue_path = "venue"
    staff_may_change = False

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return within_venues(super().get_queryset(request), user=request.user, path=self.venue_path)

    def venue_of(self, obj: Model) -> Venue:
        """The venue that a row belongs to, along `venue_path`."""
        found: Any = obj
        for step in self.venue_path.split("__"):
            found = found if step == "pk" else getattr(found, step)
        return cast(Venue, found)

    def has_module_permission(self, request: HttpRequest) -> bool:
        return works_somewhere(request.user)

    def has_view_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return works_somewhere(request.user)

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        if self.staff_may_change:
            return works_somewhere(request.user)
        return manages_somewhere(request.user) if obj is None else manages(request.user, self.venue_of(obj))

    def has_add_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def formfield_for_foreignkey(
        self, db_field: ForeignKey[Any, Any], request: HttpRequest, **kwargs: Any
    ) -> ModelChoiceField | None:
        related = self.admin_site._registry.get(db_field.related_model)
        if isinstance(related, VenueAdmin):
            kwargs.setdefault("queryset", related.get_queryset(request))
        return super().formfield_for_foreignkey(db_field, request, **kwargs)


class ReadOnlyAdmin(VenueAdmin):
    """A ledger: to be looked at and filtered, never written by hand."""

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False
