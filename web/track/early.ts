/*
 * Runs before anything is drawn. It sets the chosen theme, so that the page does not flash, and marks the browser
 * as capable; where even this file fails to parse the mark is missing too, and the style sheet shows the notice.
 */
;(() => {
  const root = document.documentElement
  try {
    const theme = window.localStorage.getItem('zlt-theme')
    if (theme === 'light' || theme === 'dark') root.setAttribute('data-theme', theme)
  } catch {
    // Storage may be forbidden: the system's theme is shown then.
  }
  const capable =
    typeof window.WebSocket === 'function' &&
    typeof window.fetch === 'function' &&
    typeof window.AbortController === 'function' &&
    typeof window.ResizeObserver === 'function' &&
    typeof Array.prototype.findLast === 'function' &&
    typeof Intl.RelativeTimeFormat === 'function' &&
    CSS.supports('height', '1dvh')
  if (!capable) return
  root.setAttribute('data-capable', '')
  // A browser that fails on the page's own syntax says nothing: silence is the sign.
  window.setTimeout(() => {
    if (!root.hasAttribute('data-started')) root.removeAttribute('data-capable')
  }, 15_000)
})()
