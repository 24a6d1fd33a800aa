/** @param {string} path @param {RequestInit} [init] */
export async function get(path, init) {
  let response;
  try {
    response = await fetch(`/api/v1/${path}`, init);
  } catch {
    throw new Error('The console does not answer. Is tidegate still running?');
  }
  const body = await response.json().catch(() => ({}));
  if (!response.ok)
    throw Object.assign(new Error(body.detail ?? `HTTP ${response.status}`), { status: response.status });
  return body;
}

/** @param {string} path @param {unknown} body @param {string} [token] */
export function post(path, body, token) {
  return get(path, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...(token ? { authorization: `Bearer ${token}` } : {}) },
    body: JSON.stringify(body),
  });
}
