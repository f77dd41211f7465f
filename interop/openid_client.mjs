// The npm package openid-client against Hallpass: code + PKCE, UserInfo, refresh, introspection, revocation, client
// credentials; by a key, with a signed request, where the issuer has a client for it.

import assert from 'node:assert/strict'
import { webcrypto } from 'node:crypto'
import { setDefaultResultOrder } from 'node:dns'
import { Person } from './person.mjs'

// Node.js 18 has both, but not by default.
globalThis.crypto ??= webcrypto
globalThis.CryptoKey ??= webcrypto.CryptoKey
setDefaultResultOrder('ipv4first')
const client = await import('openid-client')

const ISSUER = process.env.AUTH_SERVER
const REDIRECT_URI = `${process.env.APP}/callback`
const SCOPE = 'openid profile email offline_access'

let failed = false
async function check(what, block) {
  try {
    const made = await block()
    console.log(`ok - ${what}`)
    return made
  } catch (error) {
    failed = true
    console.log(`not ok - ${what}: ${error.message.replaceAll('\n', ' ')}`)
    if (error.cause) console.log('  because of', error.cause)
  }
}

const refusedWith = (code) => (error) => {
  assert.equal(error.error, code, `refused with ${error.error ?? error.message}`)
  return true
}

async function discover(id, secret) {
  const execute = ISSUER.startsWith('http://') ? [client.allowInsecureRequests] : []
  const options = { execute, timeout: 20 }
  return client.discovery(new URL(ISSUER), id, undefined, client.ClientSecretBasic(secret), options)
}

async function logIn(web, person, write = client.buildAuthorizationUrl) {
  const pkceCodeVerifier = client.randomPKCECodeVerifier()
  const expectedState = client.randomState()
  const expectedNonce = client.randomNonce()
  const start = await write(web, {
    redirect_uri: REDIRECT_URI,
    scope: SCOPE,
    code_challenge: await client.calculatePKCECodeChallenge(pkceCodeVerifier),
    code_challenge_method: 'S256',
    state: expectedState,
    nonce: expectedNonce,
    prompt: 'consent', // OpenID Connect Core §11: offline_access is granted only so
  })
  const callback = await person.visit(start, REDIRECT_URI)
  const asked = { pkceCodeVerifier, expectedState, expectedNonce, idTokenExpected: true }
  return { callback, asked }
}

const web = await check('the issuer is discovered', async () => {
  const web = await discover('demo-web', 'demo-web-secret')
  assert.equal(web.serverMetadata().issuer, ISSUER)
  assert.ok(web.serverMetadata().supportsPKCE())
  return web
})
if (!web) process.exit(1)

const person = new Person()
const login = await check('a person signs in and comes back with code, state and iss', async () => {
  const login = await logIn(web, person)
  assert.equal(login.callback.searchParams.get('state'), login.asked.expectedState)
  assert.equal(login.callback.searchParams.get('iss'), ISSUER)
  assert.ok(login.callback.searchParams.get('code'))
  return login
})
if (!login) process.exit(1)

const tokens = await check('the code is exchanged and the ID token verified', async () => {
  const tokens = await client.authorizationCodeGrant(web, login.callback, login.asked)
  const claims = tokens.claims()
  assert.equal(claims.iss, ISSUER)
  assert.deepEqual([claims.aud].flat(), ['demo-web'])
  assert.equal(claims.nonce, login.asked.expectedNonce)
  assert.ok(claims.sub)
  assert.ok(tokens.access_token && tokens.refresh_token, 'access or refresh token is missing')
  assert.ok(tokens.expiresIn() > 0)
  return tokens
})
if (!tokens) process.exit(1)
const { sub } = tokens.claims()

await check('UserInfo tells who signed in', async () => {
  const userinfo = await client.fetchUserInfo(web, tokens.access_token, sub)
  assert.equal(userinfo.email, 'ada@example.com')
  assert.ok(userinfo.name)
})

await check('introspection says that the access token is active', async () => {
  const told = await client.tokenIntrospection(web, tokens.access_token)
  assert.equal(told.active, true)
  assert.equal(told.sub, sub)
  assert.equal(told.client_id, 'demo-web')
  assert.ok(told.scope.split(' ').includes('openid'))
  assert.ok(told.exp > Date.now() / 1000)
})

const refreshed = await check('the refresh token gives another access token', async () => {
  const refreshed = await client.refreshTokenGrant(web, tokens.refresh_token)
  assert.ok(refreshed.access_token)
  assert.notEqual(refreshed.access_token, tokens.access_token)
  if (refreshed.id_token) assert.equal(refreshed.claims().sub, sub)
  const userinfo = await client.fetchUserInfo(web, refreshed.access_token, sub)
  assert.equal(userinfo.sub, sub)
  return refreshed
})

await check('a scope beyond the grant is refused at refresh', async () => {
  const wider = client.refreshTokenGrant(web, tokens.refresh_token, { scope: `${SCOPE} items:write` })
  await assert.rejects(wider, refusedWith('invalid_scope'))
})

await check('a revoked refresh token is refused with invalid_grant', async () => {
  const last = refreshed?.refresh_token ?? tokens.refresh_token
  await client.tokenRevocation(web, last, { token_type_hint: 'refresh_token' })
  await assert.rejects(client.refreshTokenGrant(web, last), refusedWith('invalid_grant'))
})

await check('and its access token is no longer active', async () => {
  const told = await client.tokenIntrospection(web, (refreshed ?? tokens).access_token)
  assert.deepEqual(told, { active: false })
})

await check('a token that never was is revoked without complaint (RFC 7009)', async () => {
  await client.tokenRevocation(web, 'made-up')
})

await check('a wrong code_verifier is refused with invalid_grant', async () => {
  const { callback, asked } = await logIn(web, person)
  const other = { ...asked, pkceCodeVerifier: client.randomPKCECodeVerifier() }
  await assert.rejects(client.authorizationCodeGrant(web, callback, other), refusedWith('invalid_grant'))
})

await check('a code used twice is refused, and ends the tokens of its first use', async () => {
  const { callback, asked } = await logIn(web, person)
  const first = await client.authorizationCodeGrant(web, callback, asked)
  await assert.rejects(client.authorizationCodeGrant(web, callback, asked), refusedWith('invalid_grant'))
  assert.deepEqual(await client.tokenIntrospection(web, first.access_token), { active: false })
})

await check('client credentials give a service its token, for the scope it asks', async () => {
  const service = await discover('demo-service', 'demo-service-secret')
  const own = await client.clientCredentialsGrant(service, { scope: 'items:read' })
  assert.ok(own.access_token)
  assert.equal(own.scope ?? 'items:read', 'items:read')
  assert.equal(own.refresh_token, undefined)
  assert.equal(own.id_token, undefined)
  const told = await client.tokenIntrospection(service, own.access_token)
  assert.deepEqual([told.active, told.client_id, told.scope], [true, 'demo-service', 'items:read'])
})

await check('a wrong secret is refused with invalid_client', async () => {
  const thief = await discover('demo-service', 'guessed')
  const refusal = await client.clientCredentialsGrant(thief).then(assert.fail, (error) => error)
  assert.ok(refusal instanceof client.WWWAuthenticateChallengeError, refusal.message)
  assert.equal(refusal.status, 401)
  assert.equal(refusal.cause[0].scheme, 'basic')
  assert.equal((await refusal.response.json()).error, 'invalid_client')
})

// The issuer over https knows a client by the key of RFC 7517 Appendix A.2, which is nobody's secret.
if (ISSUER.startsWith('https://')) {
  const jwk = {
    kty: 'EC',
    crv: 'P-256',
    x: 'MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4',
    y: '4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM',
    d: '870MB6gfuTJ4HtUnUvYMyJpr5eUZNP4Bk43bVdj3eAE',
  }
  const sign = { name: 'ECDSA', namedCurve: 'P-256' }
  const key = { key: await crypto.subtle.importKey('jwk', jwk, sign, false, ['sign']), kid: '1' }
  const by = (key) =>
    client.discovery(new URL(ISSUER), 'openid-client-key', undefined, client.PrivateKeyJwt(key), { timeout: 20 })

  await check('a login is completed by private_key_jwt', async () => {
    const keyed = await by(key)
    const { callback, asked } = await logIn(keyed, person)
    const tokens = await client.authorizationCodeGrant(keyed, callback, asked)
    assert.deepEqual([tokens.claims().aud].flat(), ['openid-client-key'])
    const refreshed = await client.refreshTokenGrant(keyed, tokens.refresh_token)
    assert.equal((await client.tokenIntrospection(keyed, refreshed.access_token)).active, true)
    await client.tokenRevocation(keyed, tokens.refresh_token)
    assert.deepEqual(await client.tokenIntrospection(keyed, refreshed.access_token), { active: false })
  })

  await check('a request that is a signed object is answered', async () => {
    const keyed = await by(key)
    const write = (config, parameters) => client.buildAuthorizationUrlWithJAR(config, parameters, key)
    const { callback, asked } = await logIn(keyed, person, write)
    const tokens = await client.authorizationCodeGrant(keyed, callback, asked)
    assert.equal(tokens.claims().nonce, asked.expectedNonce)
  })

  await check('another key is refused with invalid_client', async () => {
    const { privateKey } = await crypto.subtle.generateKey(sign, false, ['sign', 'verify'])
    const thief = await by({ key: privateKey, kid: '1' })
    const refusal = await client.refreshTokenGrant(thief, 'x').then(assert.fail, (error) => error)
    assert.equal((await refusal.response?.json())?.error ?? refusal.error, 'invalid_client')
  })
}

process.exit(failed ? 1 : 0)
