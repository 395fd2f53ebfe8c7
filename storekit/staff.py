"""Permissions: which venues a user may see, and which of them the user manages."""

from typing import TypeGuard, TypeVar

from django.contrib.auth.models import AnonymousUser
from django.db.models import Model, QuerySet

from storekit.models import Membership, User, Venue

AnyModel = TypeVar("AnyModel", bound=Model)
AnyUser = User | AnonymousUser


def is_superuser(user: AnyUser) -> bool:
    """Return whether the user is an active superuser, who sees the whole installation."""
    return _is_active(user) and user.is_superuser


def _is_active(user: AnyUser) -> TypeGuard[User]:
    return isinstance(user, User) and user.is_active


def venues_of(user: AnyUser) -> QuerySet[Venue]:
    """Return the venues that the user works at; all venues for a superuser."""
    if not _is_active(user):
        return Venue.objects.none()
    return Venue.objects.all() if user.is_superuser else Venue.objects.filter(memberships__user=user)


def managed_venues_of(user: AnyUser) -> QuerySet[Venue]:
    """Return the venues whose settings the user may change; all venues for a superuser."""
    if not _is_active(user):
        return Venue.objects.none()
    if user.is_superuser:
        return Venue.objects.all()
    return Venue.objects.filter(memberships__user=user, memberships__role=Membership.Role.MANAGER)


def works_somewhere(user: AnyUser) -> bool:
    """Return whether the user may enter the back office at all."""
    return is_superuser(user) or (_is_active(user) and bool(user.roles))


def works_at(user: AnyUser, venue: Venue) -> bool:
    """Return whether the user may see the venue."""
    return is_superuser(user) or (_is_active(user) and venue.pk in user.roles)


def manages(user: AnyUser, venue: Venue) -> bool:
    """Return whether the user may connect the venue's POS and change its settings."""
    return is_superuser(user) or (_is_active(user) and user.roles.get(venue.pk) == Membership.Role.MANAGER)


def manages_somewhere(user: AnyUser) -> bool:
    """Return whether the user manages at least one venue."""
    return is_superuser(user) or (_is_active(user) and Membership.Role.MANAGER in user.roles.values())


def within_venues(queryset: QuerySet[AnyModel], *, user: AnyUser, path: str) -> QuerySet[AnyModel]:
    """Filter rows by venue, found by the look-up `path` (such as `connection__venue`), to those the user may see."""
    if is_superuser(user):
        return queryset
    return queryset.filter(**{f"{path}__in": venues_of(user)})
