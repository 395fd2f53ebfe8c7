"""The back office's page for a product's image: what is there, why it is not, another one in its place."""

from typing import Any

from django import forms
from django.contrib import messages
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from unfold.decorators import action

from menus.images.editing import PosDecides, refuse_if_pos_decides, remove_image, set_image
from menus.images.files import LARGEST, ImageRefused, address_of
from menus.models import ImageFetch, Product


class ImageForm(forms.Form):
    """A picture from the person's own disk."""

    image = forms.FileField(
        label="New image",
        help_text="JPEG, PNG, WebP or GIF, 10 MB at most. Guests get it at 1200 pixels on the longer side.",
        widget=forms.FileInput(attrs={"accept": "image/jpeg,image/png,image/webp,image/gif"}),
    )

    def clean_image(self) -> UploadedFile:
        file: UploadedFile = self.cleaned_data["image"]
        if file.size is None or file.size > LARGEST:
            raise forms.ValidationError(f"The image is larger than {LARGEST // 2**20} MB.")
        return file


class ProductImagePages:
    """The page, mixed into the product's admin page. Managers change images; other staff do not see the button."""

    actions_detail: tuple[str, ...] = ("change_image",)

    def has_change_image_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return bool(self.manages_row(request, obj))  # type: ignore[attr-defined]

    @action(description="Image", url_path="image", permissions=["change_image"], icon="image")
    def change_image(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Puts an image on the product, or takes the one away that is there."""
        page: Any = self
        product: Product = get_object_or_404(page.get_queryset(request), pk=object_id)
        form = ImageForm(request.POST or None, request.FILES or None)
        if request.method == "POST" and self._done(request, product, form):
            return redirect(reverse("admin:menus_product_change", args=[product.pk]))
        return TemplateResponse(
            request,
            "admin/menus/product/image.html",
            {
                **page.admin_site.each_context(request),
                "opts": page.opts,
                "title": f"Image of {product.name}",
                "product": product,
                "form": form,
                "address": address_of(product.image),
                "state": image_state(product),
                "refusal": _refusal(product),
            },
        )

    def _done(self, request: HttpRequest, product: Product, form: ImageForm) -> bool:
        page: Any = self
        try:
            if "remove" in request.POST:
                remove_image(product=product)
                said = "The image was removed."
            elif form.is_valid():
                set_image(product=product, content=form.cleaned_data["image"].read())
                said = "The image was replaced."
            else:
                return False
        except (ImageRefused, PosDecides) as error:
            messages.error(request, str(error))
            return False
        page.log_change(request, product, said)
        messages.success(request, f"{said} Guests see it so from now on.")
        return True


def image_state(product: Product) -> str:
    """Where the product's image comes from, and what is the matter with the one at the POS."""
    if product.image_by_staff:
        said = "Put here by hand." if product.image else "Removed by hand."
    elif product.image:
        said = "From the POS."
    else:
        said = "None."
    fetch = ImageFetch.objects.filter(product=product).first()
    if fetch is None or not fetch.error:
        return said
    again = "It is not tried again until the POS names another one."
    if fetch.next_attempt_at:
        again = f"It is tried again on {fetch.next_attempt_at.astimezone(product.venue.zone):%d %B at %H:%M}."
    return f"{said} The POS's image could not be taken over: {fetch.error} {again}"


def _refusal(product: Product) -> str:
    try:
        refuse_if_pos_decides(product=product)
    except PosDecides as error:
        return str(error)
    return ""
