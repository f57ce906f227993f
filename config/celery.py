"""The workers: `celery -A config worker`, and `celery -A config beat` for what is due by the clock.

Messages are doorbells (sync/tasks.py); the rows of the runs are the queue. One that dies with its worker
is delivered again, or rung again by the sweep.
"""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

MINUTE, HOUR = 60.0, 3600.0

app = Celery("register")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.conf.update(
    broker_connection_retry_on_startup=True,
    task_acks_late=True,
    task_reject_on_worker_lost=True,
    task_ignore_result=True,
    worker_prefetch_multiplier=1,
    # One process, one task at a time: the threads of a run are what goes wide, and a signal is heard at once.
    worker_pool="solo",
    worker_hijack_root_logger=False,
    worker_enable_remote_control=False,
    timezone="Asia/Shanghai",
    # Each of these asks the database whether it is due: two schedulers, or one that slept, do no harm.
    beat_scheduler="celery.beat:Scheduler",
    beat_schedule={
        "sweep": {"task": "sync.sweep", "schedule": MINUTE / 2, "options": {"expires": MINUTE / 2}},
        "nightly": {"task": "sync.nightly", "schedule": 5 * MINUTE, "options": {"expires": 5 * MINUTE}},
        "birthdays": {"task": "sync.birthdays", "schedule": 6 * HOUR, "options": {"expires": HOUR}},
        "forget old": {"task": "sync.forget_old", "schedule": 6 * HOUR, "options": {"expires": HOUR}},
    },
)
if app.conf.broker_url.startswith("redis"):
    # Longer than a shift: what is being worked on is not delivered a second time.
    app.conf.broker_transport_options = {"visibility_timeout": 10 * MINUTE}
app.autodiscover_tasks()
