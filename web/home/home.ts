/** Opens the tracking page of the order and token in the form. */
function openTrackingPage(event: Event): void {
  event.preventDefault()
  const data = new FormData(event.currentTarget as HTMLFormElement)
  const order = String(data.get('order')).trim()
  const token = String(data.get('token')).replace(/\s+/g, '')
  // As a fragment, so that the token is in no request line and no access log.
  location.assign(`/t/${encodeURIComponent(order)}#t=${encodeURIComponent(token)}`)
}

document.getElementById('open')?.addEventListener('submit', openTrackingPage)
