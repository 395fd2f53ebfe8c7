"""The back office of orders. Django imports this package, so it imports every module that registers a page."""

from orders.admin import orders as orders
