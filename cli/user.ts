/** `zlt user`: accounts, by the API as an ADMIN. */

import { Argument, Command, Option } from 'commander'
import { ROLES, type Role } from '../src/domain/audience'
import { isId } from '../src/domain/id'
import type { Body } from '../src/http/schemas'
import { parseIdArgument } from './arguments'
import { CliError, EXIT } from './exit'
import { type Client, openClient, ProblemError } from './http-client'
import { type Columns, printJson, printTable, timeOf } from './output'
import { addPasswordOptions, type PasswordOptions, readPassword } from './read-password'
import { addSettings, settingsOf } from './setting-options'

type User = Body<'User'>

const COLUMNS: Columns<User> = {
  id: (user) => user.id,
  username: (user) => user.username,
  role: (user) => user.role,
  state: (user) => (user.disabled ? 'disabled' : 'active'),
  created: (user) => timeOf(user.created_at_ms),
}

/** The command. */
export function userCommand(): Command {
  const command = new Command('user').description('create and manage users and their roles')
  for (const sub of [create(), list(), role(), disable(), enable(), password()]) {
    sub.option('--json', 'as JSON')
    command.addCommand(addSettings(sub, ['url', 'data', 'signingKeys', 'issuer', 'database']))
  }
  return command.addHelpText(
    'after',
    '\nSpeaks to --url as an ADMIN: with ZLT_TOKEN, or a token from the key in --data.\nA user is named by id or username.',
  )
}

interface CommonOptions {
  json?: boolean
}

function create(): Command {
  const command = new Command('create')
    .description('create a user')
    .argument('<username>', 'the name to log in with')
    .addOption(new Option('--role <role>', 'what the user may do').choices(ROLES).makeOptionMandatory())
    .option('--id <id>', 'the user’s id, the sub of its tokens (default: made up)', parseIdArgument)
    .addHelpText(
      'after',
      '\nExamples:\n  zlt user create alice --role ADMIN\n' +
        '  zlt user create dp1 --id dp1 --role DELIVERY_PARTNER --password-stdin < password.txt',
    )
  addPasswordOptions(command)
  return command.action(
    async (username: string, options: CommonOptions & PasswordOptions & { role: Role; id?: string }) => {
      const { role: userRole, id } = options
      const input = { username, role: userRole, ...(id === undefined ? {} : { id }) }
      const secret = await readPassword(options)
      const client = await openAdmin(command)
      show([await client.call<User>('POST', '/users', { ...input, password: secret })], options)
    },
  )
}

function list(): Command {
  const command = new Command('list')
    .description('list all users')
    .addHelpText('after', '\nExample:\n  zlt user list --json')
  return command.action(async (options: CommonOptions) => {
    const users = await (await openAdmin(command)).list<User>('/users')
    if (options.json) printJson(users)
    else printTable(users, COLUMNS)
  })
}

function role(): Command {
  const command = new Command('role')
    .description('give a user another role')
    .argument('<user>', 'id or username')
    .addArgument(new Argument('<role>', 'the new role').choices(ROLES))
    .addHelpText('after', '\nExample:\n  zlt user role alice INTERNAL_SERVICE')
  return command.action((name: string, newRole: Role, options: CommonOptions) =>
    patch(command, name, { role: newRole }, options),
  )
}

function disable(): Command {
  const command = new Command('disable')
    .description('end a user’s sessions and let it log in no more')
    .argument('<user>', 'id or username')
    .addHelpText('after', '\nExample:\n  zlt user disable dp1')
  return command.action((name: string, options: CommonOptions) => patch(command, name, { disabled: true }, options))
}

function enable(): Command {
  const command = new Command('enable')
    .description('let a disabled user log in again')
    .argument('<user>', 'id or username')
    .addHelpText('after', '\nExample:\n  zlt user enable dp1')
  return command.action((name: string, options: CommonOptions) => patch(command, name, { disabled: false }, options))
}

function password(): Command {
  const command = new Command('password')
    .description('set a user’s password')
    .argument('<user>', 'id or username')
    .addHelpText(
      'after',
      '\nExamples:\n  zlt user password alice\n  zlt user password alice --password-stdin < password.txt',
    )
  addPasswordOptions(command)
  return command.action(async (name: string, options: CommonOptions & PasswordOptions) =>
    patch(command, name, { password: await readPassword(options) }, options),
  )
}

async function patch(command: Command, name: string, change: Body<'UserPatch'>, options: CommonOptions): Promise<void> {
  const client = await openAdmin(command)
  const id = await findId(client, name)
  show([await client.call<User>('PATCH', `/users/${encodeURIComponent(id)}`, change)], options)
}

/** The id of the user so called: an id goes before a username. */
async function findId(client: Client, name: string): Promise<string> {
  if (isId(name)) {
    try {
      return (await client.call<User>('GET', `/users/${encodeURIComponent(name)}`)).id
    } catch (error) {
      if (!(error instanceof ProblemError) || error.status !== 404) throw error
    }
  }
  const found = (await client.list<User>('/users')).find((user) => user.username === name)
  if (found === undefined)
    throw new CliError(EXIT.failed, `no user has the id or username ${name}`, ['see zlt user list'])
  return found.id
}

function openAdmin(command: Command): Promise<Client> {
  return openClient(settingsOf(command).config, 'ADMIN')
}

function show(users: User[], options: CommonOptions): void {
  if (options.json) printJson(users[0])
  else printTable(users, COLUMNS)
}
