/** `zlt order`: orders, by the API as an INTERNAL_SERVICE. */

import { Argument, Command, Option } from 'commander'
import type { PlacePart } from '../src/domain/view'
import type { Body } from '../src/http/schemas'
import { parseIdArgument, parsePlaceArgument, parseTimeArgument } from './arguments'
import { type Client, openClient } from './http-client'
import { type Columns, printJson, printTable, tell, timeOf } from './output'
import { addSettings, settingsOf } from './setting-options'

type Order = Body<'Order'>

const VEHICLES = ['foot', 'bicycle', 'motorbike', 'car', 'van'] as const
const STATUSES = ['created', 'assigned', 'picked_up', 'delivered', 'cancelled'] as const
/** `assigned` is reached by `order assign`, and nothing goes back to `created`. */
const MOVES = ['picked_up', 'delivered', 'cancelled'] as const

const COLUMNS: Columns<Order> = {
  id: (order) => order.id,
  status: (order) => order.status,
  partner: (order) => order.partner_id,
  customer: (order) => order.customer_id,
  vehicle: (order) => order.vehicle,
  promised: (order) => timeOf(order.promised_ms),
  created: (order) => timeOf(order.timeline[0]?.at_ms),
}

/** The command. */
export function orderCommand(): Command {
  const command = new Command('order').description('create orders and move them along')
  for (const sub of [create(), list(), assign(), status(), forget()]) {
    sub.option('--json', 'as JSON')
    command.addCommand(addSettings(sub, ['url', 'data', 'signingKeys', 'issuer', 'database']))
  }
  return command.addHelpText(
    'after',
    '\nSpeaks to --url as an INTERNAL_SERVICE: with ZLT_TOKEN, or a token from the key in --data.',
  )
}

interface CommonOptions {
  json?: boolean
}

interface CreateOptions extends CommonOptions {
  id?: string
  customer?: string
  pickup?: PlacePart
  drop?: PlacePart
  vehicle?: (typeof VEHICLES)[number]
  promised?: number
}

function create(): Command {
  const command = new Command('create')
    .description('create an order')
    .option('--id <id>', 'the order’s id (default: made up)', parseIdArgument)
    .option('--customer <id>', 'the user who may watch it', parseIdArgument)
    .option('--pickup <lat,lng[,name]>', 'where it is fetched', parsePlaceArgument)
    .option('--drop <lat,lng[,name]>', 'where it goes', parsePlaceArgument)
    .addOption(new Option('--vehicle <vehicle>', 'what the rider moves on').choices(VEHICLES))
    .option('--promised <time>', 'when it should be there: from now (45m) or ISO 8601', parseTimeArgument)
    .addHelpText(
      'after',
      '\nExamples:\n  zlt order create --id order123 --customer c1 --drop 12.97,77.59\n' +
        "  zlt order create --pickup '12.96,77.6,Kitchen' --drop '12.97,77.59,Home' --vehicle motorbike --promised 45m",
    )
  return command.action(async (options: CreateOptions) => {
    const { id, customer, pickup, drop, vehicle, promised } = options
    const input = { id, customer_id: customer, pickup, drop, vehicle, promised_ms: promised }
    show(await (await openBackend(command)).call<Order>('POST', '/orders', input), options)
  })
}

function list(): Command {
  const command = new Command('list')
    .description('list orders')
    .addOption(new Option('--status <status>', 'only those with this status').choices(STATUSES))
    .addHelpText('after', '\nExamples:\n  zlt order list\n  zlt order list --status picked_up --json')
  return command.action(async (options: CommonOptions & { status?: string }) => {
    const orders = await (await openBackend(command)).list<Order>('/orders', { status: options.status })
    if (options.json) printJson(orders)
    else printTable(orders, COLUMNS)
  })
}

function assign(): Command {
  const command = new Command('assign')
    .description('give an order to a rider; again is a hand-over')
    .argument('<order>', 'the order’s id', parseIdArgument)
    .argument('<partner>', 'the rider’s user id', parseIdArgument)
    .addHelpText('after', '\nExample:\n  zlt order assign order123 dp1')
  return command.action(async (id: string, partnerId: string, options: CommonOptions) => {
    const client = await openBackend(command)
    show(await client.call<Order>('POST', `/orders/${id}/assign`, { partner_id: partnerId }), options)
  })
}

function status(): Command {
  const command = new Command('status')
    .description('move an order along: created → assigned → picked_up → delivered, or cancelled')
    .argument('<order>', 'the order’s id', parseIdArgument)
    .addArgument(new Argument('<status>', 'its new status').choices(MOVES))
    .addHelpText('after', '\nExample:\n  zlt order status order123 picked_up')
  return command.action(async (id: string, newStatus: string, options: CommonOptions) => {
    const client = await openBackend(command)
    show(await client.call<Order>('POST', `/orders/${id}/status`, { status: newStatus }), options)
  })
}

function forget(): Command {
  const command = new Command('forget')
    .description('delete an order with its position and trail')
    .argument('<order>', 'the order’s id', parseIdArgument)
    .addHelpText(
      'after',
      '\nExample:\n  zlt order forget order123\n\nRaw fixes stay in the log until its retention has passed (log-retention).',
    )
  return command.action(async (id: string, options: CommonOptions) => {
    await (await openBackend(command)).call('DELETE', `/orders/${id}`)
    if (options.json) printJson({ id, forgotten: true })
    else tell(`${id} is forgotten`)
  })
}

function openBackend(command: Command): Promise<Client> {
  return openClient(settingsOf(command).config, 'INTERNAL_SERVICE')
}

function show(order: Order, options: CommonOptions): void {
  if (options.json) printJson(order)
  else printTable([order], COLUMNS)
  if (order.published === false) tell('stored, but not yet known to all nodes')
}
