"""Signs in through examples/fastapi/main.py as a person would, then tries what must not work."""

import os
import time
from urllib.parse import parse_qs, urlsplit

import requests

from checks import check, equal, finish, holds
from login import Person

ISSUER, APP = os.environ["AUTH_SERVER"], os.environ["APP"]


def answer(path, **query):
    response = requests.get(f"{APP}{path}", params=query, allow_redirects=False, timeout=20)
    return response.status_code, response.json()


with check("GET / says hello"):
    equal(answer("/"), (200, {"Hello": "World"}))

with check("GET /login redirects with the tutorial's five parameters and no other"):
    response = requests.get(f"{APP}/login", allow_redirects=False, timeout=20)
    holds(response.is_redirect, f"it answered {response.status_code}")
    location = response.headers["location"]
    equal(location.partition("?")[0], f"{ISSUER}/authorize")
    equal(
        parse_qs(urlsplit(location).query, strict_parsing=True),
        {
            "client_id": ["fastapi"],
            "redirect_uri": [f"{APP}/callback"],
            "response_type": ["code"],
            "scope": ["openid profile email"],
        },
    )

with check("GET /callback without a code is refused"):
    equal(answer("/callback"), (400, {"detail": "Authorization code not provided"}))

with check("GET /callback with a made-up code is refused"):
    equal(answer("/callback", code="made-up"), (400, {"detail": "Failed to obtain access token"}))

person = Person()
with check("a person signs in and the program shows the verified claims"):
    response = person.visit(f"{APP}/login")
    equal((response.status_code, response.headers["content-type"]), (200, "application/json"))
    claims = response.json()
    equal(claims["iss"], ISSUER)
    equal(claims["client_id"], "fastapi")
    equal(sorted(claims["scope"].split()), ["email", "openid", "profile"])
    holds(claims["sub"] and claims["jti"] and claims["aud"], "sub, jti or aud is empty")
    holds(claims["iat"] <= time.time() + 5 < claims["exp"], "the token is not valid now")

with check("the code of that login cannot be used twice"):
    code = parse_qs(urlsplit(person.passed(f"{APP}/callback")[-1]).query)["code"][0]
    equal(answer("/callback", code=code), (400, {"detail": "Failed to obtain access token"}))

with check("another person's browser is asked to sign in again"):
    response = requests.get(f"{APP}/login", timeout=20)
    holds('id="sign-in"' in response.text, f"{response.url} has no sign-in form")

with check("a wrong password does not sign in"):
    response = Person(password="byron").visit(f"{APP}/login")
    holds(not response.url.startswith(APP), f"the browser went on to {response.url}")
    holds('id="sign-in"' in response.text, "the sign-in form is not shown again")

finish()
