"""The back office's page for a product's descriptions, a box for each language."""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from unfold.decorators import action
from unfold.widgets import UnfoldAdminTextareaWidget

from menus.descriptions import PosWrites, languages_of, refuse_if_pos_writes, set_descriptions
from menus.models import Product

_LONGEST = 5000


class DescriptionsForm(forms.Form):
    """One text for each of the product's languages."""

    def __init__(self, *args: Any, product: Product, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for language in languages_of(product=product):
            self.fields[language] = forms.CharField(
                required=False,
                max_length=_LONGEST,
                label=f"Description ({language})",
                initial=product.translations.get(language, {}).get("description", ""),
                widget=UnfoldAdminTextareaWidget(attrs={"rows": 4, "lang": language}),
            )


class ProductTextPages:
    """The page, mixed into the product's admin page. Managers write; other staff do not see the button."""

    def has_change_texts_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return bool(self.manages_row(request, obj))  # type: ignore[attr-defined]

    @action(description="Descriptions", url_path="descriptions", permissions=["change_texts"], icon="edit")
    def change_texts(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Shows the descriptions, to be changed where the venue keeps its own."""
        page: Any = self
        product: Product = get_object_or_404(page.get_queryset(request), pk=object_id)
        back = reverse("admin:menus_product_change", args=[product.pk])
        form = DescriptionsForm(request.POST or None, product=product)
        refusal = _refusal(product)
        if request.method == "POST" and not refusal and form.is_valid():
            set_descriptions(product=product, descriptions=form.cleaned_data)
            page.log_change(request, product, "Descriptions changed.")
            messages.success(request, "The descriptions were changed. Guests see them so from now on.")
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


def _refusal(product: Product) -> str:
    try:
        refuse_if_pos_writes(product=product)
    except PosWrites as error:
        return str(error)
    return ""
