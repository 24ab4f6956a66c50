/** Checkpoints of the log's SQLite file, off the main thread, and the bound on its write-ahead log. */

import type { Database } from 'bun:sqlite'
import { statSync } from 'node:fs'
import type { OnError } from '../../errors'

/** When to checkpoint, and how much may wait for it. */
export interface CheckpointLimits {
  everyMs: number
  /** Beyond this the write-ahead log is emptied at the cost of one short stall; below, the worker's work is enough. */
  walMaxBytes: number
}

export const CHECKPOINT_LIMITS: CheckpointLimits = { everyMs: 1_000, walMaxBytes: 128 * 1024 * 1024 }

/** A worker that leaves so many turns unanswered is stuck or dead: the main thread sees to the bound by itself. */
const PATIENCE_TURNS = 5

/**
 * A thread of its own, so that the fsync of a checkpoint stalls nobody. A string, so that one executable holds it. A
 * second connection that checkpoints while the first one writes needs SQLite 3.51.3 (sqlite.org/wal.html#walresetbug).
 */
const WORKER = `
  const { Database } = require('bun:sqlite')
  let db
  self.onmessage = ({ data: path }) => {
    try {
      db ??= new Database(path, { readwrite: true, create: false })
      db.run('PRAGMA wal_checkpoint(PASSIVE)')
      self.postMessage({})
    } catch (error) {
      self.postMessage({ error: String(error) })
    }
  }
`

/**
 * Starts checkpointing; returns how to stop it. Keeps no process alive.
 *
 * The write-ahead log stays below `walMaxBytes` plus what is written in `PATIENCE_TURNS` turns or during one checkpoint,
 * with or without the worker, unless somebody else reads for longer (a backup); failures go to `onError` and the next turn tries again.
 */
export function startCheckpoints(db: Database, path: string, onError: OnError, limits = CHECKPOINT_LIMITS): () => void {
  const source = URL.createObjectURL(new Blob([WORKER], { type: 'application/javascript' }))
  let worker: Worker | undefined
  let stopped = false
  let unansweredTurns = 0
  const bound = () => {
    // A steady writer never lets a passive checkpoint reach the end; what is left by now is little. TRUNCATE, because
    // after a mere RESTART the file would still look too long at every later turn. It does not wait for the worker:
    // during that one's checkpoint SQLite only answers that it is busy.
    try {
      if (!stopped && walBytes(path) > limits.walMaxBytes) truncateWithoutWaiting(db)
    } catch (error) {
      onError(error, { stage: 'checkpoint' })
    }
  }
  // At the first turn: a thread that starts takes time from a process that starts.
  const startWorker = () => {
    const started = new Worker(source, { ref: false })
    started.onmessage = ({ data }: MessageEvent<{ error?: string }>) => {
      unansweredTurns = 0
      if (data.error !== undefined && !stopped) onError(new Error(data.error), { stage: 'checkpoint' })
      bound()
    }
    started.onerror = (event) => onError(event.message, { stage: 'checkpoint' })
    return started
  }
  const turn = () => {
    worker ??= startWorker()
    if (unansweredTurns++ === 0) worker.postMessage(path)
    else if (unansweredTurns > PATIENCE_TURNS) bound()
  }
  const timer = setInterval(turn, limits.everyMs)
  timer.unref()
  return () => {
    stopped = true
    clearInterval(timer)
    worker?.terminate()
    URL.revokeObjectURL(source)
  }
}

/** A reader such as a backup may take minutes; waiting for it would be done on the main thread. A later turn finds it gone. */
function truncateWithoutWaiting(db: Database): void {
  const { timeout } = db.query('PRAGMA busy_timeout').get() as { timeout: number }
  db.run('PRAGMA busy_timeout = 0')
  try {
    db.run('PRAGMA wal_checkpoint(TRUNCATE)')
  } finally {
    db.run(`PRAGMA busy_timeout = ${timeout}`)
  }
}

function walBytes(path: string): number {
  try {
    return statSync(`${path}-wal`).size
  } catch {
    return 0
  }
}
