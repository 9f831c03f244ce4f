"""A worker that knows the handlers of the tests: `python -m tests.jobs.worker_main PACE`."""

from __future__ import annotations

import json
import logging
import os
import sys

from jobs import worker
from jobs.types import Pace
from tests.jobs.handlers import HANDLERS
from tests.jobs.world import open_ports

if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO)
    worker.main(open_ports(os.environ), HANDLERS, Pace(**json.loads(sys.argv[1])))
