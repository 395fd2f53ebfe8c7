"""Log-in of staff, on django-allauth."""
