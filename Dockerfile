# syntax=docker/dockerfile:1
# The service as an image: the wheel, with the wall inside, and what it depends on; no compiler, no Node.js, no root.

FROM node:22.12.0-bookworm-slim AS node

FROM python:3.11.9-slim-bookworm AS build
COPY --from=node /usr/local/bin/node /usr/local/bin/node
COPY --from=node /usr/local/lib/node_modules /usr/local/lib/node_modules
RUN ln -s ../lib/node_modules/npm/bin/npm-cli.js /usr/local/bin/npm
WORKDIR /build
COPY pyproject.toml constraints.txt hatch_build.py README.md LICENSE ./
COPY web/ui/package.json web/ui/package-lock.json web/ui/
COPY ioc ioc
COPY collectors collectors
COPY alerts alerts
COPY web web
RUN pip wheel --no-cache-dir --no-deps --wheel-dir /wheels . \
 && python -m venv /opt/ioc \
 && /opt/ioc/bin/pip install --no-cache-dir --constraint constraints.txt "$(echo /wheels/*.whl)[snmp]"

FROM python:3.11.9-slim-bookworm
RUN groupadd --gid 10001 ioc \
 && useradd --uid 10001 --gid 10001 --home-dir /var/lib/ioc --no-create-home --shell /usr/sbin/nologin ioc \
 && install -d -o 10001 -g 10001 -m 0750 /var/lib/ioc /etc/ioc /etc/ioc/secrets
COPY --from=build /opt/ioc /opt/ioc
ENV PATH=/opt/ioc/bin:$PATH PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1
USER 10001:10001
WORKDIR /var/lib/ioc
VOLUME ["/var/lib/ioc", "/etc/ioc/secrets"]
EXPOSE 8080
HEALTHCHECK --interval=10s --timeout=6s --start-period=30s --retries=3 CMD ["ioc", "health", "http://127.0.0.1:8080"]
ENTRYPOINT ["ioc"]
CMD ["run", "/etc/ioc"]
