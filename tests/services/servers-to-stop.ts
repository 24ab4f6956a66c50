import type { Service } from './service.ts'

/** Those that `shared-servers.ts` has begun to start. Apart from it, so that a run without servers loads no client of theirs. */
export const serversToStop: Promise<Service>[] = []
