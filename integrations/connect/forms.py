"""The form of the connect flow."""

from collections.abc import Sequence

from django import forms
from unfold.widgets import UnfoldAdminRadioSelectWidget

from integrations.pos import PosLocation


class LocationForm(forms.Form):
    """Choose which of the locations that the consent covers is this venue."""

    business_location_id = forms.ChoiceField(
        label="Location",
        widget=UnfoldAdminRadioSelectWidget,
        error_messages={
            "required": "Choose a location.",
            "invalid_choice": "Lightspeed did not offer this location. Choose one from the list.",
        },
    )

    def __init__(self, *args: object, locations: Sequence[PosLocation], **options: object) -> None:
        super().__init__(*args, **options)  # type: ignore[arg-type]
        self._locations = {location.id: location for location in locations}
        field = self.fields["business_location_id"]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101  # declared above
        field.choices = [
            (location.id, f"{location.business_name} – {location.name}") for location in self._locations.values()
        ]

    def location(self) -> PosLocation:
        """Return the chosen location, once the form is valid."""
        return self._locations[self.cleaned_data["business_location_id"]]
