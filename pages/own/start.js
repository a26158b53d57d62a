// Tells the style sheet that scripts run, then starts the components that need one.
import { initAll } from './govuk-frontend.js'

document.body.classList.add('js-enabled', 'govuk-frontend-supported')
initAll()
