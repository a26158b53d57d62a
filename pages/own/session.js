// Says two minutes before a session ends that it does, and lets somebody stay.  What the server says counts:
// another window may have been used meanwhile.
const place = document.querySelector('[data-session]')
const notice = 120
let timer

function say (part, at) {
  const said = place.querySelector('[data-said]')
  if (said.dataset.said === part) return
  said.dataset.said = part
  said.replaceChildren()
  if (part === '') return
  said.append(place.querySelector(`template[data-part="${part}"]`).content.cloneNode(true))
  const time = said.querySelector('[data-at]')
  if (time !== null) time.textContent = at
  const link = said.querySelector('a')
  if (link !== null) link.href = `/sign-in?ended=1&next=${place.dataset.again}`
  const button = said.querySelector('button')
  if (button !== null) button.addEventListener('click', stay)
}

function wait (found) {
  const soon = found.left <= notice
  say(soon ? (found.last ? 'last' : 'near') : '', found.at)
  clearTimeout(timer)
  timer = setTimeout(look, 1000 * (soon ? found.left + 1 : found.left - notice))
}

async function ask (options) {
  let answer
  try {
    answer = await fetch(place.dataset.session, options)
  } catch {
    clearTimeout(timer)
    timer = setTimeout(look, 1000 * notice / 4)
    return
  }
  if (answer.redirected || !answer.ok) return say('over', '')
  wait(await answer.json())
}

const look = () => ask({})

async function stay () {
  await ask({ method: 'POST', headers: { 'X-CSRF-Token': place.dataset.token } })
  place.querySelector('[data-said]').focus() // where the button was
}

if (place !== null) {
  wait({ left: Number(place.dataset.left), last: place.dataset.last !== undefined, at: place.dataset.at })
  document.addEventListener('visibilitychange', () => { if (!document.hidden) look() })
}
