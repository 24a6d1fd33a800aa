import type { EnvHttpProxyAgent, RequestInit, Response } from 'undici';

/**
 * `fetch` through the proxy that HTTPS_PROXY, HTTP_PROXY and NO_PROXY name: the built-in one of Node 20 does not look at
 * them. NODE_EXTRA_CA_CERTS holds for both, since TLS is Node's own. Redirects are refused: credentials go nowhere else.
 */
export async function proxiedFetch(url: URL, init: RequestInit): Promise<Response> {
  // Loaded with the first call: most commands talk to no vendor.
  const { EnvHttpProxyAgent, fetch } = await import('undici');
  agent ??= new EnvHttpProxyAgent();
  return fetch(url, { redirect: 'error', ...init, dispatcher: agent });
}

let agent: EnvHttpProxyAgent | null = null;
