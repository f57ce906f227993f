from django.apps import AppConfig
from django.core.checks import Tags, register

from .system_checks import codes_are_sent


class ResidentsConfig(AppConfig):
    name = "residents"
    verbose_name = "居民"

    def ready(self) -> None:
        register(codes_are_sent, Tags.security, deploy=True)
