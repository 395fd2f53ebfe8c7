"""REST routes of orders below /api/v1/."""

from django.urls import URLPattern, path

from orders.api.views import BasketView, OneOrderView, OrderPaymentView, OrdersView

app_name = "orders"
urlpatterns: list[URLPattern] = [
    path("venues/<slug:slug>/basket", BasketView.as_view(), name="basket"),
    path("venues/<slug:slug>/orders", OrdersView.as_view(), name="orders"),
    path("venues/<slug:slug>/orders/<str:order_id>", OneOrderView.as_view(), name="order"),
    path("venues/<slug:slug>/orders/<str:order_id>/payment", OrderPaymentView.as_view(), name="payment"),
]
