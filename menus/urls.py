"""REST routes below /api/v1/."""

from django.urls import URLPattern

app_name = "menus"
urlpatterns: list[URLPattern] = []
