/** Checks values against the part of JSON Schema 2020-12 that our documents use; a keyword not known here is an error. */

export type Schema = Record<string, unknown>

const ANNOTATIONS = new Set(['description', 'title', 'default', 'examples', 'format', '$schema', '$comment'])

/** What is wrong with `value`, each with its place; empty when it is valid. */
export function faultsOf(document: Schema, schema: Schema, value: unknown, at = ''): string[] {
  const faults: string[] = []
  const fail = (what: string) => faults.push(`${at || '/'}: ${what}`)
  const check = (inner: Schema, of: unknown, where: string) => faults.push(...faultsOf(document, inner, of, where))
  for (const [keyword, wanted] of Object.entries(schema)) {
    const list = wanted as Schema[]
    const many = wanted as Record<string, Schema>
    const n = wanted as number
    switch (keyword) {
      case '$ref':
        check(resolveRef(document, wanted as string), value, at)
        break
      case 'type':
        if (![wanted].flat().some((type) => isOfType(value, type as string))) fail(`is not ${wanted}`)
        break
      case 'const':
        if (value !== wanted) fail(`is not ${wanted}`)
        break
      case 'enum':
        if (!(wanted as unknown[]).includes(value)) fail(`${value} is none of ${wanted}`)
        break
      case 'anyOf':
      case 'oneOf':
        if (!list.some((option) => faultsOf(document, option, value).length === 0)) fail(`fits no ${keyword}`)
        break
      case 'allOf':
        for (const part of list) check(part, value, at)
        break
      case 'required':
        for (const name of wanted as string[]) if (isObject(value) && !(name in value)) fail(`${name} is missing`)
        break
      case 'properties':
        for (const [name, inner] of Object.entries(many)) {
          if (isObject(value) && name in value) check(inner, value[name], `${at}/${name}`)
        }
        break
      case 'additionalProperties':
        for (const [name, member] of Object.entries(isObject(value) ? value : {})) {
          if (name in ((schema.properties as object | undefined) ?? {})) continue
          if (wanted === false) fail(`${name} is not known`)
          else if (wanted !== true) check(wanted as Schema, member, `${at}/${name}`)
        }
        break
      case 'propertyNames':
        for (const name of Object.keys(isObject(value) ? value : {})) check(wanted as Schema, name, `${at}/${name}`)
        break
      case 'items':
        for (const [i, item] of (Array.isArray(value) ? value : []).entries())
          check(wanted as Schema, item, `${at}/${i}`)
        break
      case 'minItems':
        if (Array.isArray(value) && value.length < n) fail(`has fewer than ${n}`)
        break
      case 'maxItems':
        if (Array.isArray(value) && value.length > n) fail(`has more than ${n}`)
        break
      case 'minLength':
        if (typeof value === 'string' && value.length < n) fail(`is shorter than ${n}`)
        break
      case 'maxLength':
        if (typeof value === 'string' && value.length > n) fail(`is longer than ${n}`)
        break
      case 'minimum':
        if (typeof value === 'number' && value < n) fail(`is below ${n}`)
        break
      case 'maximum':
        if (typeof value === 'number' && value > n) fail(`is above ${n}`)
        break
      case 'pattern':
        if (typeof value === 'string' && !new RegExp(wanted as string, 'u').test(value)) fail(`is not like ${wanted}`)
        break
      default:
        if (!ANNOTATIONS.has(keyword)) fail(`the schema says ${keyword}, which this check does not know`)
    }
  }
  return faults
}

/** Every `$ref` in the document. */
export function refsOf(value: unknown): string[] {
  if (Array.isArray(value)) return value.flatMap(refsOf)
  if (!isObject(value)) return []
  return Object.entries(value).flatMap(([name, inner]) =>
    name === '$ref' && typeof inner === 'string' ? [inner] : refsOf(inner),
  )
}

/** What a local reference points to. @throws when it points to nothing */
export function resolveRef(document: Schema, ref: string): Schema {
  let found: unknown = document
  for (const step of ref.replace(/^#\//, '').split('/')) {
    found = isObject(found) ? found[step.replaceAll('~1', '/').replaceAll('~0', '~')] : undefined
  }
  if (!ref.startsWith('#/') || !isObject(found)) throw new Error(`${ref} points to nothing`)
  return found
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function isOfType(value: unknown, type: string): boolean {
  if (type === 'object') return isObject(value)
  if (type === 'array') return Array.isArray(value)
  if (type === 'null') return value === null
  if (type === 'integer') return Number.isInteger(value)
  return typeof value === type
}
