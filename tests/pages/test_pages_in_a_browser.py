"""The pages for people, on a phone of 360 px in Debian's Chromium, in both languages. `make test-pages` runs it.

axe-core (MPL-2.0) looks for barriers by WCAG; it is used here alone, and nothing of it is shipped.
"""

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from gateway_stack import until
from linked_offer import offer_with_link
from monday_city import City, city_on_monday
from stacks import Servers

pytestmark = [pytest.mark.integration, pytest.mark.timeout(300)]
NODE_FOLDER = Path(os.environ["NODE_FOLDER"])
SECONDS = 90


@pytest.fixture(scope="module")
def city(servers: Servers, tmp_path_factory: pytest.TempPathFactory) -> Iterator[City]:
    with city_on_monday(servers, tmp_path_factory.mktemp("city")) as running:
        yield running


@pytest.mark.parametrize(("language", "skill"), [("zh", "medical_escort"), ("en", "sign_language")])
def test_an_offer_is_answered_on_a_phone(city: City, language: str, skill: str) -> None:
    with city.gateway.client() as api:
        offer = offer_with_link(city, api, skill=skill)
        play = ["node", "answer_page.js", city.gateway.url, offer.path, language]
        done = subprocess.run(play, cwd=NODE_FOLDER, capture_output=True, text=True, timeout=SECONDS, check=False)
        assert done.returncode == 0, done.stdout[-1000:] + done.stderr[-3000:]
        path = f"/v1/dispatches/{offer.dispatch_id}"
        until(lambda: api.get(path).json()["state"] == "declined", "the last answer is in the lists")
