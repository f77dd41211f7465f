"""Authlib's Starlette client in a FastAPI app: everything but the issuer's address is discovered."""

import os
import secrets

from authlib.integrations.starlette_client import OAuth, OAuthError
from authlib.oauth2.rfc7523 import PrivateKeyJWT
from fastapi import FastAPI, HTTPException, Request
from joserfc.jwk import ECKey
from starlette.middleware.sessions import SessionMiddleware

REDIRECT_URI = os.environ["REDIRECT_URI"]

oauth = OAuth()
oauth.register(
    "hallpass",
    client_id=os.environ["CLIENT_ID"],
    client_secret=os.environ["CLIENT_SECRET"],
    server_metadata_url=f"{os.environ['AUTH_SERVER']}/.well-known/openid-configuration",
    client_kwargs={
        "scope": "openid profile email",
        "code_challenge_method": "S256",
        "token_endpoint_auth_method": "client_secret_post",
    },
)

# The same by a key: the one of RFC 7517 Appendix A.2, which is nobody's secret.
KEY = {
    "kty": "EC",
    "crv": "P-256",
    "x": "MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4",
    "y": "4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM",
    "d": "870MB6gfuTJ4HtUnUvYMyJpr5eUZNP4Bk43bVdj3eAE",
}
oauth.register(
    "by_key",
    client_id="authlib-key",
    client_secret=ECKey.import_key(KEY),
    client_auth_methods=[PrivateKeyJWT(alg="ES256")],
    server_metadata_url=f"{os.environ['AUTH_SERVER']}/.well-known/openid-configuration",
    client_kwargs={
        "scope": "openid profile email",
        "code_challenge_method": "S256",
        "token_endpoint_auth_method": "private_key_jwt",
    },
)

app = FastAPI()
app.add_middleware(SessionMiddleware, secret_key=secrets.token_urlsafe(32))


@app.get("/")
def root():
    return {"Hello": "World"}


@app.get("/login")
async def login(request: Request):
    return await oauth.hallpass.authorize_redirect(request, REDIRECT_URI)


@app.get("/callback")
async def callback(request: Request):
    return await answer(oauth.hallpass, request)


@app.get("/key/login")
async def login_by_key(request: Request):
    return await oauth.by_key.authorize_redirect(request, REDIRECT_URI.replace("/callback", "/key/callback"))


@app.get("/key/callback")
async def callback_by_key(request: Request):
    return await answer(oauth.by_key, request)


async def answer(client, request):
    try:
        token = await client.authorize_access_token(request)
    except OAuthError as refusal:
        raise HTTPException(400, refusal.error) from refusal
    return {
        "id_token": token["userinfo"],  # the claims, once Authlib has verified the ID token
        "userinfo": await client.userinfo(token=token),
        "scope": token.get("scope"),
        "token_type": token["token_type"],
    }
