"""The queue: RQ over Redis, carrying nothing but which job of which firm is to be tried.

Invariant: a message is JSON and is read as three plain values; nothing found in Redis is ever unpickled, imported or
called. Everything here may be lost at any moment: Postgres knows what has to be sent again.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from uuid import UUID

from redis import Redis
from rq import Queue
from rq.job import Job
from rq.serializers import JSONSerializer

QUEUE = "zhangfang"
NUDGES = "zhangfang:nudge"
ENTRY = "jobs.runner.run_job"  # a label for whoever looks into the queue; the worker does not import it
_TIMEOUT = 3 * 60 * 60  # seconds; above every deadline, which the runner itself keeps
_TTL = 24 * 60 * 60  # seconds after which Redis may drop a message that nobody took
_NUDGES_KEPT = 1000


class Unreadable(ValueError):
    """A queued message that is not ours: pickled, malformed or under a wrong id."""


@dataclass(frozen=True, slots=True)
class Message:
    """Try the n-th attempt of a firm's job."""

    tenant_id: UUID
    job_id: UUID
    attempt: int

    @property
    def id(self) -> str:
        """The message's id in RQ."""
        return f"{self.job_id}-{self.attempt}"


def connect(redis: Redis) -> Queue:
    """The one queue of the workers."""
    return Queue(QUEUE, connection=redis, serializer=JSONSerializer, default_timeout=_TIMEOUT)


def push(queue: Queue, messages: Iterable[Message]) -> None:
    """Append messages; one that already waits may come twice, which its claim makes harmless."""
    queue.enqueue_many(
        Queue.prepare_data(
            ENTRY,
            kwargs={"tenant_id": str(one.tenant_id), "job_id": str(one.job_id), "attempt": one.attempt},
            job_id=one.id,
            description=one.id,
            timeout=_TIMEOUT,
            ttl=_TTL,
            result_ttl=0,
            failure_ttl=60,
        )
        for one in messages
    )


def waiting(queue: Queue) -> frozenset[str]:
    """The ids of the messages no worker has taken yet; what RQ notes about taken ones is dropped, nobody reads it."""
    queue.connection.delete(queue.intermediate_queue_key)
    return frozenset(queue.get_job_ids())


def read(job: Job) -> Message:
    """The message of an RQ job; raises `Unreadable`."""
    try:
        kwargs = job.kwargs
        message = Message(UUID(kwargs["tenant_id"]), UUID(kwargs["job_id"]), int(kwargs["attempt"]))
    except Exception as error:  # the bytes are whatever somebody put into Redis
        raise Unreadable(job.id) from error
    if message.id != job.id:
        raise Unreadable(job.id)
    return message


def forget(queue: Queue, message_id: str) -> None:
    """Drop a message that a worker has taken: from here on its job row says what becomes of it."""
    with queue.connection.pipeline(transaction=False) as pipeline:
        pipeline.lrem(queue.intermediate_queue_key, 0, message_id)
        pipeline.delete(Job.key_for(message_id))
        pipeline.execute()


def nudge(redis: Redis, tenant_ids: Sequence[UUID]) -> None:
    """Tell the relay, after the commit, that these firms have new work; raises `redis.RedisError` when it is away."""
    with redis.pipeline(transaction=False) as pipeline:
        pipeline.lpush(NUDGES, *(str(one) for one in tenant_ids))
        pipeline.ltrim(NUDGES, 0, _NUDGES_KEPT - 1)
        pipeline.execute()


def nudged(redis: Redis, seconds: float) -> frozenset[UUID]:
    """Wait up to `seconds` for nudges and take all there are."""
    first = redis.brpop([NUDGES], timeout=max(seconds, 0.01))
    if first is None:
        return frozenset()
    more = redis.rpop(NUDGES, _NUDGES_KEPT) or []
    return frozenset(one for one in map(_uuid, [first[1], *more]) if one is not None)


def _uuid(word: bytes) -> UUID | None:
    try:
        return UUID(word.decode())
    except ValueError:
        return None
