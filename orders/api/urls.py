"""REST routes of orders below /api/v1/."""

from django.urls import URLPattern, path

from orders.api.table_orders import OneTableOrderView, TableOrdersView
from orders.api.views import BasketView, OneOrderView, OrderPaymentView, OrdersView
from tables.guest.converters import TOKEN

app_name = "orders"
urlpatterns: list[URLPattern] = [
    path("venues/<slug:slug>/basket", BasketView.as_view(), name="basket"),
    path("venues/<slug:slug>/orders", OrdersView.as_view(), name="orders"),
    path("venues/<slug:slug>/orders/<str:order_id>", OneOrderView.as_view(), name="order"),
    path(f"tables/{TOKEN}/orders", TableOrdersView.as_view(), name="table_orders"),
    path(f"tables/{TOKEN}/orders/<str:order_id>", OneTableOrderView.as_view(), name="table_order"),
    path("venues/<slug:slug>/orders/<str:order_id>/payment", OrderPaymentView.as_view(), name="payment"),
]
