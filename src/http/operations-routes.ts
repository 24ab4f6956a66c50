/** The part of the route table that every process serves: what operators ask, and the documents. */

/** `ROUTES` in `routes.ts` has them, and checks their form. */
export const OPERATIONS_ROUTES = {
  getHealth: {
    method: 'GET',
    path: '/healthz',
    service: 'every',
    who: 'public',
    summary: 'Whether the process lives',
    answers: { 200: 'Health' },
  },
  getReady: {
    method: 'GET',
    path: '/readyz',
    service: 'every',
    who: 'public',
    summary: 'Whether it can do its work now, and why not',
    answers: { 200: 'Readiness', 503: 'Readiness' },
  },
  getMetrics: {
    method: 'GET',
    path: '/metrics',
    service: 'every',
    who: ['ADMIN', 'INTERNAL_SERVICE'],
    summary: 'Metrics in Prometheus’ text format; a setting opens it to all',
    answers: { 200: null },
  },
  getOpenApi: {
    method: 'GET',
    path: '/openapi.json',
    service: 'every',
    who: 'public',
    summary: 'This document',
    answers: { 200: null },
  },
  getAsyncApi: {
    method: 'GET',
    path: '/asyncapi.json',
    service: 'every',
    who: 'public',
    summary: 'The document of the socket and the topics (AsyncAPI 3)',
    answers: { 200: null },
  },
} as const
