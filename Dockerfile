# The executable from this folder, and nothing else in the image that runs.

# The same Bun as `packageManager` in package.json.
FROM oven/bun:1.4.5 AS build
WORKDIR /src
COPY . .
RUN --mount=type=cache,target=/root/.bun/install/cache bun install --frozen-lockfile --production
RUN bun scripts/build.ts

# Of Debian because the executable needs its C library, and bash for the health check of compose.yaml.
FROM debian:trixie-20260803-slim
COPY --from=build /src/dist/zlt /usr/local/bin/zlt
RUN useradd --system --uid 10001 --home-dir /data --no-create-home --shell /usr/sbin/nologin zlt \
 && install --directory --owner=10001 --group=10001 --mode=700 /data
USER 10001:10001
WORKDIR /data
ENV ZLT_HOST=0.0.0.0 ZLT_PORT=8080 ZLT_DATA=/data
VOLUME /data
EXPOSE 8080
# zlt drains on it: viewers are told to come back, tracks are saved. Give it 30 s.
STOPSIGNAL SIGTERM
ENTRYPOINT ["zlt"]
CMD ["serve"]
