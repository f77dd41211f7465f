// The page around Swagger UI: the code flow with PKCE, and the way back without window.opener.
'use strict';

(() => {
  const settings = document.getElementById('swagger-ui').dataset;
  const channel = new BroadcastChannel('hallpass-docs');
  // Sign-ins that this tab has begun and nobody has answered yet, by their state.
  const pending = new Map();

  const unguessable = () => {
    const bytes = crypto.getRandomValues(new Uint8Array(24));
    return btoa(String.fromCharCode(...bytes)).replaceAll('+', '-').replaceAll('/', '_');
  };

  // Swagger UI's own state is the time of day; two tabs could share it.
  const begin = () => (url, request) => {
    const state = unguessable();
    const address = new URL(url, location.href);
    address.searchParams.set('state', state);
    pending.set(state, request);
    // Nobody else finishes this: the popup of Swagger UI reads a global that is never set here.
    window.open(address.href);
  };

  const finish = (query) => {
    const answer = new URLSearchParams(query);
    const state = answer.get('state');
    const request = pending.get(state);
    if (!request) return false;
    pending.delete(state);
    const fail = (message) =>
      request.errCb({ authId: request.auth.name, source: 'auth', level: 'error', message });
    // RFC 9207 §2.4: an answer of another issuer goes nowhere.
    if (answer.has('iss') && answer.get('iss') !== settings.issuer) {
      fail(`The answer is from ${answer.get('iss')}, and not from ${settings.issuer}`);
    } else if (answer.has('error')) {
      fail([answer.get('error'), answer.get('error_description')].filter(Boolean).join(': '));
    } else if (!answer.get('code')) {
      fail('The answer has no code');
    } else {
      request.auth.code = answer.get('code');
      request.callback({ auth: request.auth, redirectUrl: request.redirectUrl });
    }
    return true;
  };

  const receive = (query) => {
    if (finish(query)) channel.postMessage({ taken: new URLSearchParams(query).get('state') });
  };
  channel.addEventListener('message', ({ data }) => {
    if (typeof data.answer === 'string') receive(data.answer);
  });
  window.addEventListener('message', ({ origin, data }) => {
    if (origin === location.origin && typeof data?.answer === 'string') receive(data.answer);
  });

  // The token endpoint is another origin's, so the code goes the short way.
  const redeem = (original) => (request) =>
    original({ ...request, url: new URL(settings.relay, location.origin).href });

  const ui = SwaggerUIBundle({
    url: settings.openapi,
    domNode: document.getElementById('swagger-ui'),
    deepLinking: true,
    validatorUrl: 'none',
    oauth2RedirectUrl: settings.redirect,
    presets: [SwaggerUIBundle.presets.apis],
    layout: 'BaseLayout',
    plugins: [
      { statePlugins: { auth: { wrapActions: { authPopup: begin, authorizeRequest: redeem } } } },
    ],
  });
  ui.initOAuth({
    clientId: settings.client,
    scopes: settings.scopes,
    usePkceWithAuthorizationCodeGrant: true,
  });
})();
