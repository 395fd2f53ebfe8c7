"""Venues, the people who work there, and the API keys that storefronts use."""

import uuid
import zoneinfo
from typing import Any, ClassVar

import phonenumbers
from django.contrib.auth.base_user import BaseUserManager
from django.contrib.auth.models import AbstractUser
from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.db import models
from django.utils import timezone
from django.utils.functional import cached_property

from storekit.local_time.zones import venue_timezones
from storekit.money import is_currency


def validate_timezone(name: str) -> None:
    """Raise `ValidationError` unless `name` is an IANA time zone such as Europe/London."""
    if name not in venue_timezones():
        raise ValidationError(f"{name!r} is not an IANA time zone. Use a name such as Europe/London.")


validate_country = RegexValidator(r"\A[A-Z]{2}\Z", "Use the ISO 3166 code in two capital letters, such as GB.")


def validate_currency(code: str) -> None:
    """Raise `ValidationError` unless `code` is a currency's: amounts could not be rounded or written in it."""
    if not is_currency(code):
        raise ValidationError(f"{code!r} is not a currency. Use the three capital letters of ISO 4217, such as GBP.")


class StaffManager(BaseUserManager["User"]):
    """Creates and finds people by their e-mail address."""

    def create_user(self, email: str, password: str | None = None, **fields: Any) -> "User":
        user = self.model(email=self.normalize_email(email).lower(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> "User":
        return self.create_user(email, password, is_staff=True, is_superuser=True, **fields)

    def get_by_natural_key(self, email: str | None) -> "User":
        return self.get(email__iexact=email)


class User(AbstractUser):
    """A person who uses the back office, identified by e-mail address."""

    username = None  # type: ignore[assignment]  # Django's own way to drop the column
    email = models.EmailField("e-mail address", unique=True)

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []
    objects = StaffManager()  # type: ignore[assignment,misc]  # AbstractUser declares the manager for user names

    def __str__(self) -> str:
        return self.get_full_name() or self.email

    @cached_property
    def roles(self) -> dict[int, str]:
        """The person's role by venue id.

        Read once for each object, as a page asks dozens of times. Each request has an object of its own, and so sees
        every change made before it.
        """
        return dict(self.memberships.values_list("venue_id", "role"))


class Venue(models.Model):
    """A restaurant: one till, one menu, one currency, one time zone."""

    slug = models.SlugField(unique=True, help_text="Part of every URL of the venue. Do not change it once in use.")
    name = models.CharField(max_length=120)
    timezone = models.CharField(max_length=64, default="Europe/London", validators=[validate_timezone])
    country = models.CharField(max_length=2, default="GB", validators=[validate_country])
    currency = models.CharField(max_length=3, default="GBP", validators=[validate_currency])
    email = models.EmailField(help_text="Where storekit sends alerts.")
    created_at = models.DateTimeField(auto_now_add=True)

    members: "models.ManyToManyField[User, Membership]" = models.ManyToManyField(
        User, through="Membership", related_name="venues"
    )

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        """Raise `ValidationError` for a country that does not exist: its phone numbers could not be parsed."""
        if len(self.country) == 2 and self.country.isupper() and self.country not in phonenumbers.SUPPORTED_REGIONS:
            hint = "The United Kingdom's is GB." if self.country == "UK" else "Use its ISO 3166 code, such as GB."
            raise ValidationError({"country": f"{self.country} is not a country code. {hint}"})

    @property
    def zone(self) -> zoneinfo.ZoneInfo:
        """The venue's time zone, in which its opening hours and deadlines are decided."""
        return zoneinfo.ZoneInfo(self.timezone)


class Membership(models.Model):
    """A person's role at a venue."""

    class Role(models.TextChoices):
        MANAGER = "manager", "Manager: connects the POS and changes settings"
        STAFF = "staff", "Staff: watches service and fixes orders"

    venue = models.ForeignKey(Venue, models.CASCADE, related_name="memberships")
    user = models.ForeignKey(User, models.CASCADE, related_name="memberships")
    role = models.CharField(max_length=10, choices=Role, default=Role.STAFF)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["venue", "user"], name="one_membership_per_venue_and_user")]

    def __str__(self) -> str:
        return f"{self.user} at {self.venue} ({self.role})"


class Invitation(models.Model):
    """An invitation to work at a venue, until it is accepted or withdrawn. The e-mail's link is signed, not kept."""

    venue = models.ForeignKey(Venue, models.CASCADE, related_name="invitations")
    email = models.EmailField("e-mail address")
    role = models.CharField(max_length=10, choices=Membership.Role, default=Membership.Role.STAFF)
    invited_by = models.ForeignKey(User, models.SET_NULL, null=True, blank=True, related_name="+")
    created_at = models.DateTimeField("sent", default=timezone.now)

    class Meta:
        ordering = ["-created_at"]
        constraints = [models.UniqueConstraint(fields=["venue", "email"], name="one_invitation_per_venue_and_address")]

    def __str__(self) -> str:
        return f"{self.email} to {self.venue}"


class AccountMail(models.Model):
    """An e-mail to a person about their account, until it is sent. Whether there is an account is looked up then."""

    class Kind(models.TextChoices):
        PASSWORD_RESET = "password_reset", "Password reset"
        INVITATION = "invitation", "Invitation"

    kind = models.CharField(max_length=20, choices=Kind)
    email = models.EmailField()
    invitation = models.ForeignKey(Invitation, models.CASCADE, null=True, blank=True, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    # While it is being sent: when the lease runs out.
    next_attempt_at = models.DateTimeField(db_index=True)
    attempts = models.PositiveSmallIntegerField(default=0)

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.pk}"


class ApiKey(models.Model):
    """A storefront's API key for one venue. Only its hash is stored: the key is shown once, when it is created."""

    venue = models.ForeignKey(Venue, models.CASCADE, related_name="api_keys")
    name = models.CharField(max_length=80, help_text="What will use it, for example: web shop.")
    prefix = models.CharField(max_length=12, unique=True, editable=False)
    digest = models.CharField(max_length=64, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)
    last_used_at = models.DateTimeField(null=True, blank=True, editable=False)
    revoked_at = models.DateTimeField(null=True, blank=True, editable=False)

    class Meta:
        verbose_name = "API key"
        ordering = ["-created_at"]

    def __str__(self) -> str:
        return f"{self.name} ({self.prefix}…)"


class IdempotentAnswer(models.Model):
    """The answer to a request with an `Idempotency-Key`, so that a repeat gets the same answer.

    `scope` says whom the key belongs to, such as `orders:<venue id>`: the same key in two scopes is two keys.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    scope = models.CharField(max_length=80)
    key = models.CharField(max_length=255)
    request_digest = models.CharField(max_length=64)
    status = models.PositiveSmallIntegerField()
    answer = models.JSONField()
    created_at = models.DateTimeField(auto_now_add=True, db_index=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["scope", "key"], name="one_answer_per_idempotency_key")]

    def __str__(self) -> str:
        return f"{self.scope} {self.key}"


class WorkerBeat(models.Model):
    """The last sign of life of the task workers on one host.

    All moments are by the database's clock, the only one that all hosts share.
    """

    host = models.CharField(max_length=255, unique=True)
    beat_at = models.DateTimeField(help_text="When a worker last did a task.")
    swept_at = models.DateTimeField(null=True, blank=True, help_text="When a worker last looked for due orders.")
    clock_ahead = models.FloatField(default=0, help_text="By how many seconds the host's clock is ahead.")

    def __str__(self) -> str:
        return f"Workers on {self.host}"


class WorkerOutage(models.Model):
    """What a venue was told of an outage in which no worker ran; its row ends once it was told that it is over."""

    venue = models.OneToOneField(Venue, models.CASCADE, related_name="worker_outage", primary_key=True)
    since = models.DateTimeField(null=True, blank=True, help_text="When a worker last ran; empty if none ever did.")
    mails = models.PositiveIntegerField(default=0, help_text="How many e-mails about it went out.")
    next_attempt_at = models.DateTimeField()
    over = models.BooleanField(default=False)
    ended_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"No worker for {self.venue}"
