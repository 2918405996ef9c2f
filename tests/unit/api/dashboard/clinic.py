"""An account and the people in it."""

from dataclasses import dataclass

from falcon.testing import TestClient

from tests.factories import Tenant
from tests.unit.api.dashboard.browser import PASSWORD, Browser


@dataclass(frozen=True)
class Clinic:
    """An account with people in it."""

    tenant: Tenant
    client: TestClient

    def somebody(self, role: str = "admin") -> str:
        """The email of a new user with a password."""
        users = self.tenant.services.users
        name = f"{role}{len(self.tenant.services.database.rows('SELECT FROM users'))}"
        email = f"{name}@clinic.example"
        _, link = users.invite(self.tenant.asks(), email, name, role)
        users.set_password(link, PASSWORD, "test")
        return email

    def browser(self, role: str = "admin") -> Browser:
        """A browser in which somebody with this role is signed in."""
        browser = Browser(self.client)
        assert browser.sign_in(self.somebody(role)).status_code == 303
        return browser
