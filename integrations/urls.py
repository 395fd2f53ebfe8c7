"""The browser flow that connects a venue's POS."""

from django.urls import URLPattern

app_name = "integrations"
urlpatterns: list[URLPattern] = []
