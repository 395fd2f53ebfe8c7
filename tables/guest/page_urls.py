"""The pages of guests below /t/."""

from django.urls import URLPattern, path

from tables.guest.converters import TOKEN
from tables.guest.pages import BillPage
from tables.guest.receipts import ReceiptPage

app_name = "guest"
urlpatterns: list[URLPattern] = [
    path(f"{TOKEN}/", BillPage.as_view(), name="bill"),
    path(f"{TOKEN}/payments/<uuid:payment_id>/", ReceiptPage.as_view(), name="receipt"),
]
