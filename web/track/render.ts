import { drawFavicon } from './favicon.ts'
import { formatTimeOrDay } from './format.ts'
import { icon } from './icons.ts'
import type { PageModel } from './page-model.ts'
import type { Stage } from './stages.ts'
import { strings } from './strings.ts'

/** Puts a model on the page; what has not changed is not touched, so nothing flickers. */
export class Renderer {
  readonly #doc: Document
  readonly #shown = new Map<string, string>()
  readonly #reducedMotion: () => boolean

  constructor(doc: Document, reducedMotion: () => boolean) {
    this.#doc = doc
    this.#reducedMotion = reducedMotion
  }

  draw(model: PageModel, nowMs: number): void {
    const page = this.#get('page')
    page.dataset.state = model.state
    page.dataset.look = model.look
    page.dataset.tone = model.tone
    if (this.#changed('title', model.title)) this.#doc.title = model.title
    if (this.#changed('favicon', `${model.arrival.minutes}/${model.state}`)) {
      drawFavicon(this.#doc, model.state === 'delivered' ? undefined : model.arrival.minutes)
    }
    this.#drawEmblem(model)
    this.#text('arrival-label', model.arrival.label)
    if (model.look !== 'loading') {
      this.#get('arrival').toggleAttribute('data-soft', model.arrival.soft === true)
      this.#text('arrival-main', model.arrival.main)
      this.#text('arrival-aside', model.arrival.aside ?? '')
      this.#text('sentence', model.sentence)
    }
    this.#drawFreshness(model)
    this.#get('progress').style.setProperty('--done', String(model.progress))
    this.#get('progress').hidden = model.look === 'end'
    this.#drawStages(model.stages, nowMs)
    this.#drawDetails(model)
  }

  #drawEmblem({ emblem }: PageModel): void {
    if (!this.#changed('emblem', emblem ?? '')) return
    const element = this.#get('emblem')
    element.hidden = emblem === undefined
    element.replaceChildren(...(emblem ? [icon(emblem, 40)] : []))
  }

  #drawFreshness({ freshness }: PageModel): void {
    const element = this.#get('freshness')
    element.hidden = freshness === undefined
    if (!freshness) return
    element.dataset.tone = freshness.tone
    if (this.#changed('freshness', freshness.text) && element.lastElementChild) {
      element.lastElementChild.textContent = freshness.text
    }
  }

  #drawStages(stages: Stage[], nowMs: number): void {
    if (!this.#changed('stages', JSON.stringify(stages))) return
    const list = this.#get('stages')
    list.replaceChildren(
      ...stages.map((stage) => {
        const row = this.#doc.createElement('li')
        row.dataset.state = stage.state
        row.dataset.stage = stage.key
        if (stage.state === 'current') row.setAttribute('aria-current', 'step')
        const dot = this.#doc.createElement('i')
        if (stage.state === 'done') dot.append(icon(stage.key === 'cancelled' ? 'cross' : 'check', 14))
        const time = stage.atMs === undefined ? undefined : this.#doc.createElement('time')
        if (time && stage.atMs !== undefined) {
          time.dateTime = new Date(stage.atMs).toISOString()
          time.textContent = formatTimeOrDay(stage.atMs, nowMs)
        }
        const spoken = this.#span(` (${strings.stages.state[stage.state]})`)
        spoken.className = 'spoken'
        row.append(dot, this.#span(stage.label), spoken, ...(time ? [time] : []))
        return row
      }),
    )
  }

  #drawDetails({ details }: PageModel): void {
    if (!this.#changed('details', JSON.stringify(details))) return
    this.#get('details').replaceChildren(
      ...details.map(({ label, value }) => {
        const group = this.#doc.createElement('div')
        const term = this.#doc.createElement('dt')
        const description = this.#doc.createElement('dd')
        term.textContent = label
        description.textContent = value
        group.append(term, description)
        return group
      }),
    )
  }

  #text(id: string, text: string): void {
    if (!this.#changed(id, text)) return
    const element = this.#get(id)
    const before = element.textContent
    element.textContent = text
    if (before && !this.#reducedMotion()) element.animate([{ opacity: 0.15 }, { opacity: 1 }], { duration: 280 })
  }

  #span(text: string): HTMLElement {
    const span = this.#doc.createElement('span')
    span.textContent = text
    return span
  }

  #changed(key: string, value: string): boolean {
    if (this.#shown.get(key) === value) return false
    this.#shown.set(key, value)
    return true
  }

  #get(id: string): HTMLElement {
    const element = this.#doc.getElementById(id)
    if (!element) throw new Error(`the page has no #${id}`)
    return element
  }
}
