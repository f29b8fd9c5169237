"""Work that is done later, by somebody else."""

from studyruntime.tasks.application import build_celery
from studyruntime.tasks.catalogue import TaskCatalogue, TaskDefinition, task
from studyruntime.tasks.protocol import TaskQueue
from studyruntime.tasks.queue import CeleryTaskQueue
from studyruntime.tasks.task import RuntimeTask
from studyruntime.tasks.worker import run_worker

__all__ = [
    "CeleryTaskQueue",
    "RuntimeTask",
    "TaskCatalogue",
    "TaskDefinition",
    "TaskQueue",
    "build_celery",
    "run_worker",
    "task",
]
