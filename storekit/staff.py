"""Which venues a person may see, and at which of them they may change things."""

from typing import TypeVar

from django.contrib.auth.models import AnonymousUser
from django.db.models import Model, QuerySet

from storekit.models import Membership, User, Venue

AnyModel = TypeVar("AnyModel", bound=Model)
AnyUser = User | AnonymousUser


def is_superuser(user: AnyUser) -> bool:
    """Whether the person runs the installation and sees all of it."""
    return isinstance(user, User) and user.is_active and user.is_superuser


def venues_of(user: AnyUser) -> QuerySet[Venue]:
    """The venues that the person works at; all of them for a superuser."""
    if not user.is_active or not isinstance(user, User):
        return Venue.objects.none()
    return Venue.objects.all() if user.is_superuser else Venue.objects.filter(memberships__user=user)


def managed_venues_of(user: AnyUser) -> QuerySet[Venue]:
    """The venues at which the person may change settings; all of them for a superuser."""
    if not user.is_active or not isinstance(user, User):
        return Venue.objects.none()
    if user.is_superuser:
        return Venue.objects.all()
    return Venue.objects.filter(memberships__user=user, memberships__role=Membership.Role.MANAGER)


def works_somewhere(user: AnyUser) -> bool:
    """Whether the person may enter the back office at all."""
    return isinstance(user, User) and user.is_active and (user.is_superuser or user.memberships.exists())


def works_at(user: AnyUser, venue: Venue) -> bool:
    """Whether the person may see the venue."""
    return venues_of(user).filter(pk=venue.pk).exists()


def manages(user: AnyUser, venue: Venue) -> bool:
    """Whether the person may connect the venue's POS and change its settings."""
    return managed_venues_of(user).filter(pk=venue.pk).exists()


def manages_somewhere(user: AnyUser) -> bool:
    """Whether the person manages at least one venue."""
    return is_superuser(user) or managed_venues_of(user).exists()


def within_venues(queryset: QuerySet[AnyModel], *, user: AnyUser, path: str) -> QuerySet[AnyModel]:
    """Keeps the rows whose venue, found by the look-up `path` (for instance `connection__venue`), the person sees."""
    if is_superuser(user):
        return queryset
    return queryset.filter(**{f"{path}__in": venues_of(user)})
