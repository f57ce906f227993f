"""Whether this process lives, and whether it can serve: for load balancers and for the set-up."""

from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from config.celery import app

BROKER_SECONDS = 2


@never_cache
@require_safe
def healthz(request: HttpRequest) -> JsonResponse:
    """Alive: touches nothing, so that a database that is down does not get the process killed."""
    return JsonResponse({"status": "ok"})


@never_cache
@require_safe
def readyz(request: HttpRequest) -> JsonResponse:
    """Ready: every check answers; 503 and the names of those that do not."""
    checks = {"database": _database(), "migrations": _migrations(), "broker": _broker()}
    ready = all(checks.values())
    states = {name: "ok" if passed else "failed" for name, passed in checks.items()}
    return JsonResponse({"status": "ok" if ready else "failed", **states}, status=200 if ready else 503)


def _database() -> bool:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError:
        return False
    return True


def _migrations() -> bool:
    """Whether all migrations of this code have been applied."""
    try:
        executor = MigrationExecutor(connection)
    except DatabaseError:
        return False
    return not executor.migration_plan(executor.loader.graph.leaf_nodes())


def _broker() -> bool:
    """Whether workers can be told of work. Tried once: nobody waits here for one that says nothing."""
    with app.connection_for_write() as broker:
        if broker.transport.driver_type == "redis":
            limits = {"socket_connect_timeout": BROKER_SECONDS, "socket_timeout": BROKER_SECONDS}
            broker.transport_options = {**broker.transport_options, **limits}
        try:
            opened = broker.transport.establish_connection()
            broker.transport.create_channel(opened).queue_declare(queue=app.conf.task_default_queue)
        except (*broker.connection_errors, *broker.channel_errors, OSError):
            return False
    return True
