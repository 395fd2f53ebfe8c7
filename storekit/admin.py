"""Back office pages of venues, their people and their API keys."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.cache import add_never_cache_headers
from unfold.admin import TabularInline
from unfold.decorators import action, display
from unfold.enums import ActionVariant
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget

from storekit.accounts.inviting import invite
from storekit.admin_base.filters import VenueFilter
from storekit.admin_base.membership_forms import MembershipForm, MembershipFormSet
from storekit.admin_base.site import ReadOnlyAdmin, VenueAdmin
from storekit.local_time.zones import venue_timezones
from storekit.models import ApiKey, Invitation, Membership, User, Venue
from storekit.rest.api_keys import issue_api_key, revoke_api_key
from storekit.staff import is_superuser, managed_venues_of, manages, manages_somewhere, works_at, works_somewhere


class MembershipInline(TabularInline):
    """The people who work at the venue. Managers add them; staff see who their colleagues are."""

    model = Membership
    form = MembershipForm
    formset = MembershipFormSet
    fields = ("email", "role")
    extra = 0
    verbose_name = "person"
    verbose_name_plural = "people who work here"

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).select_related("user").order_by("role", "user__email")

    def get_formset(self, request: HttpRequest, obj: Venue | None = None, **kwargs: Any) -> Any:
        formset = super().get_formset(request, obj, **kwargs)
        formset.needs_manager = not is_superuser(request.user)
        return formset

    def has_view_permission(self, request: HttpRequest, obj: Venue | None = None) -> bool:
        return works_somewhere(request.user) if obj is None else works_at(request.user, obj)

    def has_change_permission(self, request: HttpRequest, obj: Venue | None = None) -> bool:
        return manages_somewhere(request.user) if obj is None else manages(request.user, obj)

    has_add_permission = has_delete_permission = has_change_permission


class VenueForm(forms.ModelForm):
    """A venue, with its time zone chosen from a list."""

    class Meta:
        labels = {"timezone": "Time zone", "email": "E-mail address"}
        widgets = {
            "timezone": UnfoldAdminSelectWidget(
                choices=lambda: [(name, name.replace("_", " ")) for name in sorted(venue_timezones())]
            )
        }


@admin.register(Venue)
class VenuePage(VenueAdmin):
    """Venues: added by superusers, edited by their managers."""

    venue_path = "pk"
    form = VenueForm
    list_display = ("name", "slug", "timezone", "currency", "email")
    search_fields = ("name", "slug")
    fields = ("name", "slug", "email", "timezone", "country", "currency")
    inlines = (MembershipInline,)

    def save_formset(self, request: HttpRequest, form: Any, formset: Any, change: bool) -> None:
        """Save the people of the venue, and invite those that are new, in the same words for everyone."""
        super().save_formset(request, form, formset, change)
        assert isinstance(request.user, User)  # noqa: S101 - for the type checker
        for email, role in getattr(formset, "invited", ()):
            invite(venue=form.instance, email=email, role=role, invited_by=request.user)
            self.log_change(request, form.instance, f"Invited {email}.")
            messages.success(
                request, f"{email} is invited by e-mail, and appears here after accepting. See Invitations."
            )

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return is_superuser(request.user)

    def get_readonly_fields(self, request: HttpRequest, obj: Venue | None = None) -> tuple[str, ...]:
        # URLs, QR codes and amounts already in use depend on these.
        return () if obj is None or is_superuser(request.user) else ("slug", "currency")


@admin.register(Invitation)
class InvitationPage(ReadOnlyAdmin):
    """Invitations that wait to be accepted. Managers withdraw them by deleting them."""

    list_display = ("email", "venue", "role", "invited_by", "created_at")
    list_filter = (VenueFilter,)
    list_select_related = ("venue", "invited_by")
    search_fields = ("email",)
    fields = ("venue", "email", "role", "invited_by", "created_at")

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.manages_row(request, obj)


class ApiKeyForm(forms.Form):
    """The venue that a new key gives access to, and who will use it."""

    venue = forms.ModelChoiceField(Venue.objects.none(), empty_label=None, widget=UnfoldAdminSelectWidget())
    name = forms.CharField(
        max_length=80, help_text="What will use it, for example: web shop.", widget=UnfoldAdminTextInputWidget()
    )

    def __init__(self, *args: Any, user: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choice = self.fields["venue"]
        assert isinstance(choice, forms.ModelChoiceField)  # noqa: S101 - for the type checker
        choice.queryset = managed_venues_of(user)


@admin.register(ApiKey)
class ApiKeyPage(ReadOnlyAdmin):
    """API keys: issued and revoked, never edited. The digest is not shown."""

    list_display = ("name", "venue", "starts_with", "state", "created_at", "last_used_at")
    list_filter = (VenueFilter,)
    list_select_related = ("venue",)
    search_fields = ("name", "prefix")
    fields = ("venue", "name", "starts_with", "created_at", "last_used_at", "revoked_at")
    readonly_fields = ("starts_with", "last_used_at", "revoked_at")
    show_add_link = False
    actions_list = ("new_key",)
    actions_detail = ("revoke",)
    actions_row = ("revoke",)

    @admin.display(description="Starts with")
    def starts_with(self, key: ApiKey) -> str:
        return f"sk_{key.prefix}_…"

    @display(description="State", label={"in use": "success", "revoked": "danger"})
    def state(self, key: ApiKey) -> str:
        return "revoked" if key.revoked_at else "in use"

    def lookup_allowed(self, lookup: str, value: Any, request: HttpRequest | None = None) -> bool:
        """Refuse look-ups by the digest, which would let it be guessed one character at a time."""
        return not lookup.startswith("digest") and bool(super().lookup_allowed(lookup, value, request))

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.manages_row(request)

    def has_revoke_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.manages_row(request, obj)

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Ask for venue and name, then show the new key, once, in the response to the form."""
        if not self.has_add_permission(request):
            return redirect("admin:storekit_apikey_changelist")
        form = ApiKeyForm(request.POST or None, user=request.user)
        if request.method != "POST" or not form.is_valid():
            return self._page(request, "issue", "New API key", form=form)
        row, key = issue_api_key(venue=form.cleaned_data["venue"], name=form.cleaned_data["name"])
        self.log_addition(request, row, "Issued.")
        return self._page(request, "issued", "Your new API key", api_key=row, key=key)

    @action(description="New API key", url_path="new", permissions=["add"], icon="add", variant=ActionVariant.PRIMARY)
    def new_key(self, request: HttpRequest) -> HttpResponse:
        """Show a button with a label in place of unfold's plus sign."""
        return redirect("admin:storekit_apikey_add")

    @action(description="Revoke", url_path="revoke", permissions=["revoke"], icon="block", variant=ActionVariant.DANGER)
    def revoke(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Ask for confirmation, then revoke the key."""
        row = self.get_object(request, object_id)
        if request.method != "POST":
            return self._page(request, "revoke", "Revoke this API key?", api_key=row)
        revoke_api_key(api_key=row)
        self.log_change(request, row, "Revoked.")
        messages.success(request, f"{row.name} has been revoked. It can no longer place or follow orders.")
        return redirect(reverse("admin:storekit_apikey_changelist"))

    def _page(self, request: HttpRequest, template: str, title: str, **context: Any) -> TemplateResponse:
        page = TemplateResponse(
            request,
            f"admin/storekit/apikey/{template}.html",
            {**self.admin_site.each_context(request), "opts": self.opts, "title": title, **context},
        )
        add_never_cache_headers(page)
        return page
