"""The back office of connections. Django imports this package, so it imports what registers pages."""

from integrations.admin import connections as connections
