import type { CheckpointStore } from '../../lib/log/step.ts';

/** In the memory log the process is the durability: nothing is ever read back. */
export const noCheckpoints: CheckpointStore = {
  storeId: 'replay',
  write: async () => {},
  read: async () => null,
  list: async () => [],
  delete: async () => {},
};
