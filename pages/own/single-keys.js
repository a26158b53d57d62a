// Single keys press the buttons that name them. They can be switched off (WCAG 2.1.4), and a key held down decides once.
const place = document.querySelector('[data-keys-switch]')

if (place) {
  const box = place.querySelector('input')
  place.hidden = false
  box.checked = localStorage.getItem('clew-single-keys') !== 'off'
  box.addEventListener('change', () => localStorage.setItem('clew-single-keys', box.checked ? 'on' : 'off'))
  let pressed = false
  document.addEventListener('keydown', (event) => {
    if (pressed || !box.checked || event.repeat || event.ctrlKey || event.metaKey || event.altKey) return
    const button = document.querySelector(`button[data-key="${CSS.escape(event.key)}"]`)
    if (!button) return
    pressed = true
    event.preventDefault()
    button.click()
  })
  window.addEventListener('pageshow', () => { pressed = false })
}
