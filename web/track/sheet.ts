import type { Inset } from './camera.ts'
import { strings } from './strings.ts'

/** The three heights of the sheet on a phone. */
export type SheetHeight = 'peek' | 'half' | 'full'

const heights: readonly SheetHeight[] = ['peek', 'half', 'full']
const flingPxPerMs = 0.45
const tapPx = 6

/**
 * Chooses the height a drag ends at: the next one in the direction of a fling, else the nearest.
 *
 * `visible` are the pixels of each height, `at` where the sheet was let go, `speed` upwards in px/ms.
 */
export function settle(visible: Record<SheetHeight, number>, at: number, speed: number): SheetHeight {
  const nearest = [...heights].sort((a, b) => Math.abs(visible[a] - at) - Math.abs(visible[b] - at))[0] ?? 'peek'
  if (Math.abs(speed) < flingPxPerMs) return nearest
  const beyond = speed > 0 ? heights.filter((h) => visible[h] > at) : heights.filter((h) => visible[h] < at).reverse()
  return beyond[0] ?? nearest
}

/** The sheet over the map: dragged, tapped or moved by arrow keys; on a wide screen a panel that stands still. */
export class Sheet {
  readonly #sheet: HTMLElement
  readonly #head: HTMLElement
  readonly #stages: HTMLElement
  readonly #grip: HTMLButtonElement
  readonly #onInset: (inset: Inset) => void
  readonly #panel = window.matchMedia('(min-width: 720px)')
  #height: SheetHeight = 'peek'
  #visible: Record<SheetHeight, number> = { peek: 0, half: 0, full: 0 }

  constructor(root: Document, onInset: (inset: Inset) => void) {
    this.#sheet = byId(root, 'sheet')
    this.#head = byId(root, 'head')
    this.#stages = byId(root, 'stages')
    this.#grip = byId(root, 'grip') as HTMLButtonElement
    this.#onInset = onInset
    this.#grip.setAttribute('aria-label', strings.sheet.grip)
    const observer = new ResizeObserver(() => this.#measure())
    for (const element of [this.#head, this.#stages, root.documentElement]) observer.observe(element)
    this.#panel.addEventListener('change', () => this.#measure())
    this.#grip.addEventListener('click', (event) => {
      // A tap with a pointer was dealt with as a drag of no length; this is the keyboard or a screen reader.
      if (event.detail === 0) this.#step(this.#height === 'full' ? 'peek' : next(this.#height, 1))
    })
    this.#grip.addEventListener('keydown', (event) => {
      const by = event.key === 'ArrowUp' ? 1 : event.key === 'ArrowDown' ? -1 : 0
      if (by === 0) return
      event.preventDefault()
      this.#step(next(this.#height, by))
    })
    // Who tabs into what lies below the edge must see it.
    byId(root, 'more').addEventListener('focusin', () => {
      if (this.#height !== 'full') this.#step('full')
    })
    for (const handle of [this.#grip, this.#head]) handle.addEventListener('pointerdown', (e) => this.#drag(handle, e))
    this.#measure()
  }

  #step(height: SheetHeight): void {
    this.#height = height
    this.#apply(this.#visible[height])
    this.#tellInset()
  }

  #measure(): void {
    if (this.#panel.matches) {
      this.#sheet.style.removeProperty('--lift')
      this.#sheet.dataset.height = 'full'
      // Back in a narrow window, all is to be measured and told again.
      this.#visible = { peek: 0, half: 0, full: 0 }
      this.#tellInset()
      return
    }
    // The style sheet keeps a strip of the map free above the sheet at its tallest.
    const full = this.#sheet.offsetHeight
    const bottom = Number.parseFloat(getComputedStyle(this.#sheet).paddingBottom) || 0
    const peek = Math.min(full, this.#grip.offsetHeight + this.#head.offsetHeight + bottom)
    const half = Math.min(full, Math.max(peek, this.#stages.offsetTop + this.#stages.offsetHeight + 8 + bottom))
    const visible = { peek, half, full }
    if (heights.every((name) => visible[name] === this.#visible[name]) && this.#sheet.dataset.height) return
    this.#visible = visible
    this.#apply(visible[this.#height])
    this.#tellInset()
  }

  #apply(px: number): void {
    this.#sheet.style.setProperty('--lift', `${Math.round(px)}px`)
    this.#sheet.dataset.height = this.#height
    this.#grip.setAttribute('aria-expanded', String(this.#height !== 'peek'))
  }

  #tellInset(): void {
    if (this.#panel.matches) {
      const rtl = document.documentElement.dir === 'rtl'
      const side = this.#sheet.offsetWidth + 16
      this.#onInset({ top: 0, bottom: 0, left: rtl ? 0 : side, right: rtl ? side : 0 })
      return
    }
    this.#onInset({ top: 0, right: 0, left: 0, bottom: this.#visible[this.#height] })
  }

  #drag(handle: HTMLElement, down: PointerEvent): void {
    if (this.#panel.matches || down.button !== 0) return
    const from = this.#visible[this.#height]
    let last = { y: down.clientY, at: down.timeStamp }
    let speed = 0
    let now = from
    handle.setPointerCapture(down.pointerId)
    const move = (event: PointerEvent) => {
      const passed = event.timeStamp - last.at
      if (passed > 0) speed = speed * 0.4 + ((last.y - event.clientY) / passed) * 0.6
      last = { y: event.clientY, at: event.timeStamp }
      now = Math.min(this.#visible.full + 12, Math.max(this.#visible.peek - 12, from + down.clientY - event.clientY))
      this.#sheet.classList.add('is-dragged')
      this.#sheet.style.setProperty('--lift', `${Math.round(now)}px`)
    }
    const up = (event: PointerEvent) => {
      handle.removeEventListener('pointermove', move)
      handle.removeEventListener('pointerup', up)
      handle.removeEventListener('pointercancel', up)
      this.#sheet.classList.remove('is-dragged')
      const tapped = event.type === 'pointerup' && Math.abs(event.clientY - down.clientY) < tapPx
      if (tapped) this.#step(this.#height === 'peek' ? 'half' : this.#height === 'half' ? 'full' : 'peek')
      else this.#step(settle(this.#visible, now, speed))
    }
    handle.addEventListener('pointermove', move)
    handle.addEventListener('pointerup', up)
    handle.addEventListener('pointercancel', up)
  }
}

function next(height: SheetHeight, by: 1 | -1): SheetHeight {
  return heights[Math.min(2, Math.max(0, heights.indexOf(height) + by))] ?? height
}

function byId(root: Document, id: string): HTMLElement {
  const element = root.getElementById(id)
  if (!element) throw new Error(`the page has no #${id}`)
  return element
}
