"""The admin page for a product's image: shows it and any problem, and uploads or removes it."""

from typing import Any

from django import forms
from django.contrib import messages
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from unfold.decorators import action

from menus.images.editing import ImageFromPos, check_image_editable, remove_image, set_image
from menus.images.files import MAX_BYTES, ImageRefused, public_image_url
from menus.models import ImageFetch, Product


class ImageForm(forms.Form):
    """An image to upload."""

    image = forms.FileField(
        label="New image",
        help_text="JPEG, PNG, WebP or GIF, up to 10 MB. Large images are scaled down to 1200 pixels on the "
        "longer side.",
        widget=forms.FileInput(attrs={"accept": "image/jpeg,image/png,image/webp,image/gif"}),
    )

    def clean_image(self) -> UploadedFile:
        file: UploadedFile = self.cleaned_data["image"]
        if file.size is None or file.size > MAX_BYTES:
            raise forms.ValidationError(f"The image is larger than {MAX_BYTES // 2**20} MB.")
        return file


class ProductImagePages:
    """Mixed into the product's admin page. Only managers see the button and can change images."""

    actions_detail: tuple[str, ...] = ("change_image",)

    def has_change_image_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return bool(self.manages_row(request, obj))  # type: ignore[attr-defined]

    @action(description="Image", url_path="image", permissions=["change_image"], icon="image")
    def change_image(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Show the page; posting uploads an image or removes the current one."""
        page: Any = self
        product: Product = get_object_or_404(page.get_queryset(request), pk=object_id)
        form = ImageForm(request.POST or None, request.FILES or None)
        if request.method == "POST" and self._save(request, product, form):
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
                "address": public_image_url(product.image),
                "state": image_state(product),
                "refusal": _why_locked(product),
            },
        )

    def _save(self, request: HttpRequest, product: Product, form: ImageForm) -> bool:
        page: Any = self
        try:
            if "remove" in request.POST:
                remove_image(product=product)
                message = "Image removed."
            elif form.is_valid():
                set_image(product=product, content=form.cleaned_data["image"].read())
                message = "Image uploaded."
            else:
                return False
        except (ImageRefused, ImageFromPos) as error:
            messages.error(request, str(error))
            return False
        page.log_change(request, product, message)
        messages.success(request, f"{message} Guests see the change now.")
        return True


def image_state(product: Product) -> str:
    """Describe where the product's image comes from, and any problem with the POS's image, for staff."""
    if product.image_by_staff:
        state = "Uploaded by staff." if product.image else "Removed by staff."
    elif product.image:
        state = "From the POS."
    else:
        state = "No image."
    fetch = ImageFetch.objects.filter(product=product).first()
    if fetch is None or not fetch.error:
        return state
    retry = "To try again, change the image in the POS."
    if fetch.next_attempt_at:
        retry = f"Next attempt: {fetch.next_attempt_at.astimezone(product.venue.zone):%d %B at %H:%M}."
    return f"{state} The POS's image could not be loaded: {fetch.error} {retry}"


def _why_locked(product: Product) -> str:
    try:
        check_image_editable(product=product)
    except ImageFromPos as error:
        return str(error)
    return ""
