// Hands the issuer's answer to the docs page that began the sign-in, wherever that page is.
'use strict';

(() => {
  const answer = location.search.slice(1);
  const state = new URLSearchParams(answer).get('state');
  const say = (text) => { document.getElementById('state').textContent = text; };
  // A code in the address bar ends up in histories and over shoulders.
  history.replaceState(null, '', location.pathname);

  const channel = new BroadcastChannel('hallpass-docs');
  let taken = false;
  channel.addEventListener('message', ({ data }) => {
    if (!data.taken || data.taken !== state) return;
    taken = true;
    document.querySelector('h1').textContent = 'Done';
    say('You can close this window and go back to the documentation.');
    window.close();
  });
  channel.postMessage({ answer });

  setTimeout(() => {
    if (taken) return;
    // Where channels are kept apart, the page that opened this one may still be there.
    if (window.opener) window.opener.postMessage({ answer }, location.origin);
    setTimeout(() => {
      if (!taken) {
        say('The page that asked for this is gone. Close this window, open the documentation, and authorize again.');
      }
    }, 1000);
  }, 500);
})();
