"""Forms with which a manager adds people to a venue: by an e-mail address they know, never from a list of all users."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from unfold.widgets import UnfoldAdminEmailInputWidget

from storekit.models import Membership, User


class MembershipForm(forms.ModelForm):
    """One person at one venue. A new person is given by e-mail address; afterwards only the role can change."""

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
        if not self.instance.pk:
            user = User.objects.filter(email__iexact=email, is_active=True).first()
            if user is None:
                raise ValidationError("No account uses this address. Ask your storekit administrator to add one.")
            self.instance.user = user
        return email


class MembershipFormSet(forms.BaseInlineFormSet):
    """The people of one venue: each listed once, and at least one of them a manager."""

    needs_manager = True

    def add_fields(self, form: Any, index: int | None) -> None:
        super().add_fields(form, index)
        # Screen readers do not take the table's header for a label.
        who = form.instance.user.email if form.instance.pk else "the new person"
        form.fields["email"].widget.attrs["aria-label"] = f"E-mail address of {who}"
        form.fields["role"].widget.attrs["aria-label"] = f"Role of {who}"
        if "DELETE" in form.fields:
            form.fields["DELETE"].widget.attrs["aria-label"] = f"Remove {who}"

    def clean(self) -> None:
        super().clean()
        kept = [
            form.instance
            for form in self.forms
            if hasattr(form, "cleaned_data") and form.instance.user_id and form not in self.deleted_forms
        ]
        if len({membership.user_id for membership in kept}) < len(kept):
            raise ValidationError("A person is listed twice. Keep one line for each person.")
        if self.needs_manager and all(membership.role != Membership.Role.MANAGER for membership in kept):
            raise ValidationError("A venue needs at least one manager. Make someone else a manager first.")
