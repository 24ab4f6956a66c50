/** Speaks HTTP to a running zlt, and tells its errors in plain words. */

import type { Config } from '../src/config'
import type { Role } from '../src/domain/audience'
import type { Fault } from '../src/errors'
import { CliError, EXIT } from './exit'
import { openLocalKey } from './local-key'

/** A request's way in: the path is below `--url`. */
export interface Client {
  /** The parsed body, undefined for an empty one. @throws CliError failed for a problem, unreachable for no answer */
  call<T>(method: 'GET' | 'POST' | 'PATCH' | 'DELETE', path: string, body?: unknown): Promise<T>
  /** All items of a list, over all its pages. */
  list<T>(path: string, query?: Readonly<Record<string, string | undefined>>): Promise<T[]>
}

/** Thrown when the server answered with a problem (RFC 9457). */
export class ProblemError extends CliError {
  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
    lines: readonly string[],
  ) {
    super(EXIT.failed, message, lines)
    this.name = 'ProblemError'
  }
}

const ANSWER_TIMEOUT_MS = 10_000
/** A token made for one command need not live longer than it. */
const TOKEN_TTL_S = 60
const PAGE_ITEMS = '500'

/** Opens the way to `config.url`, with `ZLT_TOKEN` or a token of `role` from the local key. */
export async function openClient(config: Config, role: Role): Promise<Client> {
  const isLocal = config.token === undefined
  const token = config.token ?? (await (await openLocalKey(config))({ sub: 'zlt-cli', role, ttlS: TOKEN_TTL_S }))

  async function call<T>(method: string, path: string, body?: unknown): Promise<T> {
    const headers: Record<string, string> = { authorization: `Bearer ${token}` }
    if (body !== undefined) headers['content-type'] = 'application/json'
    const init: RequestInit = { method, headers, redirect: 'manual', signal: AbortSignal.timeout(ANSWER_TIMEOUT_MS) }
    if (body !== undefined) init.body = JSON.stringify(body)
    let response: Response
    let answer: string
    try {
      response = await fetch(`${config.url}${path}`, init)
      answer = await response.text()
    } catch (cause) {
      throw unreachable(config.url, cause)
    }
    const value = parseJson(answer)
    if (response.ok && (answer === '' || value !== undefined)) return value as T
    if (isProblem(value)) throw problemError(response.status, value, isLocal)
    const type = response.headers.get('content-type') ?? 'no content type'
    const moved = response.headers.get('location')
    throw new CliError(EXIT.failed, `${config.url}${path} answered ${response.status} with ${type}`, [
      moved ? `it points to ${moved}: set --url to where zlt is` : 'this is not zlt’s API: is --url right?',
    ])
  }

  async function list<T>(path: string, query: Readonly<Record<string, string | undefined>> = {}): Promise<T[]> {
    const items: T[] = []
    let cursor: string | undefined
    do {
      const params = new URLSearchParams({ limit: PAGE_ITEMS })
      for (const [name, value] of Object.entries({ ...query, cursor })) if (value !== undefined) params.set(name, value)
      const page = await call<{ items: T[]; next_cursor?: string }>('GET', `${path}?${params}`)
      items.push(...page.items)
      cursor = page.next_cursor
    } while (cursor !== undefined)
    return items
  }

  return { call, list }
}

function parseJson(answer: string): unknown {
  try {
    return JSON.parse(answer)
  } catch {
    return undefined
  }
}

interface Problem {
  code: string
  title?: string
  detail?: string
  trace_id?: string
  errors?: Fault[]
  allowed?: string[]
}

function isProblem(value: unknown): value is Problem {
  return typeof value === 'object' && value !== null && typeof (value as Problem).code === 'string'
}

function problemError(status: number, problem: Problem, isLocal: boolean): ProblemError {
  const words = [problem.title, problem.detail].filter((part) => part !== undefined && part !== '')
  // The detail of a single fault is the problem's own.
  const faults = problem.errors !== undefined && problem.errors.length > 1 ? problem.errors : []
  const lines = faults.map((fault) => `${fault.pointer || '/'}: ${fault.detail} (${fault.code})`)
  if (problem.allowed !== undefined) lines.push(`allowed: ${problem.allowed.join(', ') || 'nothing'}`)
  if (status === 401) {
    lines.push(
      isLocal ? 'the server has other keys: is --data its folder?' : 'ZLT_TOKEN is not good here: get a new one',
    )
  }
  if (status >= 500 && problem.trace_id) lines.push(`the server’s log tells more under trace_id ${problem.trace_id}`)
  return new ProblemError(status, problem.code, `${words.join(': ')} (${problem.code})`, lines)
}

function unreachable(url: string, cause: unknown): CliError {
  const { name, code, message } = cause as { name?: string; code?: unknown; message?: string }
  const why =
    name === 'TimeoutError'
      ? `nothing for ${ANSWER_TIMEOUT_MS / 1000} s`
      : code === 'ConnectionRefused' || code === 'ECONNREFUSED'
        ? 'connection refused'
        : (message ?? String(cause))
  return new CliError(
    EXIT.unreachable,
    `no answer from ${url}: ${why}`,
    ['start a server with zlt serve, or name one with --url'],
    { cause },
  )
}
