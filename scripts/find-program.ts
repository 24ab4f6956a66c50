import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'

/** Java of a version that Kafka runs on, or undefined. */
export function findJava(onPath = Bun.which('java')): string | undefined {
  const candidates = [
    onPath ?? '',
    // Homebrew keeps its openjdk off the PATH, where macOS has a `java` that only says where to get one.
    '/opt/homebrew/opt/openjdk/bin/java',
    '/usr/local/opt/openjdk/bin/java',
  ]
  return candidates.find((path) => existsSync(path) && javaMajor(path) >= 17)
}

/** The major version that a `java` states; 0 when it does not run. */
function javaMajor(path: string): number {
  const { stderr } = Bun.spawnSync([path, '-version'], { stdout: 'ignore', stderr: 'pipe' })
  return Number(/version "(\d+)/.exec(stderr.toString())?.[1] ?? 0)
}

/** The folder of `initdb` and `postgres`, or undefined: Debian keeps them off the PATH, one folder a version. */
export function findPostgresFolder(): string | undefined {
  const root = '/usr/lib/postgresql'
  const versions = existsSync(root) ? readdirSync(root).sort((a, b) => Number(b) - Number(a)) : []
  const onPath = Bun.which('initdb')?.slice(0, -'/initdb'.length)
  const folders = [...(onPath === undefined ? [] : [onPath]), ...versions.map((version) => join(root, version, 'bin'))]
  return folders.find((folder) => ['initdb', 'postgres'].every((program) => existsSync(join(folder, program))))
}

/** nginx, or undefined: Debian keeps it in a folder that only root has on the PATH. */
export function findNginx(): string | undefined {
  return Bun.which('nginx') ?? ['/usr/sbin/nginx'].find((path) => existsSync(path))
}
