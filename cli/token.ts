/** `zlt token`: JWTs signed with the data folder's key, one or many. */

import { Command, InvalidArgumentError, Option } from 'commander'
import { ROLES, type Role } from '../src/domain/audience'
import { isId } from '../src/domain/id'
import { duration } from '../src/setting-kinds'
import { parseIdArgument } from './arguments'
import { CliError, EXIT } from './exit'
import { type LocalClaims, openLocalKey } from './local-key'
import { printLine } from './output'
import { addSettings, settingsOf } from './setting-options'

/** How many signatures are asked for at once: enough to keep the crypto threads busy, with no pile of promises. */
const AT_ONCE = 256
/** The most orders that a token can name: longer ones would not fit into a header. */
const MAX_ORDERS = 64
const DAY_S = 86_400
const ttl = duration(1_000, DAY_S * 1_000)

const NOTES = `
Examples:
  zlt token --role DELIVERY_PARTNER --sub dp1
  zlt token --role CUSTOMER --sub c1 --order order123 --ttl 2h
  jq -c '.riders[] | {role: "DELIVERY_PARTNER", sub: .id}' riders.json | zlt token --batch > tokens

A token that names orders is good for those and nothing else. A plain number as time to live is seconds.
In a batch each line is {"role", "sub", "orders"?, "ttl"?}; tokens come out in the same sequence, one a line.
It works on the data folder of a server on this machine, running or not; with Postgres it refuses.`

interface TokenOptions {
  role?: Role
  sub?: string
  order?: string[]
  ttl?: number
  batch?: boolean
}

/** The command. */
export function tokenCommand(): Command {
  const command = new Command('token')
    .description('make a token for development, signed with the data folder’s key')
    .addOption(new Option('--role <role>', 'whom it makes the bearer').choices(ROLES))
    .option('--sub <id>', 'who the bearer is: a user’s or rider’s id', parseIdArgument)
    .option('--order <id...>', 'only for this order; repeatable', collectIds)
    .option('--ttl <time>', 'how long it lives, up to 24h (default: token-ttl, 15m)', parseTtlArgument)
    .addOption(
      new Option('--batch', 'read JSON lines from standard input, write a token a line').conflicts([
        'role',
        'sub',
        'order',
        'ttl',
      ]),
    )
    .addHelpText('after', NOTES)
  addSettings(command, ['data', 'signingKeys', 'issuer', 'database'])
  return command.action(async (options: TokenOptions) => {
    const { config } = settingsOf(command)
    const defaultTtlS = Math.floor(config.tokenTtlMs / 1000)
    const claims = options.batch ? readBatch(await Bun.stdin.text(), defaultTtlS) : [claimsOf(options, defaultTtlS)]
    const mint = await openLocalKey(config)
    for (let at = 0; at < claims.length; at += AT_ONCE) {
      const tokens = await Promise.all(claims.slice(at, at + AT_ONCE).map(mint))
      printLine(tokens.join('\n'))
    }
  })
}

function claimsOf({ role, sub, order, ttl: ttlS }: TokenOptions, defaultTtlS: number): LocalClaims {
  if (role === undefined || sub === undefined) {
    throw new CliError(EXIT.usage, 'say --role and --sub, or --batch', ['zlt token --role DELIVERY_PARTNER --sub dp1'])
  }
  return { role, sub, ttlS: ttlS ?? defaultTtlS, ...(order === undefined ? {} : { orders: order }) }
}

/** All lines are checked before the first token is made: half a file of tokens would be worse than none. */
function readBatch(input: string, defaultTtlS: number): LocalClaims[] {
  const claims: LocalClaims[] = []
  const problems: string[] = []
  for (const [index, line] of input.split('\n').entries()) {
    if (line.trim() === '') continue
    try {
      claims.push(parseBatchLine(line, defaultTtlS))
    } catch (error) {
      problems.push(`line ${index + 1}: ${error instanceof Error ? error.message : String(error)}`)
    }
  }
  if (problems.length === 0) return claims
  const shown = problems.length > 10 ? [...problems.slice(0, 10), `and ${problems.length - 10} more`] : problems
  throw new CliError(EXIT.failed, 'no token was made, since the batch has errors', shown)
}

function parseBatchLine(line: string, defaultTtlS: number): LocalClaims {
  let raw: unknown
  try {
    raw = JSON.parse(line)
  } catch {
    throw new Error('is not valid JSON')
  }
  if (typeof raw !== 'object' || raw === null || Array.isArray(raw)) throw new Error('write {"role", "sub", …}')
  const { role, sub, orders, ttl: life, ...others } = raw as Record<string, unknown>
  const [unknown] = Object.keys(others)
  if (unknown !== undefined) throw new Error(`unknown member ${unknown}; there are role, sub, orders, ttl`)
  if (!ROLES.includes(role as Role)) throw new Error(`role is one of ${ROLES.join(', ')}`)
  if (!isId(sub)) throw new Error('sub is 1–64 of A-Za-z0-9._:-')
  const ttlS = life === undefined ? defaultTtlS : parseTtlS(life)
  if (orders === undefined) return { role: role as Role, sub, ttlS }
  const isOrders = Array.isArray(orders) && orders.length > 0 && orders.length <= MAX_ORDERS && orders.every(isId)
  if (!isOrders) throw new Error(`orders is an array of 1–${MAX_ORDERS} ids`)
  return { role: role as Role, sub, ttlS, orders: orders as string[] }
}

/** Seconds from `15m`, or from a plain number of them. */
function parseTtlS(raw: unknown): number {
  const isSeconds = typeof raw === 'number' || (typeof raw === 'string' && /^\d+$/.test(raw))
  const lifeMs = ttl.parse(isSeconds ? `${raw}s` : raw)
  if (lifeMs % 1_000 !== 0) throw new Error('write whole seconds')
  return lifeMs / 1_000
}

function parseTtlArgument(raw: string): number {
  try {
    return parseTtlS(raw)
  } catch (error) {
    throw new InvalidArgumentError((error as Error).message)
  }
}

function collectIds(raw: string, before: string[] = []): string[] {
  const orders = [...before, parseIdArgument(raw)]
  if (orders.length > MAX_ORDERS) throw new InvalidArgumentError(`A token names at most ${MAX_ORDERS} orders`)
  return orders
}
