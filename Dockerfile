# The bridge, without the developer's tools: built once, run as a user without rights.
FROM python:3.13-slim AS build
ENV UV_LINK_MODE=copy UV_COMPILE_BYTECODE=1 UV_PYTHON_DOWNLOADS=never UV_PROJECT_ENVIRONMENT=/opt/ivr
RUN pip install --no-cache-dir uv
WORKDIR /src
COPY pyproject.toml uv.lock README.md LICENSE ./
# The dependencies first: they change less often than the code.
# Extras of pyproject.toml: traces, recordings in S3, and a turn model.
ARG EXTRAS="otel s3 turn"
RUN uv sync --frozen --no-dev --no-install-project $(printf -- '--extra %s ' $EXTRAS)
COPY ivr ivr
COPY twiml twiml
RUN uv sync --frozen --no-dev --no-editable $(printf -- '--extra %s ' $EXTRAS)

FROM python:3.13-slim
ENV PATH=/opt/ivr/bin:$PATH PYTHONUNBUFFERED=1 \
    IVR_HOST=0.0.0.0 IVR_PORT=8000 IVR_LOG_FORMAT=json IVR_CACHE_DIR=/var/cache/ivr \
    IVR_DATA_DIR=/var/lib/ivr/data
RUN useradd --system --create-home --uid 10001 ivr && install -d -o ivr /var/cache/ivr && \
    install -d -o ivr -m 0700 /var/lib/ivr/tapes /var/lib/ivr/data
COPY --from=build /opt/ivr /opt/ivr
USER ivr
WORKDIR /home/ivr
EXPOSE 8000
# Tapes are kept where IVR_TAPES says: IVR_TAPES=/var/lib/ivr/tapes.
VOLUME /var/cache/ivr /var/lib/ivr/tapes /var/lib/ivr/data
HEALTHCHECK --interval=10s --timeout=3s --start-period=20s --retries=3 \
    CMD ["python", "-c", "import os, urllib.request as u; u.urlopen('http://127.0.0.1:' + os.environ['IVR_PORT'] + '/healthz', timeout=2)"]
# Calls in progress end on their own before the process does.
STOPSIGNAL SIGTERM
CMD ["ivr", "serve"]
