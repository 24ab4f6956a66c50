import type { Service } from './service.ts'

/** Those that `shared.ts` has begun to start. Apart from it, so that a run without servers loads no client of theirs. */
export const sharedServers: Promise<Service>[] = []
