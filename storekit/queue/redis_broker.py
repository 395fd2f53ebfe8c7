"""The task queue in Redis: django-q2's, over connections with retries and time-outs."""

from django.conf import settings
from django_q.brokers.redis_broker import Redis as RedisBroker
from redis import Redis

from storekit.redis_client.options import connection_options


class PatientRedisBroker(RedisBroker):
    """django-q2's broker, whose own connection never retries and waits for ever for a server that does not answer."""

    @staticmethod
    def get_connection(list_key: str | None = None) -> Redis:
        """Return a client for the server in `REDIS_URL`."""
        return Redis.from_url(settings.REDIS_URL, **connection_options())
