"""REST routes below /api/v1/."""

from django.urls import URLPattern, path

from menus.snoozes.views import OneSnoozeView, SnoozesView
from menus.storefront.availability_views import AvailabilityView
from menus.storefront.views import MenuView

app_name = "menus"
urlpatterns: list[URLPattern] = [
    path("venues/<slug:slug>/menu", MenuView.as_view(), name="menu"),
    path("venues/<slug:slug>/availability", AvailabilityView.as_view(), name="availability"),
    path("venues/<slug:slug>/snoozes", SnoozesView.as_view(), name="snoozes"),
    path("venues/<slug:slug>/snoozes/<uuid:snooze_id>", OneSnoozeView.as_view(), name="snooze"),
]
