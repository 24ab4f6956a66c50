/** Shows the minutes to arrival in the tab's icon; without any, the plain icon. */
export function drawFavicon(doc: Document, minutes: number | undefined): void {
  const link = doc.getElementById('favicon')
  if (!(link instanceof HTMLLinkElement)) return
  if (minutes === undefined || minutes < 2 || minutes > 99) {
    link.type = 'image/svg+xml'
    link.href = '/favicon.svg'
    return
  }
  const canvas = doc.createElement('canvas')
  canvas.width = canvas.height = 64
  const pen = canvas.getContext('2d')
  if (!pen) return
  pen.fillStyle = '#2456e6'
  pen.beginPath()
  pen.roundRect(0, 0, 64, 64, 16)
  pen.fill()
  pen.fillStyle = '#ffffff'
  pen.font = '700 40px system-ui, sans-serif'
  pen.textAlign = 'center'
  pen.textBaseline = 'middle'
  pen.fillText(String(minutes), 32, 35)
  link.type = 'image/png'
  link.href = canvas.toDataURL()
}
