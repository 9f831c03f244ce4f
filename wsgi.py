"""The WSGI application of this process, its ports opened from the environment."""

from __future__ import annotations

import os

import jobs.errors  # noqa: F401  (what the workers wrote into rows is said here)
from app.bootstrap import connect
from app.factory import create_app
from infra import logs
from infra.settings import Settings

settings = Settings.from_env(os.environ)
logs.set_up(settings.log_format)
app = create_app(connect(settings, os.environ))
