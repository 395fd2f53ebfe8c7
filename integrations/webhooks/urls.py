"""The addresses a POS sends its notifications to."""

from django.urls import path

from integrations.webhooks import views

app_name = "webhooks"
urlpatterns = [
    path("lightspeed/<uuid:public_id>/", views.lightspeed, name="lightspeed"),
]
