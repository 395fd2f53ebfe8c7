"""REST routes below /api/v1/."""

from django.urls import URLPattern, path

from orders.views import OneOrderView, OrderPaymentView, OrdersView

app_name = "orders"
urlpatterns: list[URLPattern] = [
    path("venues/<slug:slug>/orders", OrdersView.as_view(), name="orders"),
    path("venues/<slug:slug>/orders/<str:order_id>", OneOrderView.as_view(), name="order"),
    path("venues/<slug:slug>/orders/<str:order_id>/payment", OrderPaymentView.as_view(), name="payment"),
]
