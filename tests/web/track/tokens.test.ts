import { describe, expect, test } from 'bun:test'
import { mapColors } from '../../../web/track/map-style.ts'

const css = await Bun.file(new URL('../../../web/track/tokens.css', import.meta.url)).text()

/** The colours a block of the style sheet sets, by name. */
function tokensAfter(selector: string): Map<string, string> {
  const at = css.indexOf(selector)
  if (at < 0) throw new Error(`${selector} is not in the style sheet`)
  const block = css.slice(at, css.indexOf('}', at))
  return new Map([...block.matchAll(/--([\w-]+): (#[0-9a-f]{6});/g)].map(([, name = '', color = '']) => [name, color]))
}

/** WCAG 2.2 relative luminance. */
function luminance(color: string): number {
  const [r = 0, g = 0, b = 0] = [1, 3, 5].map((at) => {
    const channel = Number.parseInt(color.slice(at, at + 2), 16) / 255
    return channel <= 0.040_45 ? channel / 12.92 : ((channel + 0.055) / 1.055) ** 2.4
  })
  return 0.2126 * r + 0.7152 * g + 0.0722 * b
}

function contrast(a: string | undefined, b: string | undefined): number {
  if (!a || !b) throw new Error('a colour is missing')
  const [high = 0, low = 0] = [luminance(a), luminance(b)].sort((x, y) => y - x)
  return (high + 0.05) / (low + 0.05)
}

const themes = {
  light: tokensAfter(':root {'),
  dark: tokensAfter(':root[data-theme="dark"] {'),
  systemDark: tokensAfter(':root:not([data-theme="light"]) {'),
}

describe.each(Object.entries(themes))('%s', (_, tokens) => {
  test.each([
    ['text', 'surface'],
    ['text', 'ground'],
    ['text-quiet', 'surface'],
    ['text-quiet', 'ground'],
    ['warn', 'surface'],
    ['good', 'surface'],
    ['accent', 'surface'],
    ['on-accent', 'accent'],
  ])('%s can be read on %s', (text, surface) => {
    expect(contrast(tokens.get(text), tokens.get(surface))).toBeGreaterThanOrEqual(4.5)
  })
})

test('the chosen dark theme is the system’s', () => {
  expect(themes.dark).toEqual(themes.systemDark)
})

test.each(['light', 'dark'] as const)('labels of the %s map can be read on its ground', (theme) => {
  const colors = mapColors(theme)
  expect(contrast(colors.label, colors.ground)).toBeGreaterThanOrEqual(4.5)
  expect(contrast(colors.waterLabel, colors.ground)).toBeGreaterThanOrEqual(4)
  expect(contrast(colors.toGo, colors.ground)).toBeGreaterThanOrEqual(4.5)
})
