/** Certificates for servers that speak TLS in tests, made by openssl, which Debian's Postgres depends on. */

import { chmodSync, writeFileSync } from 'node:fs'
import { runCommand } from '../../scripts/world/run-command.ts'
import { tempFolder } from './temp-folder.ts'

export interface Certificates {
  /** The authority's certificate, PEM. */
  caFile: string
  /** An authority that signed nothing here. */
  otherCaFile: string
  /** Of `localhost`, and of no address. */
  certFile: string
  keyFile: string
  remove(): void
}

/** Makes a new authority and what it signs; each lives a day. */
export async function makeCertificates(): Promise<Certificates> {
  const folder = tempFolder()
  // A server may run as another user.
  chmodSync(folder.path, 0o755)
  const openssl = (...args: string[]) => runCommand(['openssl', ...args], { cwd: folder.path })
  const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes']
  const authority = (name: string) =>
    openssl(
      'req',
      '-x509',
      ...newKey,
      '-days',
      '1',
      '-subj',
      `/CN=${name}`,
      '-keyout',
      `${name}.key`,
      '-out',
      `${name}.pem`,
    )
  await Promise.all([authority('ca'), authority('other')])
  await openssl('req', ...newKey, '-subj', '/CN=localhost', '-keyout', 'server.key', '-out', 'server.csr')
  writeFileSync(folder.file('names'), 'subjectAltName=DNS:localhost\n')
  const signed = ['-CA', 'ca.pem', '-CAkey', 'ca.key', '-CAcreateserial', '-days', '1', '-extfile', 'names']
  await openssl('x509', '-req', '-in', 'server.csr', ...signed, '-out', 'server.pem')
  return {
    caFile: folder.file('ca.pem'),
    otherCaFile: folder.file('other.pem'),
    certFile: folder.file('server.pem'),
    keyFile: folder.file('server.key'),
    remove: () => folder.remove(),
  }
}
