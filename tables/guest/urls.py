"""REST routes of guests below /api/v1/."""

from django.urls import URLPattern, path

from tables.guest.converters import TOKEN
from tables.guest.gift_cards import GiftCardView
from tables.guest.payments import OnePaymentView, PaymentsView
from tables.guest.quotes import QuoteView
from tables.guest.views import TableView

app_name = "tables"
urlpatterns: list[URLPattern] = [
    path(f"tables/{TOKEN}", TableView.as_view(), name="table"),
    path(f"tables/{TOKEN}/gift-card", GiftCardView.as_view(), name="gift_card"),
    path(f"tables/{TOKEN}/bills/<str:bill_id>/payments", PaymentsView.as_view(), name="payments"),
    path(f"tables/{TOKEN}/bills/<str:bill_id>/quote", QuoteView.as_view(), name="quote"),
    path(f"tables/{TOKEN}/payments/<str:payment_id>", OnePaymentView.as_view(), name="payment"),
]
