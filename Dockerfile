# The product alone: no Temporal server, no simulator.
FROM golang:1.26.8-bookworm AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY . .
RUN CGO_ENABLED=0 go build -buildvcs=false -trimpath -ldflags='-s -w' -o /out/ometria-bigcommerce ./cmd/ometria-bigcommerce

# One static program, for health checks: the final image has no shell.
FROM busybox:1.37.0-musl AS busybox

FROM gcr.io/distroless/static-debian12:nonroot
COPY --from=busybox /bin/busybox /usr/local/bin/wget
COPY --from=build /out/ometria-bigcommerce /usr/local/bin/ometria-bigcommerce
USER nonroot
# Of the container, not of the machine: publish the port where it should be reached.
ENV OBC_HTTP_ADDR=0.0.0.0:8080
EXPOSE 8080
ENTRYPOINT ["/usr/local/bin/ometria-bigcommerce"]
CMD ["serve"]
