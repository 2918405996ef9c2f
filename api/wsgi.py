"""What gunicorn loads in each worker, after the fork."""

import gc
import os

from api.app import create_app
from api.dashboard.app import beside, create_dashboard
from domain.measures.syntax import grammar
from service.bootstrap import build
from service.settings import Settings

# The first formula would otherwise wait for the parser's tables.
grammar()
services = build(Settings.from_env(os.environ))
services.usage.start()
services.access_trail.start()
app = beside(create_app(services), create_dashboard(services))
# What was loaded up to here stays; to look at it again after every 700 new objects is waste.
gc.freeze()
gc.set_threshold(10_000)
