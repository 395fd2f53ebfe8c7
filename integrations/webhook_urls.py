"""Where the POS sends its notifications."""

from django.urls import path

from integrations import webhook_views

app_name = "webhooks"
urlpatterns = [
    path("lightspeed/<uuid:public_id>/", webhook_views.lightspeed, name="lightspeed"),
]
