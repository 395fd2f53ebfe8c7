"""Pages for superusers only: everyone's accounts, and the background tasks."""

from typing import Any

from allauth.account.models import EmailAddress
from django.contrib import admin
from django.contrib.auth.admin import UserAdmin
from django.http import HttpRequest
from django_q.models import Failure, Schedule, Success
from unfold.admin import TabularInline
from unfold.forms import AdminPasswordChangeForm, UserChangeForm, UserCreationForm

from storekit.admin_base.site import SuperuserAdmin
from storekit.models import Membership, User


class LowerCaseEmail:
    """Store e-mail addresses in lower case, however they are typed, because log-in looks them up so."""

    def clean_email(self) -> str:
        email: str = self.cleaned_data["email"].lower()  # type: ignore[attr-defined]
        return email


class PersonForm(LowerCaseEmail, UserChangeForm):
    """Edits a person."""


class NewPersonForm(LowerCaseEmail, UserCreationForm):
    """Adds a person."""

    class Meta:
        model = User
        fields = ("email",)


class VenuesInline(TabularInline):
    """The venues that the person works at."""

    model = Membership
    fields = ("venue", "role")
    extra = 0
    verbose_name = "venue"
    verbose_name_plural = "venues"

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return bool(request.user.is_superuser)

    has_add_permission = has_change_permission = has_delete_permission = has_view_permission


@admin.register(User)
class UserPage(UserAdmin, SuperuserAdmin):  # type: ignore[misc]  # their stubs disagree about `obj`
    """Everyone who can log in."""

    form = PersonForm
    add_form = NewPersonForm
    change_password_form = AdminPasswordChangeForm
    list_display = ("email", "first_name", "last_name", "is_active", "is_superuser", "last_login")
    list_filter = ("is_active", "is_superuser")
    search_fields = ("email", "first_name", "last_name")
    ordering = ("email",)
    filter_horizontal = ()
    readonly_fields = ("last_login", "date_joined")
    fieldsets = (
        (None, {"fields": ("email", "first_name", "last_name", "password")}),
        ("Permissions", {"fields": ("is_active", "is_superuser")}),
        ("Dates", {"fields": ("last_login", "date_joined")}),
    )
    add_fieldsets = (
        (
            None,
            {
                "fields": ("email", "first_name", "last_name", "usable_password", "password1", "password2"),
                "description": "Without a password, the person sets one with “Forgot your password?”.",
            },
        ),
    )
    inlines = (VenuesInline,)

    def save_model(self, request: HttpRequest, obj: User, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        if "email" in form.changed_data:
            # allauth remembers addresses used for password resets; one that was given up must not grant access.
            EmailAddress.objects.filter(user=obj).delete()


class ReadOnlyTaskAdmin(SuperuserAdmin):
    """What the task queue has done and will do; read-only."""

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(Schedule)
class ScheduleAdmin(ReadOnlyTaskAdmin):
    """The periodic tasks, written by `storekit.queue.schedules`."""

    list_display = ("name", "func", "minutes", "next_run", "last_run")
    fields = ("name", "func", "schedule_type", "minutes", "repeats", "next_run")


@admin.register(Success)
class SuccessAdmin(ReadOnlyTaskAdmin):
    """Tasks that succeeded."""

    list_display = ("name", "func", "started", "stopped", "attempt_count")
    list_filter = ("func",)
    search_fields = ("name", "func")
    fields = ("name", "func", "args", "kwargs", "result", "started", "stopped", "attempt_count")


@admin.register(Failure)
class FailureAdmin(SuccessAdmin):
    """Tasks that raised an error."""
