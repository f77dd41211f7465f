"""Signs in at a page that Apache's mod_auth_openidc protects, looks at what it knows of the person, and signs out."""

import os
from urllib.parse import parse_qs, urlsplit

import requests

from checks import check, equal, finish, holds
from login import Forms, Person

ISSUER, APP = os.environ["AUTH_SERVER"], os.environ["APP"]
MEMBERS, CALLBACK, BYE = f"{APP}/members/", f"{APP}/members/callback", f"{APP}/bye.html"

with check("a page that is not protected is there for everybody"):
    equal(requests.get(BYE, timeout=20).text, "signed out\n")

with check("the login request carries state, nonce and an S256 challenge"):
    response = requests.get(MEMBERS, allow_redirects=False, timeout=20)
    equal(response.status_code, 302)
    query = parse_qs(urlsplit(response.headers["location"]).query)
    holds(response.headers["location"].startswith(f"{ISSUER}/authorize?"), response.headers["location"])
    equal((query["client_id"], query["redirect_uri"]), (["apache"], [CALLBACK]))
    equal(query["code_challenge_method"], ["S256"])
    holds(query.get("state") and query.get("nonce") and query.get("code_challenge"), f"it holds only {sorted(query)}")

person = Person()
with check("a person signs in over https and gets to the page"):
    response = person.visit(MEMBERS)
    equal((response.status_code, response.url, response.text), (200, MEMBERS, "members only\n"))

with check("the module holds the verified ID token and what UserInfo said"):
    info = person.browser.get(f"{CALLBACK}?info=json", timeout=20).json()
    claims = info["id_token"]
    equal(claims["iss"], ISSUER)
    equal([claims["aud"]] if isinstance(claims["aud"], str) else claims["aud"], ["apache"])
    holds(claims["sub"] and claims["nonce"], f"sub or nonce is missing: {claims}")
    equal(info["userinfo"]["sub"], claims["sub"])
    equal((info["userinfo"]["email"], info["userinfo"]["name"]), ("ada@example.com", "Ada Lovelace"))
    holds(info["access_token"] and info["refresh_token"], "a token is missing")

with check("the module refreshes, and both tokens go on working"):
    before = info["access_token"]
    answer = person.browser.get(
        f"{CALLBACK}?refresh={BYE}&access_token={before}", allow_redirects=False, timeout=20
    )
    equal((answer.status_code, answer.headers["location"]), (302, BYE))
    info = person.browser.get(f"{CALLBACK}?info=json", timeout=20).json()
    holds(info["access_token"] != before, "the access token is the same")
    bearer = {"authorization": f"Bearer {info['access_token']}"}
    equal(requests.get(f"{ISSUER}/userinfo", headers=bearer, timeout=20).json()["sub"], claims["sub"])

with check("a second visit asks for nothing"):
    before = len(person.seen)
    equal(person.visit(MEMBERS).text, "members only\n")
    equal(len(person.seen) - before, 1)

with check("a callback that this browser never asked for opens nothing"):
    stranger = requests.get(CALLBACK, params={"code": "x", "state": "y"}, allow_redirects=False, timeout=20)
    holds(stranger.status_code in (302, 400, 401, 403) and "members only" not in stranger.text, stranger.text)

with check("signing out at the module signs out at the issuer, and comes back"):
    response = person.remember(person.browser.get(f"{CALLBACK}?logout={BYE}", timeout=20))
    passed = [step.url for step in response.history]
    holds(any(url.startswith(f"{ISSUER}/end-session?") for url in passed), f"it went by {passed}")
    equal((response.url, response.text), (BYE, "signed out\n"))

with check("the browser is signed in nowhere any more"):
    response = person.browser.get(MEMBERS, timeout=20)
    holds(response.url.startswith(f"{ISSUER}/"), f"it is at {response.url}")
    holds(any(form.id == "sign-in" for form in Forms(response.text).forms), "no sign-in form is shown")

finish()
