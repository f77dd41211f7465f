"""Signs in through authlib_app.py and looks at what Authlib made of it."""

import os
import time
from urllib.parse import parse_qs, urlsplit

import requests

from checks import check, equal, finish, holds
from login import Person

ISSUER, APP = os.environ["AUTH_SERVER"], os.environ["APP"]

with check("the login request carries state, nonce and an S256 challenge"):
    location = requests.get(f"{APP}/login", allow_redirects=False, timeout=20).headers["location"]
    query = parse_qs(urlsplit(location).query)
    holds(location.startswith(f"{ISSUER}/"), f"it goes to {location}")
    equal(query["code_challenge_method"], ["S256"])
    holds(query.get("state") and query.get("nonce") and query.get("code_challenge"), f"it holds only {sorted(query)}")

person = Person()
with check("a person signs in and Authlib accepts the ID token"):
    response = person.visit(f"{APP}/login")
    equal((response.status_code, response.headers["content-type"]), (200, "application/json"))
    answer = response.json()
    claims = answer["id_token"]
    equal(claims["iss"], ISSUER)
    equal(claims["aud"] if isinstance(claims["aud"], list) else [claims["aud"]], ["fastapi"])
    holds(claims["sub"] and claims["nonce"], "sub or nonce is missing")
    holds(claims["iat"] <= time.time() + 5 < claims["exp"], "it is not valid now")

with check("UserInfo tells the same person's profile and email"):
    userinfo = answer["userinfo"]
    equal(userinfo["sub"], claims["sub"])
    equal(userinfo["email"], "ada@example.com")
    equal(userinfo["email_verified"], True)
    holds(userinfo["name"], "name is missing")
    equal(answer["token_type"].lower(), "bearer")

with check("the answer came with the issuer's name (RFC 9207)"):
    equal(parse_qs(urlsplit(person.passed(f"{APP}/callback")[-1]).query)["iss"], [ISSUER])

with check("a second login of the same browser asks for no password"):
    before = len(person.seen)
    response = person.visit(f"{APP}/login")
    equal(response.status_code, 200)
    holds(all(step.request.method == "GET" for step in person.seen[before:]), "a form was shown again")

with check("a callback that this browser never asked for is refused"):
    stranger = requests.get(f"{APP}/callback", params={"code": "x", "state": "y"}, timeout=20)
    equal((stranger.status_code, stranger.json()), (400, {"detail": "mismatching_state"}))

# The issuer over https knows this client by a key too.
if ISSUER.startswith("https://"):
    with check("a login is completed by private_key_jwt"):
        response = Person().visit(f"{APP}/key/login")
        equal((response.status_code, response.headers["content-type"]), (200, "application/json"))
        claims = response.json()["id_token"]
        equal(claims["aud"] if isinstance(claims["aud"], list) else [claims["aud"]], ["authlib-key"])

finish()
