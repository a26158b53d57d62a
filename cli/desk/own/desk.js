// Follows an act that is under way, so that nobody has to load the page again.  Without this script the page's
// own button does it.
const place = document.querySelector('[data-progress]')

async function follow () {
  const answer = await fetch(place.dataset.progress, { credentials: 'same-origin', headers: { Accept: 'application/json' } })
  if (!answer.ok) throw new Error('no answer')
  const told = await answer.json()
  if (told.state !== 'running') {
    location.assign(place.dataset.then)
    return
  }
  const words = place.querySelector('[data-words]')
  if (words.textContent !== told.words) words.textContent = told.words
  const bar = place.querySelector('progress')
  if (told.percent === null) bar.removeAttribute('value')
  else bar.value = told.percent
  setTimeout(again, 700)
}

function again () {
  follow().catch(() => { place.querySelector('[data-words]').textContent = 'The page does not answer any more. Was it stopped?' })
}

if (place) setTimeout(again, 300)
