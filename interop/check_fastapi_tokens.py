"""What examples/fastapi/main.py makes of bad answers: a false issuer gives it one bad access token after the other."""

import json
import os
import subprocess
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import jwt
from cryptography.hazmat.primitives.asymmetric import ec

from checks import check, equal, finish, holds

PUBLISHED, FOREIGN = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))


class FalseIssuer(BaseHTTPRequestHandler):
    """Publishes one key and hands out whatever token stands in `token`."""

    token = None

    def do_GET(self):
        key = json.loads(jwt.algorithms.ECAlgorithm.to_jwk(PUBLISHED.public_key()))
        self.answer({"keys": [{**key, "kid": "1", "use": "sig", "alg": "ES256"}]})

    def do_POST(self):
        self.answer({"access_token": FalseIssuer.token, "token_type": "Bearer"})

    def answer(self, value):
        body = json.dumps(value).encode()
        self.send_response(200)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        """Says nothing: the checks do."""


server = ThreadingHTTPServer(("127.0.0.1", 0), FalseIssuer)
threading.Thread(target=server.serve_forever, daemon=True).start()
ISSUER = f"http://127.0.0.1:{server.server_port}"

os.environ.update(AUTH_SERVER=ISSUER, CLIENT_SECRET="a secret of nobody")
os.environ.pop("CLIENT_SECRET_FILE", None)
sys.path.insert(0, str(Path(__file__).parent.parent / "examples" / "fastapi"))

import main  # noqa: E402
from fastapi import HTTPException  # noqa: E402


def token(key=PUBLISHED, algorithm="ES256", kid="1", typ="at+jwt", **changed):
    claims = {"iss": ISSUER, "sub": "ada", "aud": "https://api.example", "exp": int(time.time()) + 60, **changed}
    claims = {name: value for name, value in claims.items() if value is not None}
    return jwt.encode(claims, key, algorithm=algorithm, headers={"kid": kid, "typ": typ})


def callback_with(access_token):
    FalseIssuer.token = access_token
    try:
        return 200, main.callback(code="x")
    except HTTPException as refusal:
        return refusal.status_code, {"detail": refusal.detail}


REFUSED = (400, {"detail": "Invalid access token"})
BAD = {
    "signed by a key that is not published": token(key=FOREIGN),
    "naming a key that is not published": token(kid="2"),
    "not signed at all": token(key=None, algorithm="none"),
    "signed with a shared secret": token(key="s" * 32, algorithm="HS256"),
    "that has expired": token(exp=int(time.time()) - 60),
    "that never expires": token(exp=None),
    "of another issuer": token(iss="https://other.example"),
    "about nobody": token(sub=None),
    "that is an ID token": token(typ="JWT"),
    "that is no JWT": "opaque",
}

with check("a genuine access token is accepted"):
    status, claims = callback_with(token())
    equal((status, claims["sub"]), (200, "ada"))

for what, bad in BAD.items():
    with check(f"an access token {what} is refused"):
        equal(callback_with(bad), REFUSED)

with check("an answer whose token is null is refused"):
    equal(callback_with(None), REFUSED)

server.shutdown()
server.server_close()
with check("an authorization server that is down is said to be down"):
    equal(callback_with("unseen"), (502, {"detail": f"{ISSUER} could not be reached"}))

with check("a missing secret is one clear line that names the variables"):
    bare = {name: value for name, value in os.environ.items() if not name.startswith("CLIENT_SECRET")}
    start = subprocess.run([sys.executable, main.__file__], env=bare, capture_output=True, text=True, timeout=60)
    equal((start.returncode, start.stderr.count("\n")), (1, 1))
    holds("CLIENT_SECRET " in start.stderr and "CLIENT_SECRET_FILE" in start.stderr, start.stderr)

finish()
