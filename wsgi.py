"""The WSGI application of this process, its ports opened from the environment."""

from __future__ import annotations

import os

from app.bootstrap import connect
from app.factory import create_app
from infra.settings import Settings

app = create_app(connect(Settings.from_env(os.environ), os.environ))
