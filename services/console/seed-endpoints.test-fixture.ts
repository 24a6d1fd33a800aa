import type { ClickHouse } from '../../lib/clickhouse/clickhouse.ts';

/** What the inventory would say of the traffic of seed.test-fixture.ts, and more. Stamps in epoch ms. */
export async function seedEndpoints(clickhouse: ClickHouse, until: number): Promise<void> {
  const from = until - 30 * 60_000;
  const endpoint = {
    revision: 2,
    updated_at: until,
    site: 'default',
    host: 'www.shop.example',
    function: 'other',
    status: 'documented',
    documentation: 'current',
    operation_id: null,
    first_seen_at: from,
    established_at: from,
    last_seen_at: until,
    requests: 1200,
    succeeded: 1100,
    failed: 100,
    missing: 0,
    clients: 400,
    client_class: 'browser',
    audience: 'public',
    params: [],
    analogues: [],
    family: null,
  };
  const stock = 'GET www.shop.example/stock/{sku}/{zip}';
  const mobile = 'GET m.shop.example/v2/stock';
  const rows = [
    { ...endpoint, endpoint_id: 'ept_1', endpoint: 'POST /login', function: 'login' },
    { ...endpoint, endpoint_id: 'ept_2', endpoint: 'GET /stock/{sku}/{zip}', analogues: [mobile] },
    {
      ...endpoint,
      endpoint_id: 'ept_3',
      host: 'm.shop.example',
      endpoint: 'GET /v2/stock',
      client_class: 'app',
      analogues: [stock],
    },
    {
      ...endpoint,
      endpoint_id: 'ept_4',
      endpoint: 'POST /wallet/session',
      function: 'payment',
      status: 'shadow',
      documentation: null,
      first_seen_at: until - 60_000,
      requests: 96_000,
      clients: 91_000,
    },
    { ...endpoint, endpoint_id: 'ept_5', endpoint: 'GET /v1/cart', status: 'zombie', documentation: 'gone' },
    {
      ...endpoint,
      endpoint_id: 'ept_6',
      endpoint: 'POST /returns',
      status: 'unused',
      first_seen_at: null,
      established_at: null,
      last_seen_at: null,
      requests: 0,
      clients: 0,
    },
    { ...endpoint, endpoint_id: 'ept_7', endpoint: 'GET /p/shoe', status: 'merged' },
  ];
  await clickhouse.insert('endpoint_revisions', rows, { token: 'seed-endpoints' });
  await clickhouse.insert(
    'endpoint_notice_log',
    [
      {
        notice_id: 'ntc_1',
        at: until - 58_000,
        site: 'default',
        kind: 'undocumented',
        level: 'medium',
        endpoint_id: 'ept_4',
        host: 'www.shop.example',
        endpoint: 'POST /wallet/session',
        function: 'payment',
        first_seen_at: until - 60_000,
        requests: 3,
        clients: 3,
        endpoints: 1,
        reason:
          'POST www.shop.example/wallet/session answers and stands in no document: 3 requests by 3 clients so far.',
      },
    ],
    { token: 'seed-notices' },
  );
}
