/** compose.yaml: valid by the specification, agreeing with itself and with what else the project says. */

import { expect, test } from 'bun:test'
import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import Ajv from 'ajv'
import { findNginx } from '../../scripts/find-program.ts'
import { SETTINGS } from '../../src/config.ts'
import { SERVICES } from '../../src/http/routes.ts'
import { tempFolder } from '../support/temp-folder.ts'
import { addressOf, type ComposeService, ROOT, readComposeFile } from './compose-file.ts'
import { fillIn } from './nginx.ts'

const file = readComposeFile()
const services = Object.entries(file.services)
const nodes = services.filter(([, { image }]) => image === 'zlt:local')
const env = (name: string) => file.services[name]?.environment ?? {}

function each(check: (service: ComposeService, name: string) => void, of = services): void {
  expect(of.length).toBeGreaterThan(0)
  for (const [name, service] of of) check(service, name)
}

test('the compose specification’s schema takes it', () => {
  const schemaPath = join(dirname(Bun.resolveSync('dclint/package.json', ROOT)), 'schemas/compose.schema.json')
  const schema = JSON.parse(readFileSync(schemaPath, 'utf8'))
  schema.$schema = 'http://json-schema.org/draft-07/schema#'
  // Formats and annotations of Compose's own are no part of the check.
  const validate = new Ajv({ strict: false, validateFormats: false, allErrors: true }).compile(schema)
  validate(file)
  expect(validate.errors).toBeNull()
  validate({ services: { a: { image: 'x', helthcheck: {} } } })
  expect(validate.errors).not.toBeNull()
})

test('there is one of each role, a second fan-out, and what they need', () => {
  const roles = nodes.map(([name]) => env(name).ZLT_ROLE).sort()
  expect(roles).toEqual([...SERVICES, 'fanout'].sort())
  const others = services.filter(([, { image }]) => image !== 'zlt:local').map(([name]) => name)
  expect(others.sort()).toEqual(['kafka', 'postgres', 'proxy', 'redis'])
})

test('images have exact versions, and ours is built here', () => {
  each(({ image, pull_policy }) => {
    if (image === 'zlt:local') expect(['never', 'build']).toContain(pull_policy as string)
    else expect(image).toMatch(/^[a-z/]+:\d+\.\d+(\.\d+)?(-alpine)?$/)
  })
  const built = nodes.filter(([, { build }]) => build !== undefined)
  expect(built.map(([name, { build, pull_policy }]) => [name, build, pull_policy])).toEqual([['auth', '.', 'build']])
})

test('every service is watched, restarted and stopped in peace', () => {
  each(({ restart, healthcheck }) => {
    expect(restart).toBe('unless-stopped')
    expect(healthcheck?.test[0]).toBe('CMD')
  })
  // A node's drain takes up to 20 s.
  each(({ stop_grace_period }) => expect(Number.parseInt(stop_grace_period ?? '0', 10)).toBeGreaterThan(20), nodes)
})

test('what is started waits until what it needs is well', () => {
  each(({ depends_on = {} }) => {
    for (const [needed, { condition }] of Object.entries(depends_on)) {
      expect(file.services).toHaveProperty(needed)
      expect(condition).toBe('service_healthy')
    }
  })
  const needs = (name: string) => Object.keys(file.services[name]?.depends_on ?? {}).sort()
  expect(needs('auth')).toEqual(['kafka', 'postgres', 'redis'])
  for (const name of ['ingest', 'fanout-1', 'fanout-2']) expect(needs(name)).toEqual(['auth', 'kafka', 'redis'])
  expect(needs('proxy')).toEqual(nodes.map(([name]) => name).sort())
})

test('whoever keeps something has a volume, and no two nodes share one', () => {
  const mounted = services.flatMap(([, { volumes = [] }]) => volumes).filter((volume) => !volume.startsWith('.'))
  const names = mounted.map((volume) => volume.split(':')[0] as string)
  expect(names.sort()).toEqual(Object.keys(file.volumes).sort())
  expect(new Set(names).size).toBe(names.length)
  each(({ volumes, read_only }) => expect([volumes?.length, read_only]).toEqual([1, true]), nodes)
})

test('no secret stands in it: they are files, and only those who need one get it', () => {
  each(({ environment = {}, secrets = [] }) => {
    for (const [name, value] of Object.entries(environment)) {
      if (name.endsWith('_FILE')) expect(secrets).toContain(String(value).replace('/run/secrets/', ''))
      else expect(name).not.toMatch(/PASSWORD|SECRET|TOKEN|_KEY$|DATABASE/)
      expect(String(value)).not.toMatch(/\/\/[^/]*:[^/]*@/)
    }
    for (const secret of secrets) expect(file.secrets).toHaveProperty(secret)
  })
})

test('the proxy is told of the nodes where they are, and the nodes of the proxy', () => {
  const proxy = file.services.proxy as ComposeService
  const at = (role: string) => nodes.filter(([name]) => env(name).ZLT_ROLE === role).map(([, node]) => addressOf(node))
  for (const role of SERVICES) {
    const named = String(env('proxy')[`${role.toUpperCase()}_SERVERS`]).matchAll(/server ([\d.]+):8080[^;]*;/g)
    expect([...named].map(([, address]) => address)).toEqual(at(role))
  }
  each((_, name) => expect(env(name).ZLT_TRUSTED_PROXIES).toBe(addressOf(proxy) as string), nodes)
})

test('nginx takes the proxy’s configuration as these variables make it', async () => {
  const folder = tempFolder()
  const template = readFileSync(join(ROOT, 'deploy/nginx/zlt.conf.template'), 'utf8')
  const values = Object.fromEntries(Object.entries(env('proxy')).map(([name, value]) => [name, String(value)]))
  expect([values.ACCESS_LOG, values.ERROR_LOG]).toEqual(['/dev/stdout', '/dev/stderr'])
  // These two are sockets here, which cannot be opened by name.
  const logs = { ACCESS_LOG: folder.file('access.log'), ERROR_LOG: folder.file('error.log') }
  const site = fillIn(template, { ...values, ...logs })
  expect(site).not.toMatch(/\$\{\w/)
  try {
    await Bun.write(folder.file('nginx.conf'), `pid ${folder.file('pid')}; events {} http { ${site} }`)
    const check = Bun.spawnSync([findNginx() ?? 'nginx', '-t', '-e', 'stderr', '-c', folder.file('nginx.conf')])
    expect(check.stderr.toString()).toContain('test is successful')
  } finally {
    folder.remove()
  }
  expect(values.BODY_LIMIT).toBe(`${SETTINGS.bodyLimitBytes.default / 1024}k`)
})

test('Kafka is as zlt needs it', () => {
  expect(env('kafka')).toMatchObject({
    KAFKA_PROCESS_ROLES: 'broker,controller',
    KAFKA_AUTO_CREATE_TOPICS_ENABLE: 'false',
    KAFKA_BROKER_SESSION_TIMEOUT_MS: 3000,
    KAFKA_GROUP_INITIAL_REBALANCE_DELAY_MS: 0,
  })
  expect(env('kafka').KAFKA_ADVERTISED_LISTENERS).toBe(`PLAINTEXT://${env('auth').ZLT_BROKERS}`)
  const clusterId = Buffer.from(String(env('kafka').CLUSTER_ID), 'base64url')
  expect([clusterId.length, clusterId.toString('base64url')]).toEqual([16, String(env('kafka').CLUSTER_ID)])
})

test('a node’s health check tells a ready node from one that is not, and from none', async () => {
  let status = 200
  const server = Bun.serve({ hostname: '127.0.0.1', port: 0, fetch: () => new Response('{}', { status }) })
  const command = (file.services.auth?.healthcheck?.test ?? []).slice(1)
  expect(command.join(' ')).toContain('/dev/tcp/127.0.0.1/8080')
  const run = async () => {
    const ours = command.map((word) => word.replace('/8080', `/${server.port}`))
    return await Bun.spawn(ours, { stdout: 'ignore', stderr: 'ignore' }).exited
  }
  expect(await run()).toBe(0)
  status = 503
  expect(await run()).not.toBe(0)
  await server.stop(true)
  expect(await run()).not.toBe(0)
})
