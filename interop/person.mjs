// The person at the browser, for openid_client.mjs: cookies, redirects and forms by fetch alone.

const USERNAME = 'ada@example.com'
const PASSWORD = 'lovelace'
const STEPS_AT_MOST = 20

export class Person {
  #cookies = new Map()

  /** Opens `start` and goes on through sign-in and consent until the browser is sent to `end`; that address, unopened. */
  async visit(start, end) {
    let response = await this.#open(start)
    let signedIn = false
    for (let step = 0; step < STEPS_AT_MOST; step++) {
      const location = response.headers.get('location')
      if (location !== null) {
        const next = new URL(location, response.url)
        if (next.href.startsWith(end)) return next
        response = await this.#open(next)
        continue
      }
      const page = await response.text()
      const forms = formsOf(page)
      if (forms['sign-in'] && !signedIn) {
        signedIn = true
        response = await this.#submit(response.url, forms['sign-in'], { username: USERNAME, password: PASSWORD })
      } else if (forms.consent) {
        response = await this.#submit(response.url, forms.consent, { action: 'allow' })
      } else {
        throw new Error(`stuck at ${response.url} (${response.status}): ${page.slice(0, 300)}`)
      }
    }
    throw new Error(`not at ${end} after ${STEPS_AT_MOST} steps`)
  }

  #submit(page, form, filled) {
    const body = new URLSearchParams({ ...form.fields, ...filled })
    return this.#open(new URL(form.action, page), { method: 'POST', body, headers: { origin: new URL(page).origin } })
  }

  async #open(url, options = {}) {
    const cookie = [...this.#cookies].map(([name, value]) => `${name}=${value}`).join('; ')
    const headers = { accept: 'text/html', ...options.headers, ...(cookie && { cookie }) }
    const signal = AbortSignal.timeout(20_000)
    const response = await fetch(url, { ...options, headers, signal, redirect: 'manual' })
    for (const line of response.headers.getSetCookie()) this.#keep(line)
    return response
  }

  #keep(line) {
    const [pair, ...attributes] = line.split(';').map((part) => part.trim())
    const name = pair.slice(0, pair.indexOf('='))
    const gone = attributes.some((attribute) => /^max-age=(0|-.*)$/i.test(attribute))
    if (gone) this.#cookies.delete(name)
    else this.#cookies.set(name, pair.slice(name.length + 1))
  }
}

/** The forms of a page by id: where each goes and what its fields hold. */
function formsOf(html) {
  const forms = {}
  for (const [, head, body] of html.matchAll(/<form\b([^>]*)>(.*?)<\/form>/gis)) {
    const { id, action } = attributesOf(head)
    const fields = {}
    for (const [, input] of body.matchAll(/<input\b([^>]*)>/gis)) {
      const { name, value = '', type } = attributesOf(input)
      if (name !== undefined && type !== 'submit') fields[name] = value
    }
    forms[id] = { action, fields }
  }
  return forms
}

function attributesOf(tag) {
  const given = tag.matchAll(/([\w-]+)\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'>]+))/g)
  return Object.fromEntries([...given].map(([, name, ...value]) => [name.toLowerCase(), unescaped(value.join(''))]))
}

function unescaped(text) {
  const named = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" }
  return text.replace(/&(?:#x([0-9a-f]+)|#(\d+)|(\w+));/gi, (whole, hex, decimal, name) => {
    if (name) return named[name] ?? whole
    return String.fromCodePoint(hex ? parseInt(hex, 16) : Number(decimal))
  })
}
