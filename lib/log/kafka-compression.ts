import * as zlib from 'node:zlib';
import * as zstdWasm from '@bokuweb/zstd-wasm';
import kafkajs from 'kafkajs';
import lz4 from 'lz4-napi';
import { compressSync as snappyCompress, uncompressSync as snappyUncompress } from 'snappy';

/**
 * Kafka's compression codecs that kafkajs leaves to others. LZ4 is the frame format, Snappy the framing of snappy-java,
 * Zstandard comes from Node where it has it (22.15 on), else from WebAssembly.
 */

const { CompressionTypes, CompressionCodecs } = kafkajs;
export type Compression = 'none' | 'gzip' | 'snappy' | 'lz4' | 'zstd';

export const compressionTypes: { readonly [name in Compression]: kafkajs.CompressionTypes } = {
  none: CompressionTypes.None,
  gzip: CompressionTypes.GZIP,
  snappy: CompressionTypes.Snappy,
  lz4: CompressionTypes.LZ4,
  zstd: CompressionTypes.ZSTD,
};

interface Codec {
  compress(encoder: { readonly buffer: Buffer }): Promise<Buffer>;
  decompress(buffer: Buffer): Promise<Buffer>;
}

/** snappy-java: magic, version and compatible version, then blocks of a length and raw Snappy. */
const snappyMagic = Buffer.from([0x82, 0x53, 0x4e, 0x41, 0x50, 0x50, 0x59, 0]);
const snappyHeaderBytes = 16;
const snappyBlockBytes = 32 * 1024;

export const snappyCodec: Codec = {
  compress: async ({ buffer }) => {
    const header = Buffer.alloc(snappyHeaderBytes);
    snappyMagic.copy(header);
    header.writeInt32BE(1, 8);
    header.writeInt32BE(1, 12);
    const parts: Buffer[] = [header];
    for (let from = 0; from < buffer.length; from += snappyBlockBytes) {
      const block = snappyCompress(buffer.subarray(from, from + snappyBlockBytes));
      const length = Buffer.alloc(4);
      length.writeInt32BE(block.length);
      parts.push(length, block);
    }
    return Buffer.concat(parts);
  },
  decompress: async (buffer) => {
    if (!buffer.subarray(0, snappyMagic.length).equals(snappyMagic))
      return snappyUncompress(buffer) as Buffer;
    const parts: Buffer[] = [];
    for (let at = snappyHeaderBytes; at + 4 <= buffer.length; ) {
      // Concatenated streams repeat the header.
      if (buffer.subarray(at, at + snappyMagic.length).equals(snappyMagic)) {
        at += snappyHeaderBytes;
        continue;
      }
      const length = buffer.readInt32BE(at);
      parts.push(snappyUncompress(buffer.subarray(at + 4, at + 4 + length)) as Buffer);
      at += 4 + length;
    }
    return Buffer.concat(parts);
  },
};

export const lz4Codec: Codec = {
  compress: async ({ buffer }) => lz4.compressFrameSync(buffer),
  decompress: async (buffer) => lz4.decompressFrameSync(buffer),
};

/** What Node 22.15 and later add to zlib. */
interface ZlibWithZstd {
  readonly zstdCompressSync?: (buffer: Buffer) => Buffer;
  readonly zstdDecompressSync?: (buffer: Buffer) => Buffer;
}
const native = zlib as ZlibWithZstd;
const zstdLevel = 3;
let wasmReady: Promise<void> | null = null;
async function wasm(): Promise<typeof zstdWasm> {
  wasmReady ??= zstdWasm.init();
  await wasmReady;
  return zstdWasm;
}

export const zstdCodec: Codec = {
  compress: async ({ buffer }) =>
    native.zstdCompressSync?.(buffer) ?? Buffer.from((await wasm()).compress(buffer, zstdLevel)),
  decompress: async (buffer) =>
    native.zstdDecompressSync?.(buffer) ?? Buffer.from((await wasm()).decompress(buffer)),
};

CompressionCodecs[CompressionTypes.Snappy] = () => snappyCodec;
CompressionCodecs[CompressionTypes.LZ4] = () => lz4Codec;
CompressionCodecs[CompressionTypes.ZSTD] = () => zstdCodec;
