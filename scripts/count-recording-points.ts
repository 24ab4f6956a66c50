/** Points found by text search: of the kind a reader should take, and of the kinds it should leave alone. */
export interface PointCount {
  read: number
  rest: number
}

/**
 * Counts the points with a position in the text of a recording, by means that share nothing with the readers: regular
 * expressions over the whole text, lines, and a walk over JSON. It trusts the text to be well formed.
 */
export function countPoints(text: string): PointCount {
  if (/<(?:\w+:)?gpx\b/.test(text)) return bestOf(countGpx(text))
  if (/<(?:\w+:)?kml\b/.test(text)) return bestOf(countKml(text))
  if (text.includes('<TrainingCenterDatabase')) return bestOf(countTcx(text))
  if (/^\uFEFF?\s*[[{]/.test(text)) return countJson(text)
  const lines = text.split(/\r\n|\n|\r/).filter((line) => line.trim() !== '')
  if (/\t\{/.test(lines[0] ?? '')) return { read: lines.filter(isLocation).length, rest: 0 }
  return { read: lines.length - 1, rest: 0 }
}

/** The first count above zero is what is read. */
function bestOf(counts: readonly number[]): PointCount {
  const read = counts.find((count) => count > 0) ?? 0
  return { read, rest: counts.reduce((sum, count) => sum + count, 0) - read }
}

function countGpx(text: string): number[] {
  return ['trkpt', 'rtept', 'wpt'].map((name) => {
    const tags = text.match(new RegExp(`<(?:\\w+:)?${name}\\s[^>]*>`, 'g')) ?? []
    return tags.filter((tag) => /\slat\s*=/.test(tag) && /\slon\s*=/.test(tag)).length
  })
}

function countKml(text: string): number[] {
  const coords = text.match(/<(?:gx:)?coord>\s*[^<\s]/g) ?? []
  const within = (name: string) =>
    [...text.matchAll(new RegExp(`<${name}[ >][\\s\\S]*?</${name}>`, 'g'))]
      .flatMap((match) => [...match[0].matchAll(/<coordinates>([\s\S]*?)<\/coordinates>/g)])
      .flatMap((match) => match[1]?.match(/\S+/g) ?? []).length
  return [coords.length, within('LineString'), within('Point')]
}

function countTcx(text: string): number[] {
  const countIn = (part: string) =>
    part
      .split(/<Trackpoint[ >]/)
      .slice(1)
      .filter((piece) => piece.split('</Trackpoint>')[0]?.includes('<LongitudeDegrees>')).length
  const courses = (text.match(/<Course[ >][\s\S]*?<\/Course>/g) ?? []).join('')
  const inCourses = countIn(courses)
  return [countIn(text) - inCourses, inCourses]
}

function countJson(text: string): PointCount {
  const wkt = text.match(/"POINT ?\(/g)?.length ?? 0
  if (wkt > 0) return { read: wkt, rest: 0 }
  let root: unknown
  try {
    root = JSON.parse(text.replace(/^\uFEFF/, ''))
  } catch {
    return { read: text.split('\n').filter(isLocation).length, rest: 0 }
  }
  let positions = 0
  let records = 0
  const walk = (value: unknown): void => {
    if (typeof value !== 'object' || value === null) return
    if (Array.isArray(value) && typeof value[0] === 'number' && typeof value[1] === 'number') positions += 1
    else if ('lat' in value || 'latitude' in value) records += 1
    else Object.values(value).forEach(walk)
  }
  walk(root)
  return { read: positions + records, rest: 0 }
}

function isLocation(line: string): boolean {
  return /"lat"\s*:/.test(line) && !/"_type"\s*:\s*"(?!location")/.test(line)
}
