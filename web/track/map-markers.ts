import type { Vehicle } from '../../src/domain/view.ts'
import type { LngLat } from './geo.ts'
import { icon, vehicleIcon } from './icons.ts'
import { strings } from './strings.ts'

/** The rider's disc with its wedge, accuracy circle and the chip that tells when it was last seen. */
export type RiderElement = {
  element: HTMLElement
  /** Redraws what changed; `accuracyPx` is the circle's radius on the screen. */
  draw(look: {
    vehicle: Vehicle | undefined
    headingDeg: number | undefined
    accuracyPx: number
    lastSeen: string | undefined
  }): void
  /** Leaves on the element which place is shown, and of which time, for whoever measures its motion. */
  tell(shown: LngLat & { shownMs: number; opacity: number }): void
}

const discRadiusPx = 20

/** Makes the rider's marker. */
export function riderElement(): RiderElement {
  const element = document.createElement('div')
  element.className = 'rider'
  const accuracy = part(element, 'rider-accuracy')
  const wedge = part(element, 'rider-wedge')
  const disc = part(element, 'rider-disc')
  const chip = part(element, 'rider-chip')
  element.setAttribute('role', 'img')
  element.setAttribute('aria-label', strings.map.rider)
  let glyph = ''
  return {
    element,
    draw({ vehicle, headingDeg, accuracyPx, lastSeen }) {
      const name = vehicleIcon(vehicle)
      if (glyph !== name) {
        glyph = name
        disc.replaceChildren(icon(name, 22))
      }
      element.classList.toggle('is-stale', lastSeen !== undefined)
      wedge.hidden = headingDeg === undefined || lastSeen !== undefined
      if (headingDeg !== undefined) wedge.style.transform = `rotate(${headingDeg.toFixed(1)}deg)`
      // Narrower than the disc, the circle would only blur it.
      accuracy.hidden = accuracyPx <= discRadiusPx
      accuracy.style.width = accuracy.style.height = `${Math.round(accuracyPx * 2)}px`
      const text = lastSeen ?? ''
      if (chip.textContent !== text) chip.textContent = text
      chip.hidden = text === ''
    },
    tell({ lng, lat, shownMs, opacity }) {
      element.dataset.shown = `${lng.toFixed(7)} ${lat.toFixed(7)} ${Math.round(shownMs)} ${opacity.toFixed(2)}`
    },
  }
}

/** Makes the pin of the drop; its ring narrows as the rider nears. */
export function dropElement(name: string): { element: HTMLElement; setDistance(m: number | undefined): void } {
  const element = document.createElement('div')
  element.className = 'drop'
  element.setAttribute('role', 'img')
  element.setAttribute('aria-label', name)
  const ring = part(element, 'drop-ring')
  const pin = part(element, 'drop-pin')
  pin.append(icon('home', 20))
  return {
    element,
    setDistance(m) {
      ring.hidden = m === undefined
      if (m === undefined) return
      // 2 km and more: 96 px across; at the door: 36 px.
      const near = Math.min(1, Math.sqrt(Math.min(m, 2_000) / 2_000))
      ring.style.width = ring.style.height = `${Math.round(36 + 60 * near)}px`
    },
  }
}

/** Makes the small mark of the pickup. */
export function pickupElement(name: string): HTMLElement {
  const element = document.createElement('div')
  element.className = 'pickup'
  element.setAttribute('role', 'img')
  element.setAttribute('aria-label', name)
  element.append(icon('shop', 16))
  return element
}

function part(parent: HTMLElement, className: string): HTMLElement {
  const element = document.createElement('div')
  element.className = className
  parent.append(element)
  return element
}
