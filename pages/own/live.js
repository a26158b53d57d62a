// Keeps the steps of something that goes on up to date; without it the page has a link to look again.
const place = document.querySelector('[data-live]')
const every = 3000

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
  found.steps.forEach(show)
  if (found.moving) setTimeout(look, every)
}

if (place !== null) setTimeout(look, every)
