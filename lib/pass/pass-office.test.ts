import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import fastify from 'fastify';
import { describe, expect, test } from 'vitest';
import { namesOf } from '../signature/standing.ts';
import { connectPass } from './connect-pass.ts';
import { fastifyPass } from './fastify-pass.ts';
import type { PassOptions, PassRequest } from './options.ts';
import { createPassOffice } from './pass-office.ts';

const keys = [{ kid: 'k1', secret: 's'.repeat(43) }];
const start = 1_800_000_000_000;

/** A client that keeps what it is given. */
function visit(options: Partial<PassOptions> = {}) {
  let at = start;
  const office = createPassOffice({ keys, now: () => at, ...options });
  let token: string | undefined;
  const ask = (endpoint: string, more: Partial<PassRequest> = {}): PassRequest => ({
    method: 'GET',
    endpoint,
    address: '203.0.113.7',
    headers: { 'user-agent': 'Firefox', cookie: `a=b; tidegate_pass=${token ?? ''}; c=d` },
    ...more,
  });
  return {
    office,
    ask,
    sleep(ms: number) {
      at += ms;
    },
    go(endpoint: string, status = 200, more: Partial<PassRequest> = {}, cacheControl?: string) {
      const header = office.answer(ask(endpoint, more), status, cacheControl);
      if (header !== null) token = /^tidegate_pass=([^;]*)/.exec(header.value)![1];
      return header;
    },
    standing: () => {
      const verified = office.read(ask('/'));
      return 'pass' in verified ? namesOf(verified.pass.standing) : verified.refused;
    },
    pass: () => {
      const verified = office.read(ask('/'));
      return 'pass' in verified ? verified.pass : null;
    },
    token: () => token!,
  };
}

describe('what a client is given', () => {
  test('a pass grows with each part of the site, and stays the same visit', () => {
    const client = visit();
    expect(client.standing()).toBe('absent');
    expect(client.go('/')!.value).toMatch(
      /^tidegate_pass=[\w.-]+; Max-Age=900; Path=\/; HttpOnly; Secure; SameSite=Lax$/,
    );
    const { id } = client.pass()!;
    expect(client.standing()).toEqual(['content']);
    expect(client.go('/')).toBeNull();
    client.go('/products/{id}');
    expect(client.standing()).toEqual(['content', 'other', 'several']);
    client.go('/cart', 201, { method: 'POST' });
    expect(client.standing()).toEqual(['cart', 'content', 'other', 'several']);
    expect(client.go('/products/{id}')).toBeNull();
    expect(client.pass()!.id).toBe(id);
    expect(client.token().length).toBeLessThan(420);
  });

  test('the same page again is no second page, and a failed answer proves nothing', () => {
    const client = visit();
    for (const status of [400, 404, 429, 500, 503]) expect(client.go('/cart', status)).toBeNull();
    client.go('/cart');
    client.go('/cart');
    expect(client.standing()).toEqual(['cart']);
    expect(client.go('/search', 200, { method: 'OPTIONS' })).toBeNull();
  });

  test('it is renewed when half its life is over, is lost after a pause, and no visit lasts for ever', () => {
    const client = visit({ visitSeconds: 3600 });
    client.go('/cart');
    const { id } = client.pass()!;
    client.sleep(440_000);
    expect(client.go('/cart')).toBeNull();
    for (let renewals = 0; renewals < 7; renewals++) {
      client.sleep(451_000);
      expect(client.go('/')).not.toBeNull();
      expect(client.pass()!.id).toBe(id);
    }
    client.sleep(451_000);
    client.go('/');
    expect(client.pass()!.id).not.toBe(id);
    expect(client.standing()).toEqual(['content']);
    client.sleep(900_000);
    expect(client.standing()).toBe('expired');
  });

  test('answers to parallel requests do not undo each other', () => {
    const client = visit();
    client.go('/');
    const shown = client.ask('/cart');
    client.go('/cart', 200, { headers: shown.headers });
    client.go('/search', 200, { headers: shown.headers });
    expect(client.standing()).toEqual(['search', 'cart', 'content', 'several']);
  });

  test('a stolen pass neither counts nor grows at another client', () => {
    const owner = visit();
    owner.go('/');
    owner.go('/cart');
    const thief = { headers: { 'user-agent': 'curl', cookie: `tidegate_pass=${owner.token()}` } };
    expect(owner.office.read(owner.ask('/', thief))).toEqual({ refused: 'other_client' });
    const header = owner.office.answer(owner.ask('/', thief), 200, undefined)!;
    const given = { headers: { ...thief.headers, cookie: header.value.split(';')[0]! } };
    const verified = owner.office.read(owner.ask('/', given));
    expect('pass' in verified && namesOf(verified.pass.standing)).toEqual(['content']);
  });

  test('an address gets so many new passes and no more, while old ones grow', () => {
    const client = visit({ newPasses: { burst: 2, perMs: 60_000 } });
    client.go('/');
    const fresh = { headers: {} };
    expect(client.office.answer(client.ask('/', fresh), 200, undefined)).not.toBeNull();
    expect(client.office.answer(client.ask('/', fresh), 200, undefined)).toBeNull();
    expect(
      client.office.answer(client.ask('/', { ...fresh, address: '::1' }), 200, undefined),
    ).not.toBeNull();
    expect(client.go('/cart')).not.toBeNull();
    client.sleep(30_000);
    expect(client.office.answer(client.ask('/', fresh), 200, undefined)).not.toBeNull();
  });

  test('what shared caches may keep carries no pass', () => {
    const client = visit();
    for (const cached of ['public, max-age=60', 's-maxage=5', 'max-age=1, immutable'])
      expect(client.go('/', 200, {}, cached)).toBeNull();
    expect(client.go('/', 200, {}, 'private, max-age=60')).not.toBeNull();
  });

  test('the site says what an endpoint is for, whom it knows, and which network counts', () => {
    const errors: unknown[] = [];
    const client = visit({
      part: ({ endpoint }) => (endpoint === '/x' ? 'cart' : null),
      vouch: ({ endpoint }) => endpoint === '/known',
      network: ({ headers }) => {
        if (headers['x-class'] === 'broken') throw new Error('no such class');
        return String(headers['x-class'] ?? 'mobile');
      },
      onError: (error) => errors.push(error),
    });
    expect(client.go('/y')).toBeNull();
    client.go('/x');
    expect(client.standing()).toEqual(['cart']);
    client.go('/known');
    expect(client.standing()).toEqual(['cart', 'history']);
    expect(client.pass()!.network).toBe('mobile');
    const shown = client.ask('/x').headers;
    expect(client.office.read(client.ask('/x', { headers: { ...shown, 'x-class': 'hosting' } }))).toEqual({
      refused: 'other_network',
    });
    expect(client.go('/x', 200, { headers: { 'x-class': 'broken' } })).toBeNull();
    expect(errors).toHaveLength(1);
  });

  test('options that make no sense are refused at the start', () => {
    expect(() => createPassOffice({ keys: [] })).toThrow('keys');
    expect(() => createPassOffice({ keys, cookie: 'a=b' })).toThrow('cookie');
    expect(() => createPassOffice({ keys, lifeSeconds: Number.NaN })).toThrow('lifeSeconds');
  });
});

describe('middleware', () => {
  const standingIn = (options: Partial<PassOptions>, setCookie: string | undefined) => {
    const verified = createPassOffice({ keys, ...options }).read({
      method: 'GET',
      endpoint: '/',
      address: '',
      headers: { 'user-agent': 'Firefox', cookie: setCookie?.split(';')[0] },
    });
    return 'pass' in verified ? namesOf(verified.pass.standing) : verified.refused;
  };

  test('Fastify: beside cookies of the site, by the template of the route, on no failure', async () => {
    const app = fastify();
    app.register(fastifyPass({ keys }));
    app.get('/p/:id', (_request, reply) => reply.header('set-cookie', 'own=1').send('a page'));
    app.post('/cart', () => ({ items: 1 }));
    app.get('/broken', () => {
      throw new Error('broken');
    });
    const headers = { 'user-agent': 'Firefox' };
    const page = await app.inject({ url: '/p/7?utm=x', headers });
    const [own, first] = page.headers['set-cookie'] as string[];
    expect([page.body, own]).toEqual(['a page', 'own=1']);
    expect(standingIn({}, first)).toEqual(['other']);
    const cookie = first!.split(';')[0]!;
    const again = await app.inject({ url: '/p/8', headers: { ...headers, cookie } });
    expect(again.headers['set-cookie']).toBe('own=1');
    const cart = await app.inject({ method: 'POST', url: '/cart', headers: { ...headers, cookie } });
    expect(standingIn({}, String(cart.headers['set-cookie']))).toEqual(['cart', 'other', 'several']);
    for (const url of ['/broken', '/nowhere'])
      expect((await app.inject({ url, headers })).headers['set-cookie']).toBeUndefined();
    await app.close();
  });

  test('Fastify: apps get a header and send it back', async () => {
    const app = fastify();
    app.register(fastifyPass({ keys, carrier: 'header' }));
    app.get('/cart', () => 'ok');
    const headers = { 'user-agent': 'Firefox' };
    const answer = await app.inject({ url: '/cart', headers });
    const token = String(answer.headers['tidegate-pass']);
    expect(answer.headers['set-cookie']).toBeUndefined();
    const again = await app.inject({ url: '/cart', headers: { ...headers, 'tidegate-pass': token } });
    expect(again.headers['tidegate-pass']).toBeUndefined();
    await app.close();
  });

  test('Connect: whichever way an answer is written', async () => {
    const pass = connectPass({ keys });
    const server = createServer((request, response) =>
      pass(request, response, () => {
        const url = request.url!.split('?')[0];
        response.setHeader('set-cookie', 'own=1');
        if (url === '/cart') response.end('plain');
        else if (url === '/search') response.writeHead(200, 'Fine', { 'X-A': '1' }).end('object');
        else if (url === '/account') response.writeHead(200, { 'Set-Cookie': 'two=2' }).end('cookie');
        else if (url === '/pay') response.writeHead(200, ['X-A', '1', 'Set-Cookie', 'two=2']).end('list');
        else if (url === '/img.png') response.writeHead(200, { 'Cache-Control': 'public' }).end('kept');
        else response.writeHead(404).end('none');
      }),
    );
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    const get = async (path: string) => {
      const answer = await fetch(`http://127.0.0.1:${port}${path}`, { headers: { 'user-agent': 'Firefox' } });
      const cookies = answer.headers.getSetCookie();
      return [await answer.text(), cookies[0], standingIn({}, cookies[1])];
    };
    expect(await get('/cart?x=1')).toEqual(['plain', 'own=1', ['cart']]);
    expect(await get('/search')).toEqual(['object', 'own=1', ['search']]);
    expect(await get('/account')).toEqual(['cookie', 'two=2', ['account']]);
    expect(await get('/pay')).toEqual(['list', 'two=2', ['payment']]);
    expect(await get('/img.png')).toEqual(['kept', 'own=1', 'absent']);
    expect(await get('/none')).toEqual(['none', 'own=1', 'absent']);
    await new Promise((resolve) => server.close(resolve));
  });
});
