import { shedConnectionsParameters } from '../../../documents/shed-connections.ts';
import type { CommandResult, PeerSpec } from '../host-world.ts';
import { answer } from './document-answer.ts';
import { readSpared } from './kill-order.ts';
import type { Spared } from './kill-order.ts';
import { isInside, ParameterRefusedError, readValues, refuseStrangeCidrs, splitList } from './read-environment.ts';
import type { Values } from './read-environment.ts';
import type { SimulatedLink } from './simulated-host.ts';
import { digest, isGolden, isSpared } from './simulated-table.ts';
import type { SimulatedTable } from './simulated-table.ts';

/** Every connection of the model moves as much. */
const bytesPerSecond = 1000;

/** What shedding needs to know of a server. */
export interface ShedScene {
  readonly links: readonly { readonly peer: PeerSpec; readonly link: SimulatedLink }[];
  /** CPU load while everything stands. */
  readonly cpuPercent: number;
  readonly now: number;
}

/** A run of `shed-connections`: the verdict, and the table it set, if it set one. */
export interface Shedding {
  readonly result: CommandResult;
  readonly incident: string;
  readonly table: SimulatedTable | null;
}

interface ShedOrder extends Spared {
  readonly entries: readonly { readonly name: string; readonly kind: string; readonly value: string }[];
  /** Names of the classes, lowest first. */
  readonly classes: readonly string[];
  readonly load: string;
  readonly highMark: number;
  readonly lowMark: number;
  readonly maxRounds: number;
  readonly maxPercentPerRound: number;
}

/** Answers `shed-connections` from the model: lowest class first, never the highest, golden channels never. */
export function shedConnections(scene: ShedScene, environment: Values): Shedding {
  const values = readValues(environment, shedConnectionsParameters);
  const order = readOrder(values);
  const { incident = '', ttlSeconds } = values;
  const golden = scene.links.filter(({ peer }) => isGolden(order, peer));
  const before = measureLoad(order, scene);
  const { rounds, perClass, through } = shedRounds(order, scene);
  const after = measureLoad(order, scene);
  const table = through < 0 ? null : makeShedTable(order, through, scene.now + Number(ttlSeconds) * 1000);
  const isDown = before <= order.highMark || after <= order.lowMark;
  const result = answer(isDown ? 0 : 1, {
    ok: isDown,
    document: 'shed-connections',
    incident,
    state: before <= order.highMark ? 'not-overloaded' : isDown ? 'shed' : 'still-overloaded',
    load: order.load,
    before,
    after,
    lowMark: order.lowMark,
    rounds,
    zombies: 0,
    cut: Object.values(perClass).reduce((sum, count) => sum + count, 0),
    perClass,
    survivors: 0,
    goldenBefore: countConnections(golden),
    goldenLost: 0,
    blocked: table !== null,
    tableDigest: table?.digest ?? '',
    listFile: '',
    listDigest: '',
    error: isDown ? '' : `Load ${order.load} is ${after}, above lowMark ${order.lowMark}`,
  });
  return { result, incident, table };
}

function readOrder(values: Values): ShedOrder {
  const entries = splitList(values['classes']).map((text) => {
    const [name = '', rest = ''] = text.split(/@(.*)/);
    const [kind = '', value = ''] = rest.split(/:(.*)/);
    return { name, kind, value };
  });
  const classes = [...new Set(entries.map(({ name }) => name))];
  if (classes.length < 2) throw new ParameterRefusedError(`Parameter classes holds ${classes.length} class, wanted 2`);
  refuseStrangeCidrs(entries.flatMap(({ kind, value }) => (kind === 'peer' ? value : [])));
  const { load = '' } = values;
  const [highMark, lowMark] = [Number(values['highMark']), Number(values['lowMark'])];
  if (lowMark > highMark || (load === 'cpu' && highMark > 100)) {
    throw new ParameterRefusedError(`Parameters highMark ${highMark} and lowMark ${lowMark} are no marks of ${load}`);
  }
  const limits = { maxRounds: Number(values['maxRounds']), maxPercentPerRound: Number(values['maxPercentPerRound']) };
  return { entries, classes, load, highMark, lowMark, ...limits, ...readSpared(values) };
}

/** The first class that fits; -1 for what belongs to none, or must not be touched. Nobody here has a process or cgroup. */
function classOf(order: ShedOrder, peer: PeerSpec): number {
  if (isSpared(order, peer)) return -1;
  const entry = order.entries.find(({ kind, value }) =>
    kind === 'port'
      ? peer.direction === 'in' && Number(value) === peer.port
      : kind === 'peer' && isInside(peer.address, [value]),
  );
  return entry === undefined ? -1 : order.classes.indexOf(entry.name);
}

function listClassed(order: ShedOrder, { links }: ShedScene): ShedScene['links'] {
  return links.filter(({ peer }) => classOf(order, peer) >= 0);
}

function countConnections(links: ShedScene['links']): number {
  return links.reduce((sum, { link }) => sum + link.established, 0);
}

function measureLoad(order: ShedOrder, scene: ShedScene): number {
  if (order.load === 'connections') return countConnections(listClassed(order, scene));
  if (order.load === 'bytes') return countConnections(listClassed(order, scene)) * bytesPerSecond;
  const wanted = scene.links.reduce((sum, { link }) => sum + link.wanted, 0);
  return Math.ceil((scene.cpuPercent * countConnections(scene.links)) / Math.max(wanted, 1));
}

/** Cuts round by round until the load is under the mark, the rounds are used up, or nothing is left to cut. */
function shedRounds(order: ShedOrder, scene: ShedScene) {
  const perClass: Record<string, number> = {};
  let [rounds, through] = [0, -1];
  if (measureLoad(order, scene) <= order.highMark) return { rounds, perClass, through };
  const victims = listClassed(order, scene)
    .filter(({ peer }) => classOf(order, peer) < order.classes.length - 1)
    .sort((one, other) => classOf(order, one.peer) - classOf(order, other.peer));
  for (; rounds < order.maxRounds && measureLoad(order, scene) > order.lowMark; rounds++) {
    let left = Math.floor((countConnections(listClassed(order, scene)) * order.maxPercentPerRound) / 100);
    if (left === 0 || countConnections(victims) === 0) break;
    for (const { peer, link } of victims) {
      const name = order.classes[classOf(order, peer)] ?? '';
      for (; left > 0 && link.established > 0 && measureLoad(order, scene) > order.lowMark; left--) {
        link.established--;
        link.broken++;
        perClass[name] = (perClass[name] ?? 0) + 1;
        through = Math.max(through, classOf(order, peer));
      }
    }
  }
  return { rounds, perClass, through };
}

function makeShedTable(order: ShedOrder, through: number, expiresAt: number): SimulatedTable {
  const { entries, golden, agent } = order;
  return {
    digest: digest({ entries, through, golden, agent }),
    expiresAt,
    blocks: (peer) => classOf(order, peer) >= 0 && classOf(order, peer) <= through,
  };
}
