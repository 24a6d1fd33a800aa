import { expect, test } from 'vitest';
import { lz4Codec, snappyCodec, zstdCodec } from './kafka-compression.ts';

const samples = [
  Buffer.alloc(0),
  Buffer.from('short'),
  Buffer.from('requests.raw '.repeat(20_000)),
  Buffer.from(Array.from({ length: 100_000 }, (_, index) => (index * 7919 * (index % 13)) & 255)),
];

test.each([
  ['snappy', snappyCodec],
  ['lz4', lz4Codec],
  ['zstd', zstdCodec],
])('%s gives back what it was given', async (_name, codec) => {
  for (const buffer of samples) {
    const compressed = await codec.compress({ buffer });
    expect((await codec.decompress(compressed)).equals(buffer)).toBe(true);
  }
});
