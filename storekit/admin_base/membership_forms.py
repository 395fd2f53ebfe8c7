"""Forms with which a manager invites people to a venue, by an e-mail address: whether it has an account is not told."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from unfold.widgets import UnfoldAdminEmailInputWidget

from storekit.models import Membership


class MembershipForm(forms.ModelForm):
    """One person at one venue. A new person is invited by e-mail address; afterwards only the role can change."""

    email = forms.EmailField(label="E-mail address", widget=UnfoldAdminEmailInputWidget())

    class Meta:
        model = Membership
        fields = ("email", "role")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            self.fields["email"].initial = self.instance.user.email
            self.fields["email"].disabled = True

    def clean_email(self) -> str:
        email: str = self.cleaned_data["email"]
        return email.lower()


class MembershipFormSet(forms.BaseInlineFormSet):
    """The people of one venue: each listed once, and at least one of them a manager."""

    needs_manager = True
    invited: tuple[tuple[str, str], ...] = ()
    """Addresses and roles of the people to invite, once the formset was saved."""

    def add_fields(self, form: Any, index: int | None) -> None:
        super().add_fields(form, index)
        # Screen readers do not take the table's header for a label.
        who = form.instance.user.email if form.instance.pk else "the new person"
        form.fields["email"].widget.attrs["aria-label"] = f"E-mail address of {who}"
        form.fields["role"].widget.attrs["aria-label"] = f"Role of {who}"
        if "DELETE" in form.fields:
            form.fields["DELETE"].widget.attrs["aria-label"] = f"Remove {who}"

    def save_new_objects(self, commit: bool = True) -> list[Membership]:
        """Add nobody: a new line is an invitation, which the person has to accept."""
        self.new_objects: list[Membership] = []
        lines = [form for form in self.extra_forms if form.has_changed() and form not in self.deleted_forms]
        self.invited = tuple((form.cleaned_data["email"], form.cleaned_data["role"]) for form in lines)
        return self.new_objects

    def clean(self) -> None:
        super().clean()
        lines = [form for form in self.forms if getattr(form, "cleaned_data", None) and form not in self.deleted_forms]
        addresses = [form.cleaned_data["email"].lower() for form in lines if form.cleaned_data.get("email")]
        kept = [form.instance for form in lines if form.instance.user_id]
        if len(set(addresses)) < len(addresses):
            raise ValidationError("A person is listed twice. Keep one line for each person.")
        if self.needs_manager and all(membership.role != Membership.Role.MANAGER for membership in kept):
            raise ValidationError("A venue needs at least one manager. Make someone else a manager first.")
