import { expect, test } from 'bun:test'
import { ZltError } from '../../src/errors.ts'
import { parseBody, type SchemaName } from '../../src/http/schemas.ts'

function refused(name: SchemaName, input: unknown): ZltError {
  try {
    parseBody(name, input)
  } catch (error) {
    if (error instanceof ZltError) return error
  }
  throw new Error(`${name} took it`)
}

test('every fault is named with its pointer, as RFC 6901 writes it', () => {
  const { faults } = refused('OrderInput', { id: 7, drop: { lat: 91 }, 'a/b~c': 1 })
  expect(faults?.map(({ pointer, code }) => [pointer, code])).toEqual([
    ['/id', 'wrong_type'],
    ['/drop/lat', 'out_of_range'],
    ['/drop/lng', 'required'],
    ['/a~1b~0c', 'invalid_body'],
  ])
})

test('an answer does not grow with what is wrong', () => {
  const many = refused('OrderInput', { stops: new Array(50).fill({ lat: 'x', lng: 'x', kind: 'x', name: 7 }) })
  expect(many.faults?.length).toBe(100)
  const members = Object.fromEntries(Array.from({ length: 10_000 }, (_, i) => [`member${i}`, 1]))
  const unknown = refused('OrderInput', members)
  expect(JSON.stringify([unknown.message, unknown.faults]).length).toBeLessThan(1_000)
})

test('each fault says in plain words what is asked', () => {
  const body = { username: 'ann', role: 7, password: 'short' }
  const details = (refused('UserInput', body).faults ?? []).map(({ pointer, detail }) => [pointer, detail])
  expect(details).toEqual([
    ['/password', 'a password has 8–256 characters'],
    ['/role', expect.stringContaining('ADMIN')],
  ])
  expect(refused('OrderInput', { drop: { lat: 1 } }).faults?.[0]?.detail).toBe('is required')
  expect(refused('OrderInput', { drop: { lat: '1', lng: 1 } }).faults?.[0]?.detail).toBe('must be of type number')
})
