/** The AsyncAPI 3 document of the socket and the topics. */

import { z } from 'zod'
import {
  type Arrival,
  type Eta,
  type Motion,
  ORDER_STATUSES,
  type OrderPart,
  type PositionPart,
  type RoutePart,
} from '../domain/view'
import { CLOSE } from '../errors'
import { VERSION } from '../version'

const id = z.string().regex(/^[A-Za-z0-9._:-]{1,64}$/)
const ms = z.number().int()
const place = z.object({ lat: z.number(), lng: z.number(), name: z.string().optional() })

/** A schema for each member of a part: with one forgotten or invented this file does not compile. */
type MembersOf<Part> = Record<keyof Part, z.ZodType>

const orderPart = z.looseObject({
  rev: z.number().int().describe('version: greater is newer'),
  status: z.enum(ORDER_STATUSES),
  timeline: z.array(z.object({ status: z.string(), at_ms: ms })),
  assignment: z.number().int(),
  visible: z.boolean(),
  stops_before: z.number().int(),
  pickup: place.optional(),
  drop: place.optional(),
  vehicle: z.string().optional(),
  promised_ms: ms.optional(),
} satisfies MembersOf<OrderPart>)
const eta = z.looseObject({
  arrival_ms: ms,
  earliest_ms: ms,
  latest_ms: ms,
  source: z.enum(['route', 'estimate'] satisfies Eta['source'][]),
} satisfies MembersOf<Eta>)
const positionPart = z.looseObject({
  at: z.number().int().describe('version: (at, rev) greater is newer'),
  rev: z.number().int(),
  assignment: z.number().int().describe('show only while equal to order.assignment and order.visible'),
  id: id.optional(),
  lat: z.number(),
  lng: z.number(),
  timestamp: z.number().int().describe('epoch seconds'),
  fix_time_ms: ms,
  received_ms: ms,
  accuracy_m: z.number().optional(),
  heading_deg: z.number().optional(),
  speed_mps: z.number().optional(),
  route_id: z.string().optional().describe('the route that along_m lies on'),
  along_m: z.number().optional(),
  remaining_m: z.number().optional().describe('to the drop, by the line or estimated'),
  eta: eta.optional(),
  motion: z.enum(['moving', 'waiting', 'at_pickup', 'at_other_stop', 'catching_up'] satisfies Motion[]),
  since_ms: ms.describe('since when motion holds'),
  arrival: z.enum(['nearby', 'arriving', 'arrived'] satisfies Arrival[]).optional(),
  stale_after_ms: ms.describe('stale when no newer position came for this long'),
} satisfies MembersOf<PositionPart>)
const routePart = z.looseObject({
  id: z.string().describe('show it with the positions that name it by route_id'),
  polyline: z.string().describe('Google’s encoded polyline'),
  precision: z.number().int().describe('decimals of a degree'),
} satisfies MembersOf<RoutePart>)
const record = z.looseObject({
  partner_id: id,
  order_id: id,
  lat: z.number(),
  lng: z.number(),
  timestamp: z.number().describe('epoch seconds'),
  device_time_ms: ms.optional(),
  fix_time_ms: ms.optional(),
  received_ms: ms.optional(),
  assignment: z.number().int().optional(),
  accuracy_m: z.number().optional(),
  id: id.optional(),
})

const FRAMES = {
  view: [
    'send',
    'The newest parts of an order; an absent part deletes nothing',
    z.looseObject({
      type: z.literal('view'),
      order_id: id,
      epoch: z.number().int(),
      now_ms: ms,
      order: orderPart.optional(),
      position: positionPart.optional(),
      route: routePart.optional(),
    }),
  ],
  beat: ['send', 'Nothing was sent for 10 s; answer with ack', z.looseObject({ type: z.literal('beat'), now_ms: ms })],
  end: [
    'send',
    'Nothing more comes for this order',
    z.looseObject({
      type: z.literal('end'),
      order_id: id,
      reason: z.enum(['delivered', 'cancelled', 'revoked', 'expired', 'forgotten']),
    }),
  ],
  error: [
    'send',
    'The answer to a refused watch',
    z.looseObject({ type: z.literal('error'), order_id: id.optional(), code: z.string() }),
  ],
  ack: ['receive', 'I am here', z.looseObject({ type: z.literal('ack'), now_ms: ms.optional() })],
  auth: [
    'receive',
    'A fresh token before the old one ends',
    z.looseObject({ type: z.literal('auth'), token: z.string() }),
  ],
  watch: ['receive', 'Watch one more order', z.looseObject({ type: z.literal('watch'), order_id: id })],
  unwatch: ['receive', 'Stop watching one', z.looseObject({ type: z.literal('unwatch'), order_id: id })],
} as const

export function asyncApiDocument(): Record<string, unknown> {
  const messages: Record<string, unknown> = {}
  const operations: Record<string, unknown> = {}
  for (const [name, [action, summary, schema]] of Object.entries(FRAMES)) {
    messages[name] = { name, summary, contentType: 'application/json', payload: jsonSchema(schema) }
    operations[`${action}_${name}`] = {
      action,
      channel: { $ref: '#/channels/socket' },
      messages: [{ $ref: `#/channels/socket/messages/${name}` }],
    }
  }
  const closeCodes = Object.entries(CLOSE).map(([name, code]) => `${code} ${name}`)
  return {
    asyncapi: '3.0.0',
    info: { title: 'zlt', version: VERSION, description: 'The socket that viewers open, and the topics underneath.' },
    channels: {
      socket: {
        address: '/ws',
        description: `Open with ?order_id=…; token by Authorization or by the subprotocols zlt.v1 and zlt.bearer.<jwt>. Close codes: ${closeCodes.join(', ')}.`,
        messages,
      },
      locations: topic('delivery.location.v1', 'Fixes; key = order id', record),
      orders: topic('delivery.order.v1', 'The whole value of each order; compacted, null when gone', orderPart),
      access: topic('delivery.access.v1', 'epoch, and what revokes access; compacted', z.unknown()),
    },
    operations,
  }
}

function topic(address: string, description: string, schema: z.ZodType): Record<string, unknown> {
  return { address, description, messages: { value: { contentType: 'application/json', payload: jsonSchema(schema) } } }
}

function jsonSchema(schema: z.ZodType): Record<string, unknown> {
  const { $schema: _dialect, ...rest } = z.toJSONSchema(schema) as Record<string, unknown>
  return rest
}
