# The backend's image. `docker compose up` builds it; tests/deploy runs its install steps.

FROM python:3.11-slim AS build
# meinheld is a C extension without a wheel: gcc stays behind in this stage.
RUN apt-get update && apt-get install --yes --no-install-recommends gcc libc6-dev
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
RUN python -m venv /opt/gati
ENV PATH=/opt/gati/bin:$PATH
WORKDIR /src
COPY requirements.txt ./
# --no-deps: requirements.txt is complete, and what meinheld asks for does not compile (pyproject.toml).
RUN echo "meinheld==1.0.2 --hash=sha256:008c76937ac2117cc69e032dc69cea9f85fc605de9bac1417f447c41c16a56d6" >meinheld.txt \
 && pip install --no-deps --require-hashes -r requirements.txt -r meinheld.txt

FROM python:3.11-slim
# A fixed number, so that a volume keeps its owner from one build to the next.
RUN useradd --uid 10001 --user-group --home-dir /data --shell /usr/sbin/nologin gati \
 && install --directory --owner=gati --group=gati --mode=0700 /data \
 && install --directory --owner=gati --group=gati --mode=0755 /keys
COPY --from=build /opt/gati /opt/gati
WORKDIR /app
COPY gunicorn.conf.py ./
COPY service service
COPY sql sql
COPY migrations migrations
COPY deploy/backend/start.sh start.sh
# HOST: inside a container loopback reaches nobody; the port is published only through nginx.
# DATA_DIR: the embedded PostgreSQL, where no DATABASE_URL is given (compose gives one).
ENV PATH=/opt/gati/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    HOST=0.0.0.0 \
    PORT=8000 \
    DATA_DIR=/data
USER 10001:10001
VOLUME /data
EXPOSE 8000
# urlopen raises on 503, so an unreachable database makes the container unhealthy. The start period
# covers initdb and the migrations of a first start.
HEALTHCHECK --interval=5s --timeout=5s --start-period=60s --retries=3 \
    CMD ["python", "-c", "import os, urllib.request; urllib.request.urlopen('http://127.0.0.1:' + os.environ['PORT'] + '/health', timeout=4)"]
CMD ["python", "-m", "service", "serve"]
