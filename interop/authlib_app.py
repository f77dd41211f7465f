"""Authlib's Starlette client in a FastAPI app: everything but the issuer's address is discovered."""

import os
import secrets

from authlib.integrations.starlette_client import OAuth, OAuthError
from fastapi import FastAPI, HTTPException, Request
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
    try:
        token = await oauth.hallpass.authorize_access_token(request)
    except OAuthError as refusal:
        raise HTTPException(400, refusal.error) from refusal
    return {
        "id_token": token["userinfo"],  # the claims, once Authlib has verified the ID token
        "userinfo": await oauth.hallpass.userinfo(token=token),
        "scope": token.get("scope"),
        "token_type": token["token_type"],
    }
