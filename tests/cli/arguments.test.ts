import { expect, setSystemTime, test } from 'bun:test'
import { parseIdArgument, parsePlaceArgument, parseTimeArgument } from '../../cli/arguments'

test('a place is lat,lng and perhaps a name, which may hold commas', () => {
  expect(parsePlaceArgument('12.97,77.59')).toEqual({ lat: 12.97, lng: 77.59 })
  expect(parsePlaceArgument('-90, 180,Home, 2nd floor')).toEqual({ lat: -90, lng: 180, name: 'Home, 2nd floor' })
})

test.each(['', '12.97', '12.97,', ',77', '91,0', '0,181', '1e1,0', 'NaN,0', '0x1,0'])('%j is no place', (raw) => {
  expect(() => parsePlaceArgument(raw)).toThrow('Write lat,lng')
})

test('a time is from now, or ISO 8601 with its zone', () => {
  setSystemTime(1_760_000_000_000)
  try {
    expect(parseTimeArgument('45m')).toBe(1_760_002_700_000)
  } finally {
    setSystemTime()
  }
  expect(parseTimeArgument('2026-05-01T18:30:00+02:00')).toBe(Date.UTC(2026, 4, 1, 16, 30))
})

test.each(['', '45', 'tomorrow', '2026-05-01', '2026-05-01T18:30:00', '2026-13-01T18:30:00Z'])(
  '%j is no time',
  (raw) => {
    expect(() => parseTimeArgument(raw)).toThrow('Write a time')
  },
)

test('an id is checked before anything is sent', () => {
  expect(parseIdArgument('a.b:c_1-2')).toBe('a.b:c_1-2')
  expect(() => parseIdArgument('a/b')).toThrow('1–64')
})
