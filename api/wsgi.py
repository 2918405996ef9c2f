"""What gunicorn loads in each worker, after the fork."""

import os

from api.app import create_app
from domain.measures.syntax import grammar
from service.bootstrap import build
from service.settings import Settings

# The first formula would otherwise wait for the parser's tables.
grammar()
services = build(Settings.from_env(os.environ))
services.usage.start()
app = create_app(services)
