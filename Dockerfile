# The image of the web process and of the commands.
FROM node:22-bookworm-slim AS styles
WORKDIR /styles
COPY package.json package-lock.json .npmrc ./
RUN npm ci --omit=dev

FROM python:3.13-slim-bookworm

ENV PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1
WORKDIR /app

COPY requirements.txt requirements-tencent.txt ./
RUN pip install --no-cache-dir -r requirements-tencent.txt

COPY manage.py ./
COPY config ./config
COPY residents ./residents
COPY houses ./houses
COPY sync ./sync
COPY templates ./templates
COPY static ./static
COPY locale ./locale
COPY --from=styles /styles/node_modules ./node_modules

# Static files need settings, and no real key may lie in an image: these serve this one command.
RUN key=$(python -c 'print("A" * 43)') \
    && SECRET_KEY=build PII_KEYS="$key" PII_DIGEST_KEY="$key" PLATFORM_KEY_K=build PLATFORM_KEY_D=build \
    PLATFORM_TOKEN_URL=http://build PLATFORM_LOOKUP_URL=http://build \
    python manage.py collectstatic --noinput \
    && useradd --system --no-create-home --uid 10001 register

USER 10001
EXPOSE 8000
CMD ["gunicorn", "config.wsgi", "--bind", "0.0.0.0:8000", "--workers", "3"]
