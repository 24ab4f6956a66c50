/** Each adapter alone, and the whole that `openRoutes` makes of each setting, keep the contract. */

import { withCallerLine } from '../../../src/adapters/routes/caller.ts'
import { EngineRoutes } from '../../../src/adapters/routes/engine.ts'
import { graphhopper } from '../../../src/adapters/routes/graphhopper.ts'
import { openRoutes } from '../../../src/adapters/routes/open.ts'
import { osrm } from '../../../src/adapters/routes/osrm.ts'
import { StraightRoutes } from '../../../src/adapters/routes/straight.ts'
import { valhalla } from '../../../src/adapters/routes/valhalla.ts'
import { configOf } from '../../../src/config.ts'
import { encodePolyline } from '../../../src/domain/polyline.ts'
import type { RouteProvider, RouteRequest } from '../../../src/ports/routes.ts'
import { describeRoutesContract, type OpenedRoutes, type RouteWorld } from '../../contract/routes.contract.ts'
import {
  graphhopperAnswer,
  osrmAnswer,
  startTestEngine,
  type TestEngine,
  valhallaAnswer,
} from '../../support/routes/test-engine.ts'
import { TOWN, townWay } from '../../support/routes/world.ts'

const ENGINES = [
  ['osrm', osrm, osrmAnswer],
  ['valhalla', valhalla, valhallaAnswer],
  ['graphhopper', graphhopper(), graphhopperAnswer],
] as const

/** An engine takes a heading for a demand; it is `openRoutes` that makes a wish of it. */
const DEMAND = [{ reason: 'OSRM itself finds no street against the heading', tests: ['a heading is only a wish'] }]

for (const [name, dialect, answer] of ENGINES) {
  const options = name === 'osrm' ? { skip: DEMAND } : {}
  describeRoutesContract(
    `${name} alone`,
    () => onEngine(answer, ({ url }) => new EngineRoutes(dialect, { url })),
    options,
  )
  describeRoutesContract(`what opens for ${name}`, () =>
    onEngine(answer, ({ url }) => openRoutes(configOf({ routes: name, routesUrl: url }))),
  )
}

describeRoutesContract('the straight line', async () => ({ routes: new StraightRoutes(), ...town() }))
describeRoutesContract('what opens for none', async () => ({ routes: openRoutes(configOf()), ...town() }))
describeRoutesContract('the order’s own line', async () => ({
  routes: withCallerLine(new StraightRoutes()),
  ...town(),
  world: withLines(TOWN),
}))

function town(): Pick<OpenedRoutes, 'world' | 'cleanup'> {
  return { world: TOWN, cleanup: async () => {} }
}

async function onEngine(
  answer: TestEngine['answer'],
  open: (engine: TestEngine) => RouteProvider,
): Promise<OpenedRoutes> {
  const engine = startTestEngine(answer)
  return { routes: open(engine), world: TOWN, cleanup: () => engine.close() }
}

/** Each trip brings the line that leads there; a changed request no longer fits it. */
function withLines(world: RouteWorld): RouteWorld {
  const withLine = (trip: RouteRequest): RouteRequest => {
    const legs = townWay([trip.from, ...(trip.via ?? []), trip.to])
    return {
      ...trip,
      line: {
        polyline: encodePolyline(
          legs.flatMap(({ line }) => line),
          5,
        ),
        precision: 5,
      },
    }
  }
  const [first, second, third] = world.trips
  return { ...world, trips: [withLine(first), withLine(second), withLine(third)], withStops: withLine(world.withStops) }
}
