"""Where the POS sends its notifications."""

from django.urls import path

from integrations.webhooks import views

app_name = "webhooks"
urlpatterns = [
    path("lightspeed/<uuid:public_id>/", views.lightspeed, name="lightspeed"),
]
