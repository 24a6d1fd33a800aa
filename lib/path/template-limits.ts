/** Hosts are a header that anybody may send: beyond this many all share one table. */
const maxHosts = 1000;
/** A folder may hold this part of its host's templates, so that the names in one leave room for the others. */
const folderPart = 8;
const folderLeast = 50;
/** Paths that were only ever missed may take up this part of what there is room for. */
const missedPart = 4;

export const otherSegment = '{other}';

interface Room {
  readonly known: Set<string>;
  /** How many of them came with an answer that there is no such thing. */
  missed: number;
}

interface HostTable extends Room {
  /** Plain words by the template of the folder they stand in. */
  readonly folders: Map<string, Room>;
}

export interface Admission {
  readonly template: string;
  /** False: it may be another one the next time, when the path is found. */
  readonly settled: boolean;
}

export interface TemplateLimits {
  /**
   * The template under which a path of these segments (plain words, or with `{shape}`) is counted: words that a folder
   * has no room for are `{other}`; null when the host has none. `missed`: the answer was that there is no such thing.
   */
  admit(host: string, method: string, segments: readonly string[], missed: boolean): Admission | null;
}

const newRoom = (): Room => ({ known: new Set(), missed: 0 });

function hasRoom({ known, missed: soFar }: Room, limit: number, missed: boolean): boolean {
  return missed ? soFar < limit / missedPart : known.size - soFar < limit;
}

function keep(room: Room, value: string, missed: boolean): void {
  if (room.known.has(value)) return;
  room.known.add(value);
  if (missed) room.missed++;
}

/** Bounds what is remembered of hosts, folders and templates. `onFull` is called when something is turned away. */
export function createTemplateLimits(perHost: number, onFull: () => void): TemplateLimits {
  const perFolder = Math.max(Math.ceil(perHost / folderPart), Math.min(perHost, folderLeast));
  const hosts = new Map<string, HostTable>();
  const tableOf = (host: string): HostTable => {
    const known = hosts.get(host);
    if (known !== undefined) return known;
    const key = hosts.size < maxHosts ? host : '';
    const table = hosts.get(key) ?? { ...newRoom(), folders: new Map() };
    hosts.set(key, table);
    return table;
  };

  return {
    admit(host, method, segments, missed) {
      const table = tableOf(host);
      const words: (readonly [folder: string, word: string])[] = [];
      let template = '';
      let turnedAway = false;
      for (const segment of segments) {
        let name = segment;
        if (!segment.includes('{')) {
          const folder = table.folders.get(template);
          if (folder !== undefined && !folder.known.has(segment) && !hasRoom(folder, perFolder, missed)) {
            name = otherSegment;
            turnedAway = true;
          } else words.push([template, segment]);
        }
        template += `/${name}`;
      }
      const name = `${method} ${template}`;
      const admitted = table.known.has(name) || hasRoom(table, perHost, missed);
      if (turnedAway || !admitted) onFull();
      if (!admitted) return null;
      keep(table, name, missed);
      for (const [path, word] of words) {
        const folder = table.folders.get(path) ?? newRoom();
        table.folders.set(path, folder);
        keep(folder, word, missed);
      }
      return { template, settled: !(turnedAway && missed) };
    },
  };
}
