"""Where the POS sends its notifications."""

from django.urls import URLPattern

app_name = "webhooks"
urlpatterns: list[URLPattern] = []
