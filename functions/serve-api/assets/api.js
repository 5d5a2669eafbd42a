// What the page asks of the service. The token is in a cookie that no script can read.

/** An answer that is no success; `status` 0: there was no answer. */
export class ApiError extends Error {
  constructor(status, detail) {
    super(detail || `HTTP ${status}`);
    this.status = status;
  }
}

const TIMEOUT_MS = 15_000;

const request = async (path, options = {}) => {
  let response;
  try {
    response = await fetch(path, {
      credentials: "same-origin",
      cache: "no-store",
      signal: AbortSignal.timeout(TIMEOUT_MS),
      ...options,
    });
  } catch {
    throw new ApiError(0, "");
  }
  const text = await response.text().catch(() => "");
  let body = null;
  try {
    body = text ? JSON.parse(text) : null;
  } catch {
    if (response.ok) throw new ApiError(502, "");
  }
  if (!response.ok) {
    throw new ApiError(response.status, body?.detail ?? body?.error ?? "");
  }
  return body;
};

export const startSession = (token) =>
  request("/session", {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ token }),
  });

export const endSession = () => request("/session", { method: "DELETE" });

export const whoami = () => request("/api/v1/whoami");

export const alerts = async () => {
  const found = (await request("/api/v1/alerts"))?.data?.alerts ?? [];
  return found.map((alert) => ({ ...alert, labels: alert.labels ?? {}, activeAt: alert.activeAt ?? new Date().toISOString() }));
};

const page = async (path, name, limit) => {
  const body = await request(`${path}?limit=${limit}`);
  return { items: body?.[name] ?? [], more: Boolean(body?.next) };
};

export const hosts = () => page("/api/v1/hosts", "hosts", 500);

export const notifications = () => page("/api/v1/notifications", "notifications", 20);

const result = (body) => body?.data?.result ?? [];

/** Points `[seconds, value]` by instance. */
export const range = async (query, start, end, step) => {
  const parameters = new URLSearchParams({ query, start, end, step });
  const series = result(await request(`/api/v1/query_range?${parameters}`));
  return new Map(
    series.map(({ metric, values }) => [metric.instance ?? "", values.map(([at, v]) => [at, Number(v)])]),
  );
};

/** The point of now by instance. */
export const now = async (query) => {
  const vector = result(await request(`/api/v1/query?${new URLSearchParams({ query })}`));
  return new Map(vector.map(({ metric, value }) => [metric.instance ?? "", [value[0], Number(value[1])]]));
};
