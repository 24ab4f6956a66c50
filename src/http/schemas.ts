/** The forms of request and answer bodies: they parse what comes in, and the API document is made from them. */

import { z } from 'zod'
import { ROLES } from '../domain/audience'
import { fixSchema } from '../domain/fix'
import { ID_PATTERN, isReserved } from '../domain/id'
import { decodePolyline } from '../domain/polyline'
import { ORDER_STATUSES } from '../domain/view'
import { type Fault, ZltError } from '../errors'

const id = z.string().regex(new RegExp(ID_PATTERN), 'an id is 1–64 of A-Za-z0-9._:-')
const role = z.enum(ROLES)
const epochMs = z.number().int().min(946_684_800_000).max(4_102_444_800_000)
const place = z.strictObject({
  lat: z.number().min(-90).max(90),
  lng: z.number().min(-180).max(180),
  name: z.string().max(200).optional(),
})
const stop = place.extend({ kind: z.enum(['pickup', 'drop']) })
const route = z
  .strictObject({
    polyline: z
      .string()
      .max(100_000)
      .regex(/^[?-~]+$/, 'a polyline is made of the characters from ? to ~'),
    precision: z.union([z.literal(5), z.literal(6)]),
  })
  .refine(isPolyline, 'the polyline cannot be read at this precision')
const status = z.enum(ORDER_STATUSES)
const vehicle = z.enum(['foot', 'bicycle', 'motorbike', 'car', 'van'])
const username = z
  .string()
  .max(128)
  .regex(/^[^\s\p{C}]+(?: [^\s\p{C}]+)*$/u, 'a username is 1–128 printable characters, words parted by single blanks')
const PASSWORD_LENGTH = 'a password has 8–256 characters'
const password = z.string().min(8, PASSWORD_LENGTH).max(256, PASSWORD_LENGTH)

const orderFields = {
  customer_id: id.optional(),
  pickup: place.optional(),
  drop: place.optional(),
  stops: z.array(stop).max(50).optional(),
  vehicle: vehicle.optional(),
  route: route.optional(),
  promised_ms: epochMs.optional(),
}

const unpublished = z
  .literal(false)
  .optional()
  .describe('present when the change is stored but not yet known to all nodes')

const order = z.object({
  id,
  rev: z.number().int(),
  status,
  timeline: z.array(z.object({ status, at_ms: epochMs })),
  assignment: z.number().int(),
  partner_id: id.optional(),
  ...orderFields,
  sequence: z.number().int().optional().describe('place in the rider’s plan; absent: behind those that have one'),
  visible: z.boolean(),
  stops_before: z.number().int(),
  before: z
    .array(z.object({ lat: z.number(), lng: z.number() }))
    .optional()
    .describe('where the rider goes for other orders first; for backends only'),
  ended_at_ms: epochMs.optional(),
  published: unpublished,
})

const user = z.object({ id, username, role, disabled: z.boolean(), created_at_ms: epochMs })
const text = z.string()
const fix = z.fromJSONSchema(fixSchema() as Parameters<typeof z.fromJSONSchema>[0])

function isPolyline({ polyline, precision }: { polyline: string; precision: number }): boolean {
  try {
    decodePolyline(polyline, precision)
    return true
  } catch {
    return false
  }
}

/** All bodies by name. Bodies that come in are strict: an unknown member is an error that names it. */
export const SCHEMAS = {
  LocationBody: z.union([fix, z.array(fix).min(1).max(200)]),
  LocationAnswer: z.object({
    accepted: z.number().int(),
    results: z.array(
      z.object({
        status: z.enum(['accepted', 'rejected']),
        code: text.optional(),
        detail: text.optional(),
        pointer: text.optional(),
        retryable: z.boolean().optional(),
      }),
    ),
    next: z.object({ interval_ms: z.number().int() }),
  }),
  TrackAnswer: z.looseObject({
    order_id: id,
    epoch: z.number().int(),
    now_ms: epochMs,
    order: z.looseObject({}).optional(),
    position: z.looseObject({}).optional(),
    pending: z.literal(true).optional(),
    dropped: z.record(text, z.number().int()).optional().describe('drops by code, for ADMIN'),
  }),
  Trail: z.looseObject({ type: z.literal('Feature'), complete: z.boolean().optional() }),
  LoginBody: z.strictObject({ username: z.string().max(128), password: z.string().max(256) }),
  TokenAnswer: z.object({ access_token: text, token_type: z.literal('Bearer'), expires_in: z.number().int() }),
  Me: z.object({ sub: id, role, orders: z.array(id).optional(), expires_at_ms: epochMs }),
  Jwks: z.object({ keys: z.array(z.looseObject({ kid: text })) }),
  UserInput: z.strictObject({ id: id.optional(), username, password: password.optional(), role }),
  UserPatch: z
    .strictObject({ role, password, disabled: z.boolean() })
    .partial()
    .refine((patch) => Object.keys(patch).length > 0, 'say at least one of role, password, disabled'),
  User: user,
  UserList: z.object({ items: z.array(user), next_cursor: text.optional() }),
  OrderInput: z.strictObject({
    id: id.refine((value) => !isReserved(value), 'ids that begin with zlt.canary. are the program’s own').optional(),
    ...orderFields,
  }),
  OrderPatch: z
    .strictObject(orderFields)
    .refine((patch) => Object.keys(patch).length > 0, 'say at least one field to change'),
  Order: order,
  OrderList: z.object({ items: z.array(order), next_cursor: text.optional() }),
  AssignBody: z.strictObject({ partner_id: id }),
  StatusBody: z.strictObject({ status }),
  PlanBody: z.strictObject({
    order_ids: z
      .array(id)
      .min(1)
      .max(500)
      .refine((ids) => new Set(ids).size === ids.length, 'name each order once')
      .meta({ uniqueItems: true }),
  }),
  Plan: z.object({ items: z.array(order), published: unpublished }),
  OrderTokenBody: z.strictObject({
    role: z.enum(['CUSTOMER', 'DELIVERY_PARTNER']),
    sub: id,
    ttl_s: z.number().int().min(1).max(86_400).optional(),
  }),
  Health: z.object({ status: z.literal('ok'), version: text, service: text }),
  Readiness: z.object({
    status: z.enum(['ready', 'degraded', 'unready']),
    reasons: z.array(text),
  }),
} as const satisfies Record<string, z.ZodType>

export type SchemaName = keyof typeof SCHEMAS
/** The type that a body has once parsed. */
export type Body<N extends SchemaName> = z.output<(typeof SCHEMAS)[N]>

/** What one answer names; a small body can hold very many. */
const MAX_FAULTS = 100

/** Parses an already decoded body. @throws ZltError `invalid_body` that names every fault with its pointer */
export function parseBody<N extends SchemaName>(name: N, input: unknown): Body<N> {
  const parsed = SCHEMAS[name].safeParse(input)
  if (parsed.success) return parsed.data as Body<N>
  const faults = parsed.error.issues.slice(0, MAX_FAULTS).map(faultOf)
  const first = faults[0]
  const where = first && first.pointer !== '' ? `${first.pointer}: ` : ''
  throw new ZltError('invalid_body', `${where}${first?.detail ?? 'see the API document'}`, { faults })
}

function faultOf(issue: z.core.$ZodIssue): Fault {
  const pointer = pointerOf(issue.path)
  if (issue.code === 'unrecognized_keys') {
    return {
      pointer: pointerOf([...issue.path, issue.keys[0] ?? '']),
      code: 'invalid_body',
      detail: `unknown member ${issue.keys.slice(0, 10).join(', ').slice(0, 200)}`,
    }
  }
  const missing = issue.code === 'invalid_type' && issue.message.includes('received undefined')
  if (missing) return { pointer, code: 'required', detail: 'is required' }
  if (issue.code === 'invalid_type') return { pointer, code: 'wrong_type', detail: `must be of type ${issue.expected}` }
  return { pointer, code: 'out_of_range', detail: issue.message }
}

/** RFC 6901. */
function pointerOf(path: readonly PropertyKey[]): string {
  return path.map((step) => `/${String(step).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('')
}
