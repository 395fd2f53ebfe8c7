"""The pages of guests below /t/."""

from django.urls import URLPattern, path

from tables.guest.pages import BillPage
from tables.guest.receipts import ReceiptPage

app_name = "guest"
urlpatterns: list[URLPattern] = [
    path("<table_token:token>/", BillPage.as_view(), name="bill"),
    path("<table_token:token>/payments/<uuid:payment_id>/", ReceiptPage.as_view(), name="receipt"),
]
