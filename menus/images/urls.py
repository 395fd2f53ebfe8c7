"""The addresses of product images, below /media/ as `settings.MEDIA_URL` says."""

from django.urls import URLPattern, path

from menus.images.views import image

app_name = "media"
urlpatterns: list[URLPattern] = [path("<path:name>", image, name="image")]
