"""Every command of the README works as it stands there."""

import os
import re
import subprocess
from pathlib import Path

from examples.demo import Client
from service.cli import parser

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def test_every_curl_of_the_readme_succeeds_in_the_order_of_the_page(client: Client) -> None:
    script = "set -euo pipefail\n" + "\n".join(re.findall(r"```bash\n(.*?)```", README, re.DOTALL))
    done = subprocess.run(
        ["bash"],
        input=script,
        cwd=ROOT,
        env={**os.environ, "URL": client.url, "KEY": client.key},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr


def test_the_readme_names_every_command_of_the_command_line() -> None:
    choices = next(a.choices for a in parser()._actions if a.choices)
    assert {name for name in choices if f"attestor {name}" not in README} == {"work"}


def test_every_test_that_the_readme_names_is_there() -> None:
    named = set(re.findall(r"`(tests/[\w/]+\.py)`", README))
    assert named
    assert {path for path in named if not (ROOT / path).exists()} == set()
