/** What went wrong in SQLite, as callers may hear it. */

import { ZltError } from '../../errors'

/** SQLite's reasons in our words. */
export function failureOf(cause: unknown): ZltError {
  const code = (cause as { code?: string }).code ?? ''
  // SHMSIZE: the index beside the write-ahead log could not grow; it is the first to notice on some file systems.
  if (code === 'SQLITE_FULL' || code === 'SQLITE_IOERR_SHMSIZE' || /disk is full|ENOSPC/i.test(String(cause))) {
    return new ZltError('disk_full', 'the disk is full; make room, nothing acknowledged is lost', {
      retryAfterMs: 5_000,
      cause,
    })
  }
  return new ZltError('log_unavailable', `the log cannot be written: ${(cause as Error).message}`, {
    retryAfterMs: 1_000,
    cause,
  })
}
