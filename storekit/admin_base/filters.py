"""List filters for the back office that reveal nothing of other venues."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from storekit.staff import venues_of


class VenueFilter(admin.SimpleListFilter):
    """Filter by the user's own venues, if there are several. For a `VenueAdmin`, whose `venue_path` it follows."""

    title = "venue"
    parameter_name = "venue"

    def __init__(self, request: HttpRequest, params: dict[str, Any], model: Any, model_admin: Any) -> None:
        self._path = "" if model_admin.venue_path == "pk" else f"{model_admin.venue_path}__"
        super().__init__(request, params, model, model_admin)

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(venue.slug, venue.name) for venue in venues_of(request.user)]

    def has_output(self) -> bool:
        return len(self.lookup_choices) > 1

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        # The rows are already limited to the user's venues: another venue's slug in the URL finds nothing.
        return queryset.filter(**{f"{self._path}slug": self.value()}) if self.value() else queryset
