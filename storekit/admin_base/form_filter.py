"""A form above a list, whose fields filter it: dates to type, which Django's own filters have no place for."""

from datetime import time
from typing import Any, ClassVar, Protocol

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from storekit.local_time.days import within_days

_DATE = {"type": "date", "class": "sk-input"}


class FilterForm(Protocol):
    """A form that filters rows."""

    def filtered(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        """Return the rows that match; fields that make no sense are ignored."""


class FormFilter(admin.ListFilter):
    """Applies a form's fields to Django's list. The list's page shows the form itself: see `form_in`."""

    title = "form"
    template = "admin/form_filter.html"
    fields: ClassVar[tuple[str, ...]]

    def __init__(self, request: HttpRequest, params: dict[str, Any], model: Any, model_admin: Any) -> None:
        super().__init__(request, params, model, model_admin)
        for name in self.fields:
            if name in params:
                self.used_parameters[name] = params.pop(name)[-1]
        self.form = self.form_for(request, model_admin, self.used_parameters)

    def form_for(self, request: HttpRequest, model_admin: Any, typed: dict[str, Any]) -> FilterForm:
        """Return the form with what was typed."""
        raise NotImplementedError

    def expected_parameters(self) -> list[str | None]:
        return list(self.fields)

    def has_output(self) -> bool:
        return True

    def choices(self, changelist: Any) -> Any:
        return ()

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return self.form.filtered(queryset)


def form_in(changelist: Any, kind: type[FormFilter]) -> FilterForm:
    """Return the form of the list's filter."""
    form: FilterForm = next(one.form for one in changelist.filter_specs if isinstance(one, kind))
    return form


class DaysForm(forms.Form):
    """From one day to another, by the venue's calendar. Subclasses say which moment counts."""

    first = forms.DateField(required=False, label="From", widget=forms.DateInput(format="%Y-%m-%d", attrs=_DATE))
    last = forms.DateField(required=False, label="To", widget=forms.DateInput(format="%Y-%m-%d", attrs=_DATE))

    column: ClassVar[str]
    begins_at: ClassVar[time] = time.min

    def filtered(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        """Return the rows of these days."""
        self.is_valid()
        typed = self.cleaned_data
        return within_days(
            rows, column=self.column, first=typed.get("first"), last=typed.get("last"), begins_at=self.begins_at
        )
