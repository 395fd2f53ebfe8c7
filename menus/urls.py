"""REST routes below /api/v1/."""

from django.urls import URLPattern, path

from menus.views import MenuView

app_name = "menus"
urlpatterns: list[URLPattern] = [path("venues/<slug:slug>/menu", MenuView.as_view(), name="menu")]
