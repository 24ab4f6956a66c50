import { expect, test } from 'bun:test'
import { checkOsrmAnswers, describeAnswer } from '../../scripts/check-osrm-answers.ts'
import { osrmAnswer } from '../support/routes/test-engine.ts'

test('tells what became of each answer', async () => {
  const url = new URL('http://osrm/route/v1/car/9.5,47.16;9.52,47.18?geometries=polyline6')
  const good = await (await osrmAnswer({ url })).text()
  const checked = await checkOsrmAnswers(
    new Map([
      ['good.json', good],
      ['snapped.json', good.replace('"distance":0}', '"distance":7671924.5}')],
      ['err-none.json', '{"code":"NoRoute","message":"Impossible route between points"}'],
      ['cut.json', good.slice(0, 50)],
    ]),
  )
  expect(checked.map(describeAnswer)).toEqual([
    `good.json                        ${/route of .*/.exec(describeAnswer(checked[0] as (typeof checked)[0]))}`,
    'snapped.json                     no_route, off_road: the nearest street is 7671.9 km away',
    'err-none.json                    no_route, no_way: NoRoute: Impossible route between points',
    'cut.json                         unavailable, unreadable: HTTP 200 without JSON',
  ])
  expect(checked[0]?.answer).toMatchObject({ kind: 'route', durationS: expect.any(Number) })
})
