import { logContractSuite } from '../../test/log/contract-suite.ts';
import { createMemoryLog } from './memory.ts';

for (const encoded of [false, true]) {
  logContractSuite(encoded ? 'memory, encoded' : 'memory', async () => {
    const log = createMemoryLog({ trafficPartitions: 4, encoded });
    return { log, close: () => log.close() };
  });
}
