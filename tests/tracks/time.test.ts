import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import { parseTime } from '../../cli/tracks/time.ts'

const NOON_MS = Date.UTC(2026, 0, 31, 12, 0, 5)

describe('parseTime', () => {
  test.each([
    '2026-01-31T12:00:05Z',
    '2026-01-31T12:00:05',
    '2026-01-31 12:00:05',
    '2026/01/31 12:00:05',
    ' 2026-1-31  12:00:05 UTC ',
    '2026-01-31T13:00:05+01:00',
    '2026-01-31T13:00:05+0100',
    '2026-01-31T13:00:05+01',
    '2026-01-31T06:30:05-05:30',
    String(NOON_MS / 1000),
    String(NOON_MS),
    `${NOON_MS}000`,
    `${NOON_MS}000000`,
    '1.769860805e9',
  ])('reads %p', (text) => {
    expect(parseTime(text)).toBe(NOON_MS)
  })

  test('keeps milliseconds and cuts what is finer', () => {
    expect(parseTime('2026-01-31T12:00:05.8Z')).toBe(NOON_MS + 800)
    expect(parseTime('2026-01-31T12:00:05,123999Z')).toBe(NOON_MS + 123)
    expect(parseTime('1769860805.25')).toBe(NOON_MS + 250)
    expect(parseTime(NOON_MS / 1000 + 0.25)).toBe(NOON_MS + 250)
  })

  test('reads a date alone, minutes, the end of a day and a leap second', () => {
    expect(parseTime('2026-01-31')).toBe(Date.UTC(2026, 0, 31))
    expect(parseTime('2026-01-31T12:00')).toBe(Date.UTC(2026, 0, 31, 12))
    expect(parseTime('2026-01-31T24:00:00Z')).toBe(Date.UTC(2026, 1, 1))
    expect(parseTime('2016-12-31T23:59:60Z')).toBe(Date.UTC(2017, 0, 1))
  })

  test('does not take the first century for the twentieth', () => {
    expect(new Date(parseTime('0050-01-01T00:00:00Z') ?? 0).getUTCFullYear()).toBe(50)
  })

  test.each([
    '',
    ' ',
    'yesterday',
    '12:00:05',
    '2026-02-30',
    '2026-13-01',
    '2026-00-10',
    '2026-01-31T25:00:00Z',
    '2026-01-31T12:60:00Z',
    '2026-01-31T12:00:05+99:00',
    '2026-01-31T',
    '0x10',
    'NaN',
    '1e400',
  ])('refuses %p', (text) => {
    expect(parseTime(text)).toBeUndefined()
  })

  test.each([undefined, null, {}, true, Number.NaN, Number.POSITIVE_INFINITY])('refuses the value %p', (value) => {
    expect(parseTime(value)).toBeUndefined()
  })

  test('reads back every time that toISOString writes', () => {
    fc.assert(
      fc.property(fc.date({ min: new Date(0), max: new Date('9999-12-31'), noInvalidDate: true }), (date) => {
        expect(parseTime(date.toISOString())).toBe(date.getTime())
      }),
    )
  })
})
