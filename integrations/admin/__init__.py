"""Back-office pages of connections, notifications, syncs and schedules. Importing `connections` registers them."""

from integrations.admin import connections as connections
