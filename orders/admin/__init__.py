"""The back office of orders. Django imports this package, so it imports the module that registers the pages."""

from orders.admin import orders as orders
