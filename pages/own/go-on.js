// Goes on with what takes several requests; without it the page has a button.
const form = document.querySelector('form[data-go-on]')
if (form !== null) form.requestSubmit()
