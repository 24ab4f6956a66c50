#!/usr/bin/env node
/**
 * Runs a command of this project with the Bun that package.json pins (`packageManager`), after installing what is
 * missing: that Bun into `.bun/`, then the packages of `bun.lock`. Plain JavaScript, because on a bare machine it
 * starts under Node 20 or newer, or under any Bun. Only the command itself writes to stdout.
 *
 *     with-bun.mjs demo [arguments]      the demo
 *     with-bun.mjs test [arguments]      every check and test
 *     with-bun.mjs <file.ts> [arguments] any other script of the project
 */
import { spawn, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { constants } from 'node:os'
import { delimiter, dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'

const minNodeMajor = 20
const root = dirname(dirname(fileURLToPath(import.meta.url)))
const bunHome = join(root, '.bun')
const stampFile = join(root, 'node_modules', '.installed-from')

/** What runs before a command, and the command. */
const commands = {
  demo: { before: ['scripts/build-web.ts'], run: ['cli/main.ts', 'demo'] },
  test: { before: [], run: ['scripts/test.ts'] },
}

let child
let stoppedBy

function say(line) {
  process.stderr.write(`${line}\n`)
}

/** An end that the reader can act on: its message says what to do. */
class Failure extends Error {}

function forwardSignals() {
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
    process.on(signal, () => {
      stoppedBy = signal
      // Ctrl-C in a terminal reaches the child by itself; sent twice, it would look like an impatient second one.
      const sentByTerminal = signal === 'SIGINT' && process.stdin.isTTY
      if (child && !sentByTerminal) child.kill(signal)
    })
  }
}

/** Stops when `npm run` goes: a SIGTERM to npm ends the shell between it and this process, and no signal comes here. */
function stopWithParent() {
  if (!process.env.npm_lifecycle_event) return
  const parent = process.ppid
  const timer = setInterval(() => {
    if (process.ppid === parent) return
    clearInterval(timer)
    stoppedBy = 'SIGTERM'
    if (child) child.kill('SIGTERM')
  }, 500)
  timer.unref()
}

/** Runs a program to its end and returns its exit code, 128 + n when signal n ended it. */
function run(program, args, options) {
  return new Promise((done, failed) => {
    child = spawn(program, args, { cwd: root, ...options })
    child.once('error', failed)
    child.once('close', (code, signal) => {
      child = undefined
      done(code === null ? 128 + (constants.signals[signal] || 0) : code)
    })
  })
}

/** Runs a step of the preparation; what it prints goes to stderr. */
async function prepare(program, args, options) {
  const code = await run(program, args, { ...options, stdio: ['ignore', 2, 2] })
  if (stoppedBy) throw new Failure(`Stopped by ${stoppedBy}.`)
  return code
}

function pinnedBun() {
  const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
  const match = /^bun@(\d+\.\d+\.\d+)$/.exec(manifest.packageManager || '')
  if (!match) throw new Failure('package.json must pin Bun: "packageManager": "bun@<version>".')
  return match[1]
}

/** The version a Bun program states, or what went wrong. */
function askVersion(program) {
  const answer = spawnSync(program, ['--version'], { encoding: 'utf8' })
  if (answer.status === 0) return { version: answer.stdout.trim() }
  return { problem: (answer.stderr || '').trim() || answer.error?.message || 'it does not start' }
}

function bunOnPath() {
  for (const folder of (process.env.PATH || '').split(delimiter)) {
    const program = join(folder, 'bun')
    // The link in .bun/bin may be left from another version: the folders beside it say what is installed.
    if (folder && existsSync(program) && resolve(folder) !== join(bunHome, 'bin')) return program
  }
}

/** The npm package that holds Bun's program for this machine; it has no install script that npm could block. */
function bunPackage() {
  const arch = { x64: 'x64', arm64: 'aarch64' }[process.arch]
  if (!arch || !['linux', 'darwin'].includes(process.platform)) {
    throw new Failure(
      `zlt runs on Linux and macOS, x64 or arm64; this is ${process.platform} ${process.arch}.` +
        (process.platform === 'win32' ? ' Use WSL.' : ''),
    )
  }
  const musl = process.platform === 'linux' && existsSync('/etc/alpine-release') ? '-musl' : ''
  return `@oven/bun-${process.platform}-${arch}${musl}`
}

/** How to install one npm package into the current folder, with whatever runs this script. */
function packageInstaller() {
  if (process.versions.bun) return [process.execPath, 'add', '--exact', '--ignore-scripts']
  const flags = [
    ...['install', '--no-save', '--no-package-lock', '--ignore-scripts'],
    ...['--no-audit', '--no-fund', '--no-update-notifier'],
    // By its own settings npm keeps trying for more than a minute before it says that there is no network.
    ...['--fetch-retries=2', '--fetch-retry-mintimeout=1000', '--fetch-retry-maxtimeout=4000'],
  ]
  const npmScript = process.env.npm_execpath || ''
  return /npm-cli\.c?js$/.test(npmScript) ? [process.execPath, npmScript, ...flags] : ['npm', ...flags]
}

/** Fetches Bun into `.bun/<version>`. It appears there by one rename, so a run that was cut short leaves nothing half. */
async function fetchBun(version) {
  const name = bunPackage()
  const home = join(bunHome, version)
  const program = join(home, 'node_modules', name, 'bin', 'bun')
  if (existsSync(program) && askVersion(program).version === version) return program

  say(`Installing Bun ${version} into .bun/ …`)
  const staging = join(bunHome, `installing-${process.pid}`)
  try {
    mkdirSync(staging, { recursive: true })
    writeFileSync(join(staging, 'package.json'), '{ "private": true }\n')
    const [installer, ...args] = packageInstaller()
    const code = await prepare(installer, [...args, `${name}@${version}`], { cwd: staging }).catch((error) => {
      if (error.code !== 'ENOENT') throw error
      throw new Failure(`npm is not on the PATH. Install npm, or Bun ${version} (https://bun.com), and run this again.`)
    })
    if (code !== 0) {
      throw new Failure(
        `Could not fetch Bun ${version} (${name}) from the npm registry.\n` +
          'Check the network and proxy settings (`npm ping` must succeed), then run this again;\n' +
          `or install Bun ${version} yourself (https://bun.com) and put it on the PATH.`,
      )
    }
    rmSync(home, { recursive: true, force: true })
    renameSync(staging, home)
  } finally {
    rmSync(staging, { recursive: true, force: true })
  }

  const { version: found, problem } = askVersion(program)
  if (found !== version) {
    throw new Failure(`Bun ${version} was installed but does not run on this machine: ${problem || `it is ${found}`}`)
  }
  return program
}

/** The pinned Bun: the running one, the one on the PATH, or our own. */
async function findBun(version) {
  if (process.versions.bun === version) return process.execPath
  const onPath = bunOnPath()
  if (onPath && askVersion(onPath).version === version) return onPath
  return await fetchBun(version)
}

/** Puts the pinned Bun before every other on the PATH, under the name `bun`, for what the command starts itself. */
function environmentWith(bun) {
  const folder = join(bunHome, 'bin')
  const link = join(folder, 'bun')
  mkdirSync(folder, { recursive: true })
  if (!existsSync(link) || realpathSync(link) !== realpathSync(bun)) {
    const fresh = `${link}-${process.pid}`
    symlinkSync(realpathSync(bun), fresh)
    renameSync(fresh, link)
  }
  return { ...process.env, PATH: folder + delimiter + (process.env.PATH || '') }
}

/** A digest of all that decides what `node_modules` holds. */
function installedFrom(version) {
  const patches = join(root, 'patches')
  const files = ['package.json', 'bun.lock', 'bunfig.toml'].concat(
    existsSync(patches)
      ? readdirSync(patches)
          .sort()
          .map((name) => join('patches', name))
      : [],
  )
  const digest = createHash('sha256').update(`${version} ${process.platform} ${process.arch}`)
  for (const file of files) {
    const path = join(root, file)
    digest.update(`\n${file}\n`).update(existsSync(path) ? readFileSync(path) : '')
  }
  return digest.digest('hex')
}

async function installPackages(bun, version, env) {
  const wanted = installedFrom(version)
  if (existsSync(stampFile) && readFileSync(stampFile, 'utf8') === wanted) return
  say('Installing the packages of bun.lock …')
  const code = await prepare(bun, ['install', '--frozen-lockfile'], { env })
  if (code !== 0) {
    throw new Failure(
      '`bun install --frozen-lockfile` failed: its reason stands above.\n' +
        'If it names the lockfile, run `bun install` and commit bun.lock; otherwise check the network and run this again.',
    )
  }
  mkdirSync(dirname(stampFile), { recursive: true })
  writeFileSync(stampFile, wanted)
}

async function main([name, ...rest]) {
  if (!process.versions.bun && Number(process.versions.node.split('.')[0]) < minNodeMajor) {
    throw new Failure(
      `Node ${minNodeMajor} or newer is needed; this is ${process.versions.node}. Update Node, or install Bun (https://bun.com) and use \`bun run\` in place of \`npm run\`.`,
    )
  }
  if (!name) throw new Failure('Usage: with-bun.mjs demo | test | <file.ts> [arguments]')
  const command = Object.hasOwn(commands, name) ? commands[name] : { before: [], run: [name] }
  const args = rest[0] === '--' ? rest.slice(1) : rest

  forwardSignals()
  stopWithParent()
  const version = pinnedBun()
  const bun = await findBun(version)
  const env = environmentWith(bun)
  await installPackages(bun, version, env)
  for (const script of command.before) {
    if (!existsSync(join(root, script))) continue
    const code = await prepare(bun, [script], { env })
    if (code !== 0) throw new Failure(`${script} failed: its reason stands above.`)
  }
  // With --no-orphans nothing outlives the command, even when this process is killed outright.
  return await run(bun, ['--no-orphans', ...command.run, ...args], { env, stdio: 'inherit' })
}

main(process.argv.slice(2)).then(
  (code) => process.exit(code),
  (error) => {
    say(error instanceof Failure ? error.message : error.stack)
    process.exit(stoppedBy ? 128 + constants.signals[stoppedBy] : 1)
  },
)
