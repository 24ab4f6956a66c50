/** The OpenAPI 3.1 document, made from the route table and the schemas that parse the input: it cannot drift from them. */

import { z } from 'zod'
import { ERRORS, type ErrorCode } from '../errors'
import { VERSION } from '../version'
import { type Operation, ROUTE_LIST, type Route } from './routes'
import { SCHEMAS, type SchemaName } from './schemas'

const WITH_TOKEN: readonly ErrorCode[] = [
  'token_missing',
  'token_invalid',
  'token_expired',
  'token_in_query',
  'forbidden',
  'not_ready',
]
const WITH_BODY: readonly ErrorCode[] = [
  'malformed_json',
  'invalid_utf8',
  'invalid_body',
  'body_too_large',
  'unsupported_media_type',
  'unsupported_encoding',
]
/** With the database away, or held by another program. */
const WITH_DATABASE: readonly ErrorCode[] = ['database_unavailable', 'overloaded']
const EVERYWHERE: readonly ErrorCode[] = ['bad_host', 'internal']

/** Every code that a route may answer with. */
export function codesOf(route: Route): ErrorCode[] {
  const codes = [...(route.errors ?? []), ...EVERYWHERE]
  if (route.who !== 'public') codes.push(...WITH_TOKEN)
  if (route.body !== undefined) codes.push(...WITH_BODY)
  if (route.service === 'auth') codes.push(...WITH_DATABASE)
  return [...new Set(codes)]
}

export function openApiDocument(): Record<string, unknown> {
  const paths: Record<string, Record<string, unknown>> = {}
  for (const route of ROUTE_LIST) {
    const path = route.path.replaceAll(/:(\w+)/g, '{$1}')
    paths[path] ??= {}
    paths[path][route.method.toLowerCase()] = operationOf(route)
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'zlt',
      version: VERSION,
      description:
        'Real-time delivery tracking. Times ending _ms are epoch milliseconds; errors are application/problem+json with a stable code.',
    },
    paths,
    components: {
      securitySchemes: { bearer: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT' } },
      schemas: { ...componentSchemas(), Problem: problemSchema() },
    },
  }
}

function operationOf(route: Route & { operation: Operation }): Record<string, unknown> {
  const operation: Record<string, unknown> = {
    operationId: route.operation,
    summary: route.summary,
    tags: [route.service],
    security: route.who === 'public' ? [] : [{ bearer: [] }],
    'x-roles': route.who,
    responses: { ...answersOf(route), ...errorsOf(route) },
  }
  const parameters = parametersOf(route)
  if (parameters.length > 0) operation.parameters = parameters
  if (route.body !== undefined) {
    operation.requestBody = { required: true, content: { 'application/json': { schema: refTo(route.body) } } }
  }
  return operation
}

function answersOf(route: Route): Record<string, unknown> {
  const answers: Record<string, unknown> = {}
  for (const [status, schema] of Object.entries(route.answers)) {
    answers[status] = {
      description: route.summary,
      ...(schema === null ? {} : { content: { 'application/json': { schema: refTo(schema) } } }),
    }
  }
  return answers
}

function errorsOf(route: Route): Record<string, unknown> {
  const byStatus = Map.groupBy(codesOf(route), (code) => ERRORS[code].status)
  const answers: Record<string, unknown> = {}
  for (const [status, codes] of byStatus) {
    // A readiness of 503 has its own form.
    if (String(status) in route.answers) continue
    answers[String(status)] = {
      description: codes.map((code) => `\`${code}\`: ${ERRORS[code].title}`).join('; '),
      content: {
        'application/problem+json': {
          schema: { allOf: [{ $ref: '#/components/schemas/Problem' }, { properties: { code: { enum: codes } } }] },
        },
      },
    }
  }
  return answers
}

function parametersOf(route: Route): unknown[] {
  const inPath = [...route.path.matchAll(/:(\w+)/g)].map(([, name]) => {
    return { name, in: 'path', required: true, schema: { type: 'string' } }
  })
  const inQuery = Object.entries(route.query ?? {}).map(([name, description]) => {
    return { name, in: 'query', description, schema: { type: 'string' } }
  })
  return [...inPath, ...inQuery]
}

function refTo(name: SchemaName): { $ref: string } {
  return { $ref: `#/components/schemas/${name}` }
}

function componentSchemas(): Record<string, unknown> {
  const schemas: Record<string, unknown> = {}
  for (const [name, schema] of Object.entries(SCHEMAS)) {
    const { $schema: _dialect, ...rest } = z.toJSONSchema(schema, { io: 'input' }) as Record<string, unknown>
    schemas[name] = rest
  }
  return schemas
}

function problemSchema(): Record<string, unknown> {
  return {
    type: 'object',
    required: ['type', 'title', 'status', 'code', 'detail', 'trace_id'],
    properties: {
      type: { type: 'string' },
      title: { type: 'string' },
      status: { type: 'integer' },
      code: { type: 'string', enum: Object.keys(ERRORS) },
      detail: { type: 'string' },
      trace_id: { type: 'string' },
      errors: {
        type: 'array',
        items: {
          type: 'object',
          required: ['pointer', 'code', 'detail'],
          properties: { pointer: { type: 'string' }, code: { type: 'string' }, detail: { type: 'string' } },
        },
      },
    },
  }
}
