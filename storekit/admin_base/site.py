"""The back office: Django's admin with unfold's theme, open to people who work at a venue."""

from collections.abc import Iterable
from typing import Any, cast

from django.contrib.admin import ListFilter, RelatedOnlyFieldListFilter
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.admin.utils import get_fields_from_path
from django.contrib.auth.views import LogoutView, redirect_to_login
from django.core.exceptions import BadRequest, ImproperlyConfigured, PermissionDenied, ValidationError
from django.db.models import ForeignKey, Model, QuerySet
from django.forms import ModelChoiceField
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, resolve_url
from unfold.admin import ModelAdmin, TabularInline
from unfold.sites import UnfoldAdminSite

from storekit.admin_base.local_time import in_local_time, show_in_time_of
from storekit.models import Venue
from storekit.staff import (
    is_superuser,
    managed_venues_of,
    manages,
    manages_somewhere,
    venues_of,
    within_venues,
    works_at,
    works_somewhere,
)

# Third-party apps whose admin pages are not limited to the user's venues. storekit.backoffice.admin has the useful
# ones in a form of its own.
_EXCLUDED_APPS = frozenset({"auth", "account", "django_q"})


class BackOffice(UnfoldAdminSite):
    """The admin site: open to everyone who works at a venue; allauth handles log-in, with its rate limits."""

    site_title = site_header = "storekit"
    enable_nav_sidebar = True

    def register(self, model_or_iterable: Any, admin_class: type[ModelAdmin] | None = None, **options: Any) -> None:
        """Register a page that limits what its users see.

        Raises:
            ImproperlyConfigured: if the page is neither a `VenueAdmin` nor a `SuperuserAdmin`.
        """
        if admin_class and issubclass(admin_class, VenueAdmin | SuperuserAdmin):
            super().register(model_or_iterable, admin_class, **options)
            return
        models: Iterable[type[Model]] = (
            model_or_iterable if isinstance(model_or_iterable, Iterable) else [model_or_iterable]
        )
        for model in models:
            if model._meta.app_label not in _EXCLUDED_APPS:
                raise ImproperlyConfigured(f"The admin page of {model._meta.label} has to be a VenueAdmin.")

    def has_permission(self, request: HttpRequest) -> bool:
        return works_somewhere(request.user)

    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        if self.has_permission(request):
            return redirect("admin:index")
        if request.user.is_authenticated:
            # The log-in page would redirect a logged-in user straight back here.
            raise PermissionDenied
        return redirect_to_login(request.GET.get("next") or resolve_url("admin:index"))

    def logout(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponseBase:
        return LogoutView.as_view(next_page="account_login")(request)

    def password_change(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        return redirect("account_change_password")


class VenueScoped:
    """Shared by pages and inlines: foreign keys offer only rows of venues that the user may change."""

    staff_may_change = False

    def formfield_for_foreignkey(
        self, db_field: ForeignKey[Any, Any], request: HttpRequest, **kwargs: Any
    ) -> ModelChoiceField | None:
        kwargs.setdefault("queryset", self._choices(db_field.related_model, request))
        return super().formfield_for_foreignkey(db_field, request, **kwargs)  # type: ignore[misc]

    def _choices(self, model: type[Model], request: HttpRequest) -> QuerySet[Any]:
        rows = model._default_manager.all()
        if is_superuser(request.user):
            return rows
        page = cast(Any, self).admin_site._registry.get(model)
        if not isinstance(page, VenueAdmin):
            return rows.none()
        venues = venues_of(request.user) if self.staff_may_change else managed_venues_of(request.user)
        return rows.filter(**{f"{page.venue_path}__in": venues})


def simplify_choice(choice: Any) -> None:
    """Preselect the only option of a `ModelChoiceField`, and remove the links that lead away from its form."""
    if choice.queryset.count() == 1:
        choice.empty_label = None
    choice.widget.can_add_related = choice.widget.can_change_related = choice.widget.can_view_related = False


class VenueAdmin(VenueScoped, ModelAdmin):
    """An admin page whose rows belong to venues. Users see only the rows of their own venues, everywhere.

    Every time is shown in the time zone of the row's venue: see `storekit.admin_base.local_time`.

    `venue_path` is the look-up from the row to its venue. Staff may view and managers may also change; with
    `staff_may_change` staff may change too. Nobody may add or delete unless a subclass allows it. The `obj` of the
    permission methods may be a row or its id, which is what unfold's actions pass.
    """

    venue_path = "venue"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return within_venues(super().get_queryset(request), user=request.user, path=self.venue_path)

    def venue_of(self, obj: Model) -> Venue:
        """Return the venue that a row belongs to, along `venue_path`."""
        found: Any = obj
        for step in self.venue_path.split("__"):
            found = found if step == "pk" else getattr(found, step)
        return cast(Venue, found)

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Any:
        """Return the row, and show and read times in its venue's time zone from here on."""
        row = super().get_object(request, object_id, from_field)
        if row is not None:
            show_in_time_of(self.venue_of(row))
        return row

    def get_list_display(self, request: HttpRequest) -> list[Any]:
        """Show the times of each row in its venue's time zone."""
        columns = super().get_list_display(request)
        return [in_local_time(column, model=self.model, venue_of=self.venue_of) for column in columns]

    def get_list_filter(self, request: HttpRequest) -> list[Any]:
        """Limit filters by a related row to the rows that occur in the user's own list."""
        return [self._scoped_filter(item) for item in super().get_list_filter(request)]

    def _scoped_filter(self, item: str | type[ListFilter] | tuple[str, type[ListFilter]]) -> Any:
        if isinstance(item, str) and get_fields_from_path(self.model, item)[-1].is_relation:
            return (item, RelatedOnlyFieldListFilter)
        return item

    def response_action(self, request: HttpRequest, queryset: QuerySet[Any]) -> HttpResponseBase | None:
        """Run an action on the selected rows; answer 400 to a malformed id, which Django would look up."""
        try:
            for selected in request.POST.getlist(ACTION_CHECKBOX_NAME):
                self.opts.pk.to_python(selected)
        except ValidationError:
            raise BadRequest("Invalid selection.") from None
        return super().response_action(request, queryset)

    def has_module_permission(self, request: HttpRequest) -> bool:
        return works_somewhere(request.user)

    def has_view_permission(self, request: HttpRequest, obj: Model | str | None = None) -> bool:
        if obj is None:
            return works_somewhere(request.user)
        row = self._row(request, obj)
        return row is not None and works_at(request.user, self.venue_of(row))

    def has_change_permission(self, request: HttpRequest, obj: Model | str | None = None) -> bool:
        if self.staff_may_change:
            return VenueAdmin.has_view_permission(self, request, obj)
        return self.manages_row(request, obj)

    def manages_row(self, request: HttpRequest, obj: Model | str | None = None) -> bool:
        """Return whether the user manages the row's venue or, without a row, any venue."""
        if obj is None:
            return manages_somewhere(request.user)
        row = self._row(request, obj)
        return row is not None and manages(request.user, self.venue_of(row))

    def has_add_permission(self, request: HttpRequest, obj: Model | str | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | str | None = None) -> bool:
        return False

    def _row(self, request: HttpRequest, obj: Model | str) -> Model | None:
        return obj if isinstance(obj, Model) else self.get_object(request, str(obj))


class ReadOnlyAdmin(VenueAdmin):
    """A page for rows that are viewed and filtered but never edited by hand."""

    def has_change_permission(self, request: HttpRequest, obj: Model | str | None = None) -> bool:
        return False


class ReadOnlyInline(VenueScoped, TabularInline):
    """Rows below a venue's row, shown to everyone who may see that row."""

    extra = 0
    can_delete = False
    show_change_link = False

    def has_view_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return works_somewhere(request.user)

    def has_add_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False


class SuperuserAdmin(ModelAdmin):
    """A page for rows of the whole installation, visible to superusers only."""

    def has_module_permission(self, request: HttpRequest) -> bool:
        return is_superuser(request.user)

    def has_view_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return is_superuser(request.user)

    def has_add_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return is_superuser(request.user)

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return is_superuser(request.user)

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return is_superuser(request.user)
