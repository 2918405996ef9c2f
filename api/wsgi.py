"""What gunicorn loads in each worker, after the fork."""

import os

from api.app import create_app
from service.bootstrap import build
from service.settings import Settings

services = build(Settings.from_env(os.environ))
services.usage.start()
app = create_app(services)
