"""List filters for the back office: by venue, revealing nothing of others, and by conditions with a name."""

from dataclasses import dataclass
from typing import Any, ClassVar

from django.contrib import admin
from django.db.models import Q, QuerySet
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


@dataclass(frozen=True)
class FilterLink:
    """A link to the list with one choice of a filter."""

    label: str
    url: str
    current: bool


class ChoiceFilter(admin.SimpleListFilter):
    """Filter by conditions, each with a name and a label. `admin/filter_links.html` shows its links above the list."""

    choices_by_name: ClassVar[dict[str, tuple[str, Q]]]

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(name, label) for name, (label, _) in self.choices_by_name.items()]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        chosen = self.choices_by_name.get(self.value() or "")
        return queryset.filter(chosen[1]) if chosen else queryset

    @classmethod
    def links(cls, request: HttpRequest) -> list[FilterLink]:
        """Return the choices as a row of links, one tap on a phone instead of three. Other filters and the search stay.

        The first leads to all rows.
        """
        query = request.GET.copy()
        parameter = str(cls.parameter_name)
        chosen = query.pop(parameter, [""])[-1]
        query.pop("p", None)
        links = [FilterLink("All", f"?{query.urlencode()}", current=not chosen)]
        for name, (label, _) in cls.choices_by_name.items():
            query[parameter] = name
            links.append(FilterLink(label, f"?{query.urlencode()}", current=name == chosen))
        return links
