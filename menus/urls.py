"""REST routes below /api/v1/."""

from django.urls import URLPattern, path

from menus.availability_views import AvailabilityView
from menus.views import MenuView

app_name = "menus"
urlpatterns: list[URLPattern] = [
    path("venues/<slug:slug>/menu", MenuView.as_view(), name="menu"),
    path("venues/<slug:slug>/availability", AvailabilityView.as_view(), name="availability"),
]
