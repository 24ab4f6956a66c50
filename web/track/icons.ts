import type { Vehicle } from '../../src/domain/view.ts'

const svgNs = 'http://www.w3.org/2000/svg'

/** Line drawings on a 24 × 24 grid; drawn with round strokes in the current colour. */
const paths = {
  foot: 'M13 4.5a1 1 0 1 0 .01 0M12.5 8l-2 6 3 2.5 1 4M10.5 14l-1 2.5-2.5 3.5M12.5 8 9 9.5 8 12.5M12.5 8l2.5 3 2.5.8',
  bicycle:
    'M5.5 13a3.5 3.5 0 1 0 .01 0M18.5 13a3.5 3.5 0 1 0 .01 0M5.5 16.5 9 9.5h6l3.5 7M9 9.5l3.5 7h-7M12.5 16.5 15 9.5M15 9.5 14.2 7h2.3M7.5 8h3',
  motorbike:
    'M6 14a3 3 0 1 0 .01 0M18 14a3 3 0 1 0 .01 0M6 14c2.6 0 4 1.6 4 3h4.5c0-3 1.2-4.6 3-5L16 6h-2.5M4.5 11.5h6c.5 2 1.5 3.5 4 3.5M5 9h4.5v2.5',
  car: 'M4 16.5v-3.2c0-.8.4-1.4 1-1.8l1.6-4c.3-.7.9-1.1 1.7-1.1h7.4c.8 0 1.4.4 1.7 1.1l1.6 4c.6.4 1 1 1 1.8v3.2c0 .6-.4 1-1 1H5c-.6 0-1-.4-1-1ZM5.2 11.5h13.6M7.3 14.5h.4M16.3 14.5h.4M6 17.5v1.5M18 17.5v1.5',
  van: 'M3 16V7.5C3 6.700 3.700 6 4.500 6H14v10M14 9h3.500l3.500 4v3h-2M3 16h2M9 16h6M7 14.200a1.900 1.900 0 1 0 .01 0M17 14.200a1.900 1.900 0 1 0 .01 0',
  home: 'M4.5 11 12 4.500 19.500 11M6.500 9.500V19h11V9.500M10.200 19v-5h3.600v5',
  shop: 'M5 10v9h14v-9M3.500 9.500 5.500 5h13l2 4.500c0 1.500-1.200 2.500-2.800 2.500-1.500 0-2.800-1-2.800-2.500 0 1.500-1.300 2.500-2.900 2.500s-2.900-1-2.900-2.500C9.100 11 7.800 12 6.300 12 4.700 12 3.500 11 3.500 9.500ZM9.500 19v-4h5v4',
  check: 'M5 12.500 10 17.500 19.500 7',
  cross: 'M7 7l10 10M17 7 7 17',
  link: 'M10 14a4 4 0 0 0 5.700 0l3-3A4 4 0 0 0 13 5.300l-1 1M14 10a4 4 0 0 0-5.700 0l-3 3a4 4 0 0 0 5.700 5.700l1-1',
  clock: 'M12 4a8 8 0 1 0 .01 0M12 8v4.500l3 1.800',
  target: 'M12 8a4 4 0 1 0 .01 0M12 2.500v3M12 18.500v3M2.500 12h3M18.500 12h3',
  update: 'M12 4v10M8 10.500l4 4 4-4M5 19.500h14',
} as const

/** A drawing of this page. */
export type IconName = keyof typeof paths

/** An icon as an element; hidden from screen readers, since words stand beside it. */
export function icon(name: IconName, size = 24): SVGSVGElement {
  const svg = document.createElementNS(svgNs, 'svg')
  svg.setAttribute('viewBox', '0 0 24 24')
  svg.setAttribute('width', String(size))
  svg.setAttribute('height', String(size))
  svg.setAttribute('class', 'icon')
  svg.setAttribute('aria-hidden', 'true')
  const path = document.createElementNS(svgNs, 'path')
  path.setAttribute('d', paths[name])
  svg.append(path)
  return svg
}

/** The drawing of a vehicle; a rider with an unknown one is shown on a motorbike. */
export const vehicleIcon = (vehicle: Vehicle | undefined): IconName => vehicle ?? 'motorbike'
