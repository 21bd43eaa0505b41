# syntax=docker/dockerfile:1
# The program alone on a distroless image, as a user without rights. Try it without a key:
#   docker build -t stoq-mcp . && docker run --rm -i stoq-mcp serve --sandbox
FROM rust:1.89-slim-bookworm AS build
WORKDIR /build
COPY . .
# The caches last from build to build and are in no layer, so the program is copied out of them.
RUN --mount=type=cache,target=/usr/local/cargo/registry \
    --mount=type=cache,target=/build/target \
    cargo build --profile dist --locked --bin stoq-mcp \
    && install -D target/dist/stoq-mcp /out/stoq-mcp \
    && install -d -m 700 /out/state

FROM gcr.io/distroless/cc-debian12:nonroot
LABEL org.opencontainers.image.title="stoq-mcp" \
      org.opencontainers.image.version="0.1.0" \
      org.opencontainers.image.source="https://github.com/stoq-mcp/stoq-mcp" \
      org.opencontainers.image.licenses="MIT" \
      io.modelcontextprotocol.server.name="io.github.stoq-mcp/stoq-mcp"
COPY --from=build /out/stoq-mcp /usr/local/bin/stoq-mcp
# 65532 is the user `nonroot` of the image.
COPY --from=build --chown=65532:65532 /out/state /var/lib/stoq-mcp
# State, and the audit trail even when state is in Redis, lie in /var/lib/stoq-mcp: mount something there that lasts.
ENV XDG_STATE_HOME=/var/lib \
    XDG_CACHE_HOME=/tmp
USER 65532:65532
EXPOSE 8080
# There is no shell here and nothing that could ask itself over HTTP: whoever runs the container asks
# /healthz and /readyz from outside. SIGTERM lets calls end first, which may take 25 s.
HEALTHCHECK NONE
STOPSIGNAL SIGTERM
ENTRYPOINT ["/usr/local/bin/stoq-mcp"]
CMD ["serve"]
