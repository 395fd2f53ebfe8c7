"""The admin page for a product's descriptions, one field for each language."""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from unfold.decorators import action
from unfold.widgets import UnfoldAdminTextareaWidget

from menus.descriptions import DescriptionsFromPos, check_descriptions_editable, languages_of, set_descriptions
from menus.models import Product

_MAX_LENGTH = 5000


class DescriptionsForm(forms.Form):
    """One description for each of the product's languages."""

    def __init__(self, *args: Any, product: Product, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for language in languages_of(product=product):
            self.fields[language] = forms.CharField(
                required=False,
                max_length=_MAX_LENGTH,
                label=f"Description ({language})",
                initial=product.translations.get(language, {}).get("description", ""),
                widget=UnfoldAdminTextareaWidget(attrs={"rows": 4, "lang": language}),
            )


class ProductDescriptionPages:
    """Mixed into the product's admin page. Only managers see the button and can save."""

    def has_change_descriptions_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return bool(self.manages_row(request, obj))  # type: ignore[attr-defined]

    @action(description="Descriptions", url_path="descriptions", permissions=["change_descriptions"], icon="edit")
    def change_descriptions(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Show the descriptions, editable if the venue keeps its own."""
        page: Any = self
        product: Product = get_object_or_404(page.get_queryset(request), pk=object_id)
        back = reverse("admin:menus_product_change", args=[product.pk])
        form = DescriptionsForm(request.POST or None, product=product)
        refusal = _why_locked(product)
        if request.method == "POST" and not refusal and form.is_valid():
            set_descriptions(product=product, descriptions=form.cleaned_data)
            page.log_change(request, product, "Descriptions changed.")
            messages.success(request, "Descriptions saved. Guests see them now.")
            return redirect(back)
        return TemplateResponse(
            request,
            "admin/menus/product/descriptions.html",
            {
                **page.admin_site.each_context(request),
                "opts": page.opts,
                "title": f"Descriptions of {product.name}",
                "form": form,
                "refusal": refusal,
                "back": back,
            },
        )


def _why_locked(product: Product) -> str:
    try:
        check_descriptions_editable(product=product)
    except DescriptionsFromPos as error:
        return str(error)
    return ""
