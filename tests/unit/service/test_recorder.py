"""The recorder keeps the library's contract, and readers of the log never miss an event."""

import multiprocessing
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from typing import Any
from unittest import TestCase
from uuid import UUID, uuid4

import psycopg
import pytest
from eventsourcing.persistence import IntegrityError, StoredEvent
from eventsourcing.tests.persistence import (
    ApplicationRecorderTestCase,
    NonInterleavingNotificationIDsBaseCase,
)

from projections.database import Database
from projections.queries import load
from service.recorder import Append, Recorder


class _OnNewDatabase(TestCase):
    """The library's cases ask for a recorder on an empty log."""

    new_database: Callable[[], str]

    @pytest.fixture(autouse=True)
    def _given(self, new_database: Callable[[], str]) -> None:
        self.new_database = new_database

    def create_recorder(self) -> Recorder:
        database = Database(self.new_database())
        self.addCleanup(database.close)
        return Recorder(database)


class TestApplicationRecorder(_OnNewDatabase, ApplicationRecorderTestCase[Recorder]):
    """What `eventsourcing` promises of an application recorder."""


class TestNonInterleaving(_OnNewDatabase, NonInterleavingNotificationIDsBaseCase):
    """Two large appends at the same time do not mix their positions."""
