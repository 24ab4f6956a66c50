/** Which map the server offers; it stands in the page's `zlt-map` meta tag. */
export type MapSettings = {
  /** A MapLibre style of the operator's choice: used instead of the tiles. */
  mapStyle?: string
  tiles?: {
    url: string
    /** West, south, east, north: elsewhere the plain ground is shown. */
    bounds: [number, number, number, number]
    credit: string
  }
}

/** Reads the settings; anything amiss means no tiles, never a broken page. */
export function parseMapSettings(content: string | null | undefined): MapSettings {
  try {
    const value: unknown = JSON.parse(content ?? '{}')
    if (typeof value !== 'object' || value === null) return {}
    const { map_style, tiles } = value as { map_style?: unknown; tiles?: Record<string, unknown> }
    const bounds = tiles?.bounds
    return {
      ...(typeof map_style === 'string' && map_style !== '' && { mapStyle: map_style }),
      ...(typeof tiles?.url === 'string' &&
        Array.isArray(bounds) &&
        bounds.length === 4 &&
        bounds.every(Number.isFinite) && {
          tiles: {
            url: tiles.url,
            bounds: bounds as [number, number, number, number],
            credit: typeof tiles.credit === 'string' ? tiles.credit : '',
          },
        }),
    }
  } catch {
    return {}
  }
}
