/**
 * Installs the programs that tests need and that no npm package brings; the demo needs none of them.
 *
 * On Debian and its kin, as root or with passwordless sudo, by apt-get; elsewhere it says what to install and exits 1.
 */
import { existsSync } from 'node:fs'
import { findChromium } from './find-chromium.ts'
import { findJava, findNginx, findPostgresFolder } from './find-program.ts'

/** A program that tests need. `apt` and `brew` are the arguments that their installers take for it, if any. */
export type SystemPackage = { name: string; present: () => boolean; apt: string[]; brew: string[] }

/** What is known about the machine. */
export type Machine = { hasAptGet: boolean; isRoot: boolean; hasSudo: boolean; isMac: boolean }

const systemPackages: SystemPackage[] = [
  {
    name: 'Chromium',
    present: () => findChromium() !== undefined,
    apt: ['chromium', 'fonts-dejavu-core'],
    brew: ['--cask', 'chromium'],
  },
  {
    // The tests ask it for real ways; xz unpacks the streets that it finds them on.
    name: 'Routino',
    present: () => ['routino-router', 'planetsplitter', 'xz'].every((program) => Bun.which(program) !== null),
    apt: ['routino', 'xz-utils'],
    brew: [],
  },
  {
    // Runs Kafka.
    name: 'Java 17 or newer',
    present: () => findJava() !== undefined,
    apt: ['default-jre-headless'],
    brew: ['openjdk'],
  },
  {
    // Brings Kafka's jars.
    name: 'Maven',
    present: () => Bun.which('mvn') !== null,
    apt: ['maven'],
    brew: ['maven'],
  },
  {
    name: 'Redis',
    present: () => Bun.which('redis-server') !== null,
    apt: ['redis-server'],
    brew: ['redis'],
  },
  {
    name: 'Postgres',
    present: () => findPostgresFolder() !== undefined,
    apt: ['postgresql'],
    brew: ['postgresql@17'],
  },
  {
    // The tests run the configuration of the proxy that compose.yaml puts in front.
    name: 'nginx',
    present: () => findNginx() !== undefined,
    apt: ['nginx-light'],
    brew: ['nginx'],
  },
]

/** Plans how the missing packages come onto the machine: commands to run in turn, or one line of advice. */
export function planInstall(missing: SystemPackage[], machine: Machine): { commands: string[][] } | { advice: string } {
  const apt = missing.flatMap((entry) => entry.apt)
  if (machine.hasAptGet && (machine.isRoot || machine.hasSudo)) {
    const aptGet = [...(machine.isRoot ? [] : ['sudo', '-n']), 'env', 'DEBIAN_FRONTEND=noninteractive', 'apt-get']
    return {
      commands: [
        [...aptGet, 'update'],
        [...aptGet, 'install', '-y', '--no-install-recommends', ...apt],
      ],
    }
  }
  return { advice: `The tests need ${missing.map((entry) => entry.name).join(', ')}: ${howTo(missing, machine)}` }
}

function howTo(missing: SystemPackage[], machine: Machine): string {
  if (machine.hasAptGet) return `sudo apt-get install ${missing.flatMap((entry) => entry.apt).join(' ')}`
  const isInBrew = missing.every((entry) => entry.brew.length > 0)
  if (machine.isMac && isInBrew) return missing.map((entry) => `brew install ${entry.brew.join(' ')}`).join(' && ')
  return "install it with your system's package manager and put it on the PATH."
}

function inspectMachine(): Machine {
  return {
    hasAptGet: existsSync('/etc/debian_version') && Bun.which('apt-get') !== null,
    isRoot: process.getuid?.() === 0,
    hasSudo: Bun.which('sudo') !== null && Bun.spawnSync(['sudo', '-n', 'true']).success,
    isMac: process.platform === 'darwin',
  }
}

/** Installs what is missing. Returns the process's exit code. */
function main(): number {
  const missing = systemPackages.filter((entry) => !entry.present())
  if (missing.length === 0) return 0
  const plan = planInstall(missing, inspectMachine())
  if ('advice' in plan) {
    console.error(plan.advice)
    return 1
  }
  for (const command of plan.commands) {
    console.error(`${command.join(' ')} …`)
    const { success, stdout, stderr } = Bun.spawnSync(command, { stdin: 'ignore', stdout: 'pipe', stderr: 'pipe' })
    if (!success) {
      console.error(
        `${stdout}${stderr}\nThis failed. Install ${missing.map((entry) => entry.name).join(', ')} by hand.`,
      )
      return 1
    }
  }
  const stillMissing = missing.filter((entry) => !entry.present()).map((entry) => entry.name)
  if (stillMissing.length === 0) return 0
  console.error(`apt-get brought no ${stillMissing.join(', ')} onto the PATH. Install it by hand.`)
  return 1
}

if (import.meta.main) process.exit(main())
