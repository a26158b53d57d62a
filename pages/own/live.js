// Keeps what goes on up to date; without it the page has a link to look again.
const place = document.querySelector('[data-live]')
const every = 3000
const soon = 300000 // A page that came long ago is not loaded anew: that would keep a session open by itself.

function show(step, at) {
  const line = place.querySelector(`[data-step="${at}"]`)
  const words = line.querySelector('[data-words]')
  const tag = line.querySelector('[data-state] .govuk-tag')
  if (words.textContent !== step.words) words.textContent = step.words
  if (tag.textContent !== step.tag) tag.textContent = step.tag
  const bar = line.querySelector('progress')
  if (bar !== null && step.share !== null) bar.value = step.share
}

async function look() {
  const answer = await fetch(place.dataset.live)
  if (!answer.ok || answer.redirected) return
  const found = await answer.json()
  if (found.steps) found.steps.forEach(show)
  if (found.now !== undefined && found.now !== place.dataset.now) {
    if (performance.now() < soon) return location.reload()
    place.querySelector('[data-ready]').hidden = false
    return
  }
  if (found.moving) setTimeout(look, every)
}

if (place !== null) setTimeout(look, every)
