"""The product's own relay or worker with a short breath: `python -m tests.faults.program relay|worker PACE`."""

from __future__ import annotations

import json
import logging
import os
import sys

from app.bootstrap import connect
from infra.settings import Settings
from jobs import relay, worker
from jobs.registry import HANDLERS
from jobs.types import Pace

if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO)
    ports = connect(Settings.from_env(os.environ), os.environ)
    pace = Pace(**json.loads(sys.argv[2]))
    if sys.argv[1] == "relay":
        relay.main(ports, pace)
    else:
        worker.main(ports, HANDLERS, pace)
