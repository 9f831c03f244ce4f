"""The worker process: RQ's loop over one queue, and our own run of what it brings.

Invariant: a message is forgotten before its job is claimed, so Redis holds no opinion about a job that runs; RQ's
registries, retries, callbacks and results are not used (docs/adr/0004-jobs.md). The process does not fork.
"""

from __future__ import annotations

import logging
import os
import socket
from collections.abc import Mapping
from threading import Event
from types import FrameType

from redis import RedisError
from rq.exceptions import StopRequested
from rq.job import Job
from rq.queue import Queue
from rq.worker import SimpleWorker
from rq.worker.base import WorkerStatus
from sqlalchemy.exc import SQLAlchemyError

from app.bootstrap import connect
from infra import logs, queue
from infra.errors import Refusal
from infra.ports import Ports
from infra.settings import Settings
from jobs.registry import HANDLERS
from jobs.runner import Handler, run_job
from jobs.types import PACE, Pace

log = logging.getLogger(__name__)

_TTL = 30  # seconds; RQ looks up from its blocking pop every `_TTL` - 15


class JobWorker(SimpleWorker):
    """RQ's loop, signals and heartbeats around `run_job`."""

    max_connection_wait_time = 5.0

    def __init__(self, ports: Ports, handlers: Mapping[str, Handler], pace: Pace, stopping: Event) -> None:
        work = queue.connect(ports.redis)
        super().__init__([work], connection=ports.redis, serializer=work.serializer, worker_ttl=_TTL)
        self.log_job_description = False  # it would be read before it is known to be ours
        self.ports = ports
        self.handlers = handlers
        self.pace = pace
        self.stopping = stopping
        self.owner = f"{socket.gethostname()}:{os.getpid()}"

    def request_stop(self, signum: int, frame: FrameType | None) -> None:
        """The first SIGTERM or SIGINT: the running job ends at its next checkpoint and goes on elsewhere."""
        self.stopping.set()
        super().request_stop(signum, frame)  # type: ignore[no-untyped-call]

    def run_maintenance_tasks(self) -> None:
        """Nothing: RQ would clean its registries, which stay empty here."""

    def execute_job(self, job: Job, queue: Queue) -> None:
        """Run the attempt a message names; whatever goes wrong is settled by the job row, never by RQ."""
        self.set_state(WorkerStatus.BUSY)
        self._run(job, queue)
        self.set_state(WorkerStatus.IDLE)

    def _run(self, job: Job, work: Queue) -> None:
        try:
            queue.forget(work, job.id)
            message = queue.read(job)
            run_job(self.ports, self.handlers, message, self.owner, self.pace, self.stopping.is_set)
            queue.nudge(self.ports.redis, [message.tenant_id])  # the firm has room for its next job
        except queue.Unreadable as refused:
            log.error("refused a message that is not ours: %s", refused)
        except Refusal as refused:
            log.warning("message %s was not taken: %s", job.id, refused.code)
        except (SQLAlchemyError, RedisError):
            log.exception("message %s was not taken", job.id)


def main(ports: Ports, handlers: Mapping[str, Handler], pace: Pace = PACE) -> None:
    """Work until SIGTERM or SIGINT; RQ's loop ends when Redis goes away, and starts again here."""
    stopping = Event()
    try:
        while not stopping.is_set():
            try:
                JobWorker(ports, handlers, pace, stopping).work(logging_level="WARNING")
            except RedisError as error:
                log.warning("the queue is away: %s", type(error).__name__)
            stopping.wait(1.0)
    except StopRequested:  # the signal came between two loops
        return


if __name__ == "__main__":
    settings = Settings.from_env(os.environ)
    logs.set_up(settings.log_format)
    main(connect(settings, os.environ), HANDLERS)
