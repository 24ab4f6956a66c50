/** Shows the server's own OpenAPI document as a page to read. */

interface Operation {
  summary: string
  'x-roles': 'public' | string[]
  parameters?: { name: string; in: string; description?: string }[]
  requestBody?: { content: Record<string, { schema: Ref }> }
  responses: Record<string, { description: string; content?: Record<string, { schema: Ref }> }>
}
interface Ref {
  $ref?: string
}
interface Document_ {
  paths: Record<string, Record<string, Operation>>
  components: { schemas: Record<string, unknown> }
}

const list = document.getElementById('routes') as HTMLElement
const filter = document.getElementById('filter') as HTMLInputElement

function element<K extends keyof HTMLElementTagNameMap>(name: K, text = '', className = ''): HTMLElementTagNameMap[K] {
  const made = document.createElement(name)
  if (text !== '') made.textContent = text
  if (className !== '') made.className = className
  return made
}

function describeRoute(path: string, method: string, operation: Operation, api: Document_): HTMLElement {
  const details = element('details')
  const summary = element('summary')
  summary.append(
    element('b', method.toUpperCase(), 'method'),
    element('code', path),
    element('span', operation.summary),
  )
  const facts = element('dl')
  const roles = operation['x-roles']
  addFact(facts, 'Who', roles === 'public' ? 'everybody, without a token' : roles.join(', '))
  for (const { name, in: place, description } of operation.parameters ?? []) {
    addFact(facts, `${name} (${place})`, description ?? 'required')
  }
  const body = operation.requestBody?.content['application/json']
  if (body !== undefined) addSchema(facts, 'Body', body.schema, api)
  for (const [status, answer] of Object.entries(operation.responses)) {
    const json = answer.content?.['application/json']
    if (json !== undefined) addSchema(facts, `Answer ${status}`, json.schema, api)
    else addFact(facts, `Answer ${status}`, answer.description.replaceAll('`', ''))
  }
  details.append(summary, facts)
  return details
}

function addFact(facts: HTMLElement, name: string, value: string): void {
  facts.append(element('dt', name), element('dd', value))
}

function addSchema(facts: HTMLElement, name: string, { $ref }: Ref, api: Document_): void {
  const schema = $ref === undefined ? {} : api.components.schemas[$ref.split('/').at(-1) ?? '']
  const value = element('dd')
  const text = element('pre', JSON.stringify(schema, null, 2))
  // It scrolls to the side, which a keyboard can do only from within.
  text.tabIndex = 0
  value.append(text)
  facts.append(element('dt', name), value)
}

function applyFilter(): void {
  const wanted = filter.value.trim().toLowerCase()
  for (const route of list.children) {
    ;(route as HTMLElement).hidden = !(route.textContent ?? '').toLowerCase().includes(wanted)
  }
}

async function showApi(): Promise<void> {
  try {
    const response = await fetch('/openapi.json')
    const api = (await response.json()) as Document_
    const routes = Object.entries(api.paths).flatMap(([path, operations]) =>
      Object.entries(operations).map(([method, operation]) => describeRoute(path, method, operation, api)),
    )
    list.replaceChildren(...routes)
  } catch {
    list.replaceChildren(element('p', 'The document could not be loaded; reload to try again.'))
  }
}

filter.addEventListener('input', applyFilter)
void showApi()
