"""The addresses that payment providers send their events to."""

from django.urls import path

from tables.payments import stripe_webhook

app_name = "payments"
urlpatterns = [
    path("stripe/", stripe_webhook.stripe, name="stripe_webhook"),
]
