// Asks the browser for a passkey, to make one or to show one.  Without scripts its place stays hidden,
// and the page offers a password instead.
const bytes = text => Uint8Array.from(atob(text.replace(/-/g, '+').replace(/_/g, '/')), one => one.charCodeAt(0))
const text = buffer => btoa(String.fromCharCode(...new Uint8Array(buffer)))
  .replace(/\+/g, '-').replace(/\//g, '_').replace(/=+$/, '')
const known = list => (list || []).map(one => ({ ...one, id: bytes(one.id) }))

async function send (place, address, content) {
  const headers = { 'Content-Type': 'application/json', 'X-CSRF-Token': place.dataset.token }
  const answer = await fetch(address, { method: 'POST', headers, body: JSON.stringify(content) })
  if (answer.status === 429) throw new Error('There were too many attempts. Wait a quarter of an hour.')
  if (!(answer.headers.get('Content-Type') || '').startsWith('application/json')) {
    throw new Error('The console did not take that. Load this page again.')
  }
  return answer.json()
}

async function made (options) {
  const user = { ...options.user, id: bytes(options.user.id) }
  const publicKey = {
    ...options, user, challenge: bytes(options.challenge), excludeCredentials: known(options.excludeCredentials)
  }
  const key = await navigator.credentials.create({ publicKey })
  const response = {
    attestationObject: text(key.response.attestationObject),
    clientDataJSON: text(key.response.clientDataJSON)
  }
  return { id: key.id, rawId: text(key.rawId), type: key.type, response }
}

async function shown (options) {
  const publicKey = {
    ...options, challenge: bytes(options.challenge), allowCredentials: known(options.allowCredentials)
  }
  const key = await navigator.credentials.get({ publicKey })
  const response = {
    authenticatorData: text(key.response.authenticatorData),
    clientDataJSON: text(key.response.clientDataJSON),
    signature: text(key.response.signature),
    userHandle: key.response.userHandle ? text(key.response.userHandle) : null
  }
  return { id: key.id, rawId: text(key.rawId), type: key.type, response }
}

async function ask (place, said) {
  said.textContent = ''
  try {
    const options = await send(place, place.dataset.options, {})
    const answer = place.dataset.passkey === 'add' ? await made(options) : await shown(options)
    const label = place.querySelector('[data-label]')
    const taken = await send(place, place.dataset.answer, label ? { ...answer, label: label.value } : answer)
    if (taken.fault) throw new Error(taken.fault)
    location.assign(taken.address)
  } catch (error) {
    said.textContent = error.name === 'Error' ? error.message : 'No passkey was given. You can try again.'
  }
}

for (const place of document.querySelectorAll('[data-passkey]')) {
  if (!window.PublicKeyCredential) continue
  place.hidden = false
  const said = place.querySelector('[data-said]')
  place.querySelector('button').addEventListener('click', () => ask(place, said))
}
