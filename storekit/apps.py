"""App configuration: system checks, what follows every migrate, and the back office's admin site."""

from django.apps import AppConfig, apps
from django.contrib.admin import apps as admin_apps
from django.core.checks import register
from django.db.models.signals import post_migrate

from storekit.checks import mail_is_sent, payments_are_real, registered_names_resolve, requests_are_collected
from storekit.db.cache_table import create_cache_table
from storekit.queue.schedules import write_schedules


class StorekitConfig(AppConfig):
    name = "storekit"
    verbose_name = "Set-up"

    def ready(self) -> None:
        register(mail_is_sent)
        register(registered_names_resolve)
        register(requests_are_collected, deploy=True)
        register(payments_are_real, deploy=True)
        post_migrate.connect(create_cache_table, sender=self)
        post_migrate.connect(write_schedules, sender=apps.get_app_config("django_q"))


class BackOfficeAdminConfig(admin_apps.AdminConfig):
    default = False
    default_site = "storekit.admin_base.site.BackOffice"
