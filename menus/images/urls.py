"""URLs of product images, below `settings.MEDIA_URL`."""

from django.urls import URLPattern, path

from menus.images.views import image

app_name = "media"
urlpatterns: list[URLPattern] = [path("<path:name>", image, name="image")]
