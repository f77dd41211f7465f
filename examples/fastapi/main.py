"""Sign in with Hallpass from FastAPI: the authorization code flow, step by step.

Run it next to `hallpass demo`:

    CLIENT_SECRET=fastapi-secret uvicorn main:app --port 8100
"""

import os
import sys
from pathlib import Path
from urllib.parse import urlencode

import jwt
import requests
from fastapi import FastAPI, HTTPException
from fastapi.responses import RedirectResponse


def secret(name: str) -> str:
    """The value of NAME, or of the file that NAME_FILE points at."""
    value, file = os.environ.get(name), os.environ.get(f"{name}_FILE")
    if value and file:
        sys.exit(f"Both {name} and {name}_FILE are set: keep one of them.")
    if file:
        try:
            value = Path(file).read_text().strip()
        except OSError as error:
            sys.exit(f"{name}_FILE cannot be read: {error}")
    if not value:
        sys.exit(f"{name} is not set: give the client's secret in {name}, or a file's path in {name}_FILE.")
    return value


AUTH_SERVER = os.environ.get("AUTH_SERVER", "http://localhost:9000")
CLIENT_ID = os.environ.get("CLIENT_ID", "fastapi")
CLIENT_SECRET = secret("CLIENT_SECRET")
REDIRECT_URI = os.environ.get("REDIRECT_URI", "http://localhost:8100/callback")
# The API that the access token is for. Without it, any audience of this issuer is taken.
AUDIENCE = os.environ.get("AUDIENCE")

AUTHORIZE_URL = f"{AUTH_SERVER}/authorize"
TOKEN_URL = f"{AUTH_SERVER}/token"
# Fetches the issuer's keys when first needed, keeps them, and asks again for a key it does not know.
KEYS = jwt.PyJWKClient(f"{AUTH_SERVER}/jwks", timeout=10)

app = FastAPI()


@app.get("/")
def root():
    return {"Hello": "World"}


@app.get("/login")
def login():
    """Sends the browser to the authorization server."""
    query = {
        "client_id": CLIENT_ID,
        "redirect_uri": REDIRECT_URI,
        "response_type": "code",
        "scope": "openid profile email",
    }
    return RedirectResponse(f"{AUTHORIZE_URL}?{urlencode(query)}")


@app.get("/callback")
def callback(code: str | None = None):
    """Takes the browser back: exchanges the code, verifies the access token, shows its claims."""
    if not code:
        raise HTTPException(400, "Authorization code not provided")
    return verify(exchange(code))


def exchange(code: str) -> str:
    """The access token for a code (RFC 6749 §4.1.3)."""
    form = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": REDIRECT_URI,
        "client_id": CLIENT_ID,
        "client_secret": CLIENT_SECRET,
    }
    try:
        response = requests.post(TOKEN_URL, data=form, timeout=10)
    except requests.RequestException as error:
        raise HTTPException(502, f"{AUTH_SERVER} could not be reached") from error
    if not response.ok:
        raise HTTPException(400, "Failed to obtain access token")
    try:
        return response.json()["access_token"]
    except (ValueError, KeyError, TypeError) as error:
        raise HTTPException(400, "Failed to obtain access token") from error


def verify(access_token: str) -> dict:
    """The claims of a genuine, unexpired access token of this issuer (RFC 9068 §4)."""
    try:
        verified = jwt.decode_complete(
            access_token,
            KEYS.get_signing_key_from_jwt(access_token).key,
            algorithms=["ES256"],
            issuer=AUTH_SERVER,
            audience=AUDIENCE,
            options={"require": ["iss", "sub", "exp"], "verify_aud": AUDIENCE is not None},
        )
    except jwt.PyJWKClientConnectionError as error:
        raise HTTPException(502, f"{AUTH_SERVER} could not be reached") from error
    except jwt.PyJWTError as error:
        raise HTTPException(400, "Invalid access token") from error
    # "at+jwt" keeps an ID token, signed by the same issuer, from passing as an access token.
    if verified["header"].get("typ", "").lower() not in ("at+jwt", "application/at+jwt"):
        raise HTTPException(400, "Invalid access token")
    return verified["payload"]
