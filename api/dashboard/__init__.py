"""The dashboard: what people see of the service in a browser, on the same services as the API."""
