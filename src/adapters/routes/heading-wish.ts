import type { RouteProvider } from '../../ports/routes'

/**
 * Asks again without the heading where there is no route with it: engines take a heading for a demand, and find no street
 * when a phone turned round in its holder.
 */
export function withHeadingWish(next: RouteProvider): RouteProvider {
  return {
    async route(request, signal) {
      const answer = await next.route(request, signal)
      if (answer.kind !== 'no_route' || request.headingDeg === undefined) return answer
      const { headingDeg: _, ...plain } = request
      return next.route(plain, signal)
    },
    close: () => next.close(),
  }
}
