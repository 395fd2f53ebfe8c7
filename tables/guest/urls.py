"""REST routes of guests below /api/v1/."""

from django.urls import URLPattern, path, register_converter
from django.urls.converters import StringConverter

from tables.guest.gift_cards import GiftCardView
from tables.guest.payments import OnePaymentView, PaymentsView
from tables.guest.quotes import QuoteView
from tables.guest.views import TableView


class TokenConverter(StringConverter):
    """A table's token. What cannot be one is no address: nothing is counted or looked up for it."""

    regex = "[0-9A-Z]{1,32}"


register_converter(TokenConverter, "table_token")

app_name = "tables"
urlpatterns: list[URLPattern] = [
    path("tables/<table_token:token>", TableView.as_view(), name="table"),
    path("tables/<table_token:token>/gift-card", GiftCardView.as_view(), name="gift_card"),
    path("tables/<table_token:token>/bills/<str:bill_id>/payments", PaymentsView.as_view(), name="payments"),
    path("tables/<table_token:token>/bills/<str:bill_id>/quote", QuoteView.as_view(), name="quote"),
    path("tables/<table_token:token>/payments/<str:payment_id>", OnePaymentView.as_view(), name="payment"),
]
