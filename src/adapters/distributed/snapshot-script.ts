/** How tracks and trails lie in Redis, and the script that saves them. */

import type { Track, TrailPoint } from '../../domain/track'
import { RedisScript } from './redis-script'

const HOUR_MS = 3_600_000
/** A track lives so long after its last save: without one, its order has long been silent. */
export const TRACK_LIFE_MS = 6 * HOUR_MS
/**
 * A trail lives so long after its last point. Nothing says here when an order ends; but it is silent for at most a track's
 * life before that, so its trail lives at least 24 h after the end.
 */
export const TRAIL_LIFE_MS = TRACK_LIFE_MS + 24 * HOUR_MS
/** As many as the largest safe integer has. */
export const AT_DIGITS = 16
/** A member of a trail that is no point: some are missing. */
export const INCOMPLETE = '!'

/**
 * KEYS: since when this epoch's snapshots are kept here; track and trail of each order. ARGV: a track's life, a trail's,
 * a vouched order's, the most points of a trail; for each order its track, its assignment, how many points, and each
 * point's `at` and text.
 *
 * A trail that begins now is complete when what it misses would lie here: the order was assigned after keeping began (an
 * assignment is the epoch ms of its own making), and less than a trail's life ago. A vouched order has no assignment; it
 * begins anew when it was silent for its life, so what began before that is enough.
 */
export const SAVE = new RedisScript(`
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local trackLife, trailLife, vouchedLife, most = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4])
local begun = tonumber(redis.call('GET', KEYS[1]) or now)
redis.call('SET', KEYS[1], string.format('%.0f', begun), 'PX', 100 * trailLife)

local function holdsAllOf(assignment)
  if assignment == 0 then return begun <= now - vouchedLife end
  return assignment >= begun and assignment >= now - trailLife
end

local function thin(trail)
  local points = {}
  for _, member in ipairs(redis.call('ZRANGE', trail, 0, -1)) do
    local at, ms = string.match(member, '^([^|]*)|([^|]*)|')
    if at then points[#points + 1] = {tonumber(ms), tonumber(at), member} end
  end
  table.sort(points, function (a, b) if a[1] ~= b[1] then return a[1] < b[1] end return a[2] < b[2] end)
  while #points > most do
    local kept = {}
    for i, point in ipairs(points) do
      if (#points - i) % 2 == 0 then kept[#kept + 1] = point else redis.call('ZREM', trail, point[3]) end
    end
    points = kept
  end
  redis.call('ZADD', trail, -2, '${INCOMPLETE}')
end

local arg = 5
for i = 2, #KEYS, 2 do
  local track, trail = KEYS[i], KEYS[i + 1]
  local value, assignment, count = ARGV[arg], tonumber(ARGV[arg + 1]), tonumber(ARGV[arg + 2])
  arg = arg + 3
  local at = redis.call('GETRANGE', track, 0, ${AT_DIGITS - 1})
  if at == '' or tonumber(at) <= tonumber(string.sub(value, 1, ${AT_DIGITS})) then
    redis.call('SET', track, value, 'PX', trackLife)
  else
    redis.call('PEXPIRE', track, trackLife)
  end
  if count > 0 then
    if redis.call('EXISTS', trail) == 0 and not holdsAllOf(assignment) then
      redis.call('ZADD', trail, -2, '${INCOMPLETE}')
    end
    for _ = 1, count do
      if redis.call('ZCOUNT', trail, ARGV[arg], ARGV[arg]) == 0 then
        redis.call('ZADD', trail, ARGV[arg], ARGV[arg + 1])
      end
      arg = arg + 2
    end
    redis.call('PEXPIRE', trail, trailLife)
    if redis.call('ZCOUNT', trail, 0, '+inf') > most then thin(trail) end
  end
end
return redis.status_reply('OK')`)

/** `<at + 1, padded>|json`: a track that has seen nothing is at −1. */
export function encodeTrack(track: Track): string {
  return `${String(track.at + 1).padStart(AT_DIGITS, '0')}|${JSON.stringify(track)}`
}

export function encodePoint({ at, lat, lng, timeMs }: TrailPoint): string {
  return `${at}|${timeMs}|${lat}|${lng}`
}

/** Undefined for what is no point. */
export function decodePoint(member: string): TrailPoint | undefined {
  const [at, timeMs, lat, lng, ...rest] = member.split('|').map(Number)
  const numbers = [at, timeMs, lat, lng]
  if (rest.length > 0 || !numbers.every(Number.isFinite)) return undefined
  return { at, lat, lng, timeMs } as TrailPoint
}
