import { strings } from './strings.ts'

const languages: readonly string[] = globalThis.navigator?.languages ?? []
/** The page's words are English; times and numbers follow the person's own region of English, or British custom. */
const locale = languages.find((language) => language.startsWith('en')) ?? 'en-GB'

const { hour12 } = new Intl.DateTimeFormat(locale, { hour: 'numeric' }).resolvedOptions()
/** `09:05` where a day has 24 hours, `9:05 AM` where it has twice twelve. */
const hourDigits = hour12 ? 'numeric' : '2-digit'
const clock = new Intl.DateTimeFormat(locale, { hour: hourDigits, minute: '2-digit' })
const dayAndClock = new Intl.DateTimeFormat(locale, {
  weekday: 'short',
  day: 'numeric',
  month: 'short',
  hour: hourDigits,
  minute: '2-digit',
})
/** Units are words, and the page's words are English wherever the person is. */
const language = 'en'
const relative = new Intl.RelativeTimeFormat(language, { style: 'short' })
const relativeLong = new Intl.RelativeTimeFormat(language)
const plural = new Intl.PluralRules(language)
const minute = new Intl.NumberFormat(language, { style: 'unit', unit: 'minute', unitDisplay: 'short' })
const minuteLong = new Intl.NumberFormat(language, { style: 'unit', unit: 'minute', unitDisplay: 'long' })
const second = new Intl.NumberFormat(language, { style: 'unit', unit: 'second', unitDisplay: 'short' })
const hour = new Intl.NumberFormat(language, { style: 'unit', unit: 'hour', unitDisplay: 'short' })
const meter = new Intl.NumberFormat(language, { style: 'unit', unit: 'meter', maximumFractionDigits: 0 })
const kilometer = new Intl.NumberFormat(language, { style: 'unit', unit: 'kilometer', maximumFractionDigits: 1 })

/** `12:41`. */
export const formatTime = (atMs: number): string => clock.format(atMs)

/** `12:41` today, `Mon, 3 Feb, 12:41` on another day. */
export function formatTimeOrDay(atMs: number, nowMs: number): string {
  const sameDay = new Date(atMs).toDateString() === new Date(nowMs).toDateString()
  return (sameDay ? clock : dayAndClock).format(atMs)
}

/**
 * `12:41 – 12:46`, or one time when both ends are the same minute.
 *
 * Without AM and PM: the range stands large beside the minutes that are left, and both would not fit.
 */
export function formatTimeRange(fromMs: number, toMs: number): string {
  const [from, to] = [bareTime(fromMs), bareTime(toMs)]
  return from === to ? from : `${from} – ${to}`
}

function bareTime(atMs: number): string {
  const parts = clock.formatToParts(atMs).filter(({ type }) => type !== 'dayPeriod')
  return parts
    .map(({ value }) => value)
    .join('')
    .trim()
}

/** `8–11 min`, or `8 min` when both ends round alike. */
export function formatMinutesRange(fromMs: number, toMs: number): string {
  const from = Math.max(1, Math.round(fromMs / 60_000))
  const to = Math.max(from, Math.round(toMs / 60_000))
  return from === to ? minute.format(from) : `${from}–${minute.format(to)}`
}

/** `about 5 minutes` without the about. */
export const formatMinutes = (ms: number): string => minuteLong.format(Math.max(1, Math.round(ms / 60_000)))

/** `2 s ago`, `3 min ago`: the short form for the quiet line. */
export function formatAgo(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1_000))
  if (seconds < 60) return relative.format(-seconds, 'second').replace('sec.', 's')
  const minutes = Math.round(seconds / 60)
  if (minutes < 60) return relative.format(-minutes, 'minute').replace('min.', 'min')
  return relative.format(-Math.round(minutes / 60), 'hour').replace('hr.', 'h')
}

/** `3 minutes ago`, for sentences, which do not count seconds. */
export function formatSpanAgo(ms: number): string {
  const minutes = Math.floor(ms / 60_000)
  if (minutes < 1) return strings.lessThanAMinuteAgo
  return minutes < 60 ? relativeLong.format(-minutes, 'minute') : relativeLong.format(-Math.round(minutes / 60), 'hour')
}

/** `40 s`, `3 min`, `2 h`. */
export function formatSpan(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1_000))
  if (seconds < 60) return second.format(seconds).replace('sec', 's')
  const minutes = Math.round(seconds / 60)
  return minutes < 60 ? minute.format(minutes) : hour.format(Math.round(minutes / 60)).replace('hr', 'h')
}

/** `400 m`, `2.3 km`: rounded to what a person can use; a line does not end between number and unit. */
export function formatDistance(m: number): string {
  if (m < 950) return joined(meter.format(m < 100 ? Math.max(10, Math.round(m / 10) * 10) : Math.round(m / 50) * 50))
  return joined(kilometer.format(m < 9_950 ? m / 1_000 : Math.round(m / 1_000)))
}

const joined = (text: string): string => text.replace(' ', '\u00a0')

/** The plural rule of a count in the page's language. */
export const pluralOf = (count: number): Intl.LDMLPluralRule => plural.select(count)
