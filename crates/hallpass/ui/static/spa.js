// A public client in the browser: starts a flow, takes the answer out of the address bar, checks it, uses it.
"use strict";

const app = document.getElementById("spa");
const { issuer, clientId, redirectUri, api, authorizationEndpoint, tokenEndpoint } = app.dataset;
const PENDING = "hallpass-demo-spa";
const LABELS = { id_token: "ID token: header and claims", access_token: "Access token: header and claims" };
const SECRETS = ["code", "code_verifier", "access_token", "refresh_token", "id_token", "state", "nonce"];

const random = () => base64url(crypto.getRandomValues(new Uint8Array(32)));
const base64url = (bytes) =>
  btoa(String.fromCharCode(...bytes)).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
const masked = (name, value) => (SECRETS.includes(name) ? `${value.slice(0, 4)}…` : value);
const printed = (params) => [...params].map(([name, value]) => `    ${name}=${masked(name, value)}`).join("\n");

// --- Showing

function element(tag, properties = {}, ...children) {
  const made = Object.assign(document.createElement(tag), properties);
  made.append(...children);
  return made;
}

function step(title, text, { code = [], checks = [] } = {}) {
  document.getElementById("run-result").hidden = false;
  const item = element("li", {}, element("h3", { textContent: title }), element("p", { textContent: text }));
  for (const [label, text] of code) {
    item.append(element("h4", { className: "quiet", textContent: label }));
    item.append(element("pre", {}, element("code", { textContent: text })));
  }
  if (checks.length > 0) {
    const list = element("ul", { className: "checks" });
    for (const { name, detail, passed } of checks) {
      const strong = element("strong", { textContent: name });
      const span = element("span", { textContent: detail });
      list.append(element("li", { className: passed ? "pass" : "fail" }, strong, " ", span));
    }
    item.append(list);
  }
  document.getElementById("steps").append(item);
  const failed = checks.some((check) => !check.passed);
  const result = document.getElementById("run-result");
  if (failed || result.dataset.outcome === undefined) result.dataset.outcome = failed ? "bad" : "running";
  return !failed;
}

function finish() {
  const result = document.getElementById("run-result");
  if (result.dataset.outcome === "running") result.dataset.outcome = "good";
}

// --- Starting

async function start(responseType) {
  const request = { responseType, state: random(), nonce: random(), verifier: random() };
  sessionStorage.setItem(PENDING, JSON.stringify(request));
  const scope = responseType === "id_token" ? "openid profile" : "openid profile items:read";
  const params = new URLSearchParams({
    response_type: responseType,
    client_id: clientId,
    redirect_uri: redirectUri,
    scope,
    state: request.state,
    nonce: request.nonce,
  });
  if (responseType === "code") {
    const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(request.verifier));
    params.set("code_challenge", base64url(new Uint8Array(digest)));
    params.set("code_challenge_method", "S256");
  }
  location.assign(`${authorizationEndpoint}?${params}`);
}

// --- Receiving

async function receive() {
  const stored = sessionStorage.getItem(PENDING);
  sessionStorage.removeItem(PENDING);
  const pending = stored === null ? null : JSON.parse(stored);
  const inFragment = location.hash.length > 1;
  const params = new URLSearchParams(inFragment ? location.hash.slice(1) : location.search);
  // Out of the address bar before anything else, and out of the history.
  history.replaceState(null, "", location.pathname);
  const where = inFragment ? "the fragment" : "the query";
  const repeated = new Set(params.keys()).size !== [...params].length;
  const state = pending !== null && params.get("state") === pending.state;
  // RFC 9207: with this issuer every answer has iss.
  const iss = params.get("iss") === issuer;
  const expectedPlace = pending !== null && (pending.responseType === "code") !== inFragment;
  const went = step("The browser comes back", `The answer is in ${where} of the address, which is clear again now.`, {
    code: [["Response", `${location.origin}${location.pathname}${inFragment ? " #" : " ?"}\n${printed(params)}`]],
    checks: [
      { name: "parameters", detail: repeated ? "one comes twice" : "none comes twice", passed: !repeated },
      { name: "state", detail: state ? "is the one of this tab's request" : "is not of a request of this tab", passed: state },
      { name: "iss", detail: iss ? `is ${issuer}` : "is another issuer", passed: iss },
      { name: "response mode", detail: where, passed: expectedPlace },
    ],
  });
  if (!went) return;
  if (params.has("error")) {
    const detail = `${params.get("error")} ${params.get("error_description") ?? ""}`.trim();
    step("The issuer said no", "Nothing was shared.", { checks: [{ name: "error", detail, passed: false }] });
    return;
  }
  let tokens = Object.fromEntries(params);
  if (pending.responseType === "code") {
    tokens = await exchange(params.get("code") ?? "", pending.verifier);
    if (tokens === null) return;
  }
  const wanted = pending.responseType === "code" ? ["access_token", "id_token"] : tokenNames(pending.responseType);
  const missing = wanted.filter((name) => !tokens[name]);
  if (missing.length > 0) {
    const checks = missing.map((name) => ({ name, detail: "is missing", passed: false }));
    step("Look into the answer", "It must have what was asked for.", { checks });
    return;
  }
  await use(tokens, wanted, pending);
  finish();
}

const tokenNames = (responseType) => responseType.split(" ").map((word) => (word === "token" ? "access_token" : word));

async function exchange(code, verifier) {
  const params = new URLSearchParams({
    grant_type: "authorization_code",
    code,
    redirect_uri: redirectUri,
    client_id: clientId,
    code_verifier: verifier,
  });
  const title = "Exchange the code for tokens";
  const text = "The verifier shows that this is the tab that asked; there is no secret.";
  const request = ["Request", `POST ${tokenEndpoint}\n${printed(params)}`];
  try {
    const response = await fetch(tokenEndpoint, { method: "POST", body: params });
    const body = await response.json();
    const shown = JSON.stringify(body, (name, value) => (typeof value === "string" ? masked(name, value) : value), 2);
    const checks = [{ name: "answer", detail: String(response.status), passed: response.ok }];
    step(title, text, { code: [request, ["Response", `${response.status}\n${shown}`]], checks });
    return response.ok ? body : null;
  } catch (error) {
    step(title, text, { code: [request], checks: [{ name: "answer", detail: String(error), passed: false }] });
    return null;
  }
}

function decoded(token) {
  const part = (text) => {
    const bytes = Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (c) => c.charCodeAt(0));
    return JSON.stringify(JSON.parse(new TextDecoder().decode(bytes)), null, 2);
  };
  try {
    const [header, claims] = token.split(".");
    return `${part(header)}\n${part(claims)}`;
  } catch {
    return "This token is opaque: only the issuer can read it.";
  }
}

async function use(tokens, wanted, pending) {
  const shown = wanted.map((name) => [LABELS[name], decoded(tokens[name])]);
  step("Look into the tokens", "Header and claims are only encoded: anybody can read them.", { code: shown });
  const received = { nonce: pending.nonce, implicit: pending.responseType !== "code" };
  for (const name of wanted) received[name] = tokens[name];
  const text = "The app's server holds it against the issuer's keys and every rule.";
  try {
    const response = await fetch("/spa/verify", {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(received),
    });
    if (!response.ok) throw new Error(`the server answered ${response.status}`);
    const verdict = await response.json();
    if (wanted.includes("id_token")) step("Verify the ID token", text, { checks: verdict.id_token });
    if (wanted.includes("access_token")) step("Verify the access token", text, { checks: verdict.access_token });
  } catch (error) {
    step("Verify the tokens", text, { checks: [{ name: "server", detail: String(error), passed: false }] });
  }
  if (wanted.includes("access_token")) await call(tokens.access_token);
}

async function call(token) {
  const title = "Call the API";
  const text = "The token goes along in the Authorization header.";
  const request = ["Request", `GET ${api}/items\nauthorization: Bearer ${token.slice(0, 4)}…`];
  try {
    const response = await fetch(`${api}/items`, { headers: { authorization: `Bearer ${token}` } });
    const body = ["Response", `${response.status}\n${JSON.stringify(await response.json(), null, 2)}`];
    const checks = [{ name: "GET /items", detail: `answered ${response.status}`, passed: response.ok }];
    step(title, text, { code: [request, body], checks });
  } catch (error) {
    step(title, text, { code: [request], checks: [{ name: "GET /items", detail: String(error), passed: false }] });
  }
}

for (const button of document.querySelectorAll("button[data-response-type]")) {
  button.disabled = authorizationEndpoint === "";
  button.addEventListener("click", () => start(button.dataset.responseType));
}
if (location.pathname.endsWith("/callback") && (location.hash.length > 1 || location.search.length > 1)) receive();
