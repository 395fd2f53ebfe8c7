"""The pages of guests below /t/."""

from django.urls import URLPattern, path

from tables.guest.pages import BillPage

app_name = "guest"
urlpatterns: list[URLPattern] = [path("<table_token:token>/", BillPage.as_view(), name="bill")]
