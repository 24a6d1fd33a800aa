import type { ClickHouse } from '../../lib/clickhouse/clickhouse.ts';
import { seedFindings } from './seed-findings.test-fixture.ts';

/**
 * Half an hour of a shop that is stuffed with credentials for its last ten minutes, and what Tidegate would have
 * found, straight into the tables. Generated in ClickHouse: no event is special but by its number.
 */
export async function seed(clickhouse: ClickHouse, until: number): Promise<void> {
  const from = until - 30 * 60_000;
  const attack = until - 10 * 60_000;
  await clickhouse.command(
    `INSERT INTO requests (site, endpoint, timestamp, event_id, source_id, received_at, client_network, client_ip, method,
        host, path, status, outcome, user_agent, ja4, edge_action, endpoint_function, country, asn, as_org, network_class,
        client_class, browser, browser_version, bot, data_snapshot, topic_partition, topic_offset, log_generation)
     SELECT 'default',
       ['GET /p/{slug}', 'GET /search', 'POST /cart/items', 'POST /login'][1 + cityHash64(number) % 4] AS endpoint,
       fromUnixTimestamp64Milli(toInt64({from:Int64} + number * 1800000 / 60000)) AS timestamp,
       concat('evt_p', toString(number)), 'test', timestamp,
       toIPv6(concat('203.0.', toString(cityHash64(number, 1) % 113), '.0')),
       toIPv6(concat('203.0.', toString(cityHash64(number, 1) % 113), '.', toString(cityHash64(number, 2) % 250))),
       splitByChar(' ', endpoint)[1], 'shop.example', splitByChar(' ', endpoint)[2],
       if(cityHash64(number, 3) % 100 < 6, 401, 200) AS status, if(status = 401, 'failure', if(cityHash64(number, 5) % 9 = 0, 'unknown', 'success')),
       'Mozilla/5.0', concat('t13d', toString(cityHash64(number, 4) % 40)), NULL, 'other', 'DE', 3320, 'Example ISP', 'isp',
       'browser', 'chrome', 140, 'none', 'test', 0, number, 0
     FROM numbers(60000)`,
    { from },
  );
  await clickhouse.command(
    `INSERT INTO requests (site, endpoint, timestamp, event_id, source_id, received_at, client_network, client_ip, method,
        host, path, status, outcome, user_agent, ja4, edge_action, endpoint_function, country, asn, as_org, network_class,
        client_class, browser, browser_version, bot, data_snapshot, topic_partition, topic_offset, log_generation)
     SELECT 'default', 'POST /login', fromUnixTimestamp64Milli(toInt64({attack:Int64} + pow(number / 40000, 0.8) * 600000)) AS timestamp,
       concat('evt_a', toString(number)), 'test', timestamp,
       toIPv6(concat('198.18.', toString(number % 256), '.0')), toIPv6(concat('198.18.', toString(number % 256), '.', toString(cityHash64(number) % 200))),
       'POST', 'shop.example', '/login', if(number % 30 = 0, 200, 401) AS status, if(status = 200, 'success', 'failure'),
       'Mozilla/5.0 (old)', 't13d1516h2_8daaf6152771', if(number > 5000 AND number % 20 != 0, 'block', NULL), 'login',
       'SC', 64500, 'Example Hosting', 'hosting', 'browser', 'chrome', 72, 'none', 'test', 1, number, 0
     FROM numbers(40000)`,
    { attack },
  );
  await seedFindings(clickhouse, until);
}
