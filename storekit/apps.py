"""App configuration: the back office's admin site, and the periodic tasks kept as the settings list them."""

from django.apps import AppConfig, apps
from django.contrib.admin import apps as admin_apps
from django.core.checks import register
from django.db.models.signals import post_migrate

from storekit.checks import mail_is_sent, registered_names_resolve
from storekit.queue.schedules import keep_schedules


class StorekitConfig(AppConfig):
    name = "storekit"
    verbose_name = "Set-up"

    def ready(self) -> None:
        register(mail_is_sent)
        register(registered_names_resolve)
        post_migrate.connect(keep_schedules, sender=apps.get_app_config("django_q"))


class BackOfficeAdminConfig(admin_apps.AdminConfig):
    default = False
    default_site = "storekit.admin_base.site.BackOffice"
