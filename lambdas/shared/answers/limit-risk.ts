import type { Signal } from '../contracts/signal.ts';
import { isHostCidr, maxListCharacters } from '../host-address.ts';
import type { Risk } from './judge-risk.ts';
import { noCut } from './nothing.ts';
import { isRedLine } from './red-lines.ts';

/** Narrows a risk to what may be cut by itself: never silently, the rest goes to a person. Pure. */
export function limitRisk(signal: Signal, risk: Risk): Risk {
  return limitPeers(limitSensor(signal, risk));
}

/**
 * Whoever may put events on the fuse's bus can claim any kind for any server. A red line shows on servers of its own
 * profile only, and in the shape of its scene; a threat would cut any server whole. So by a sensor's word the former
 * cuts and the latter asks.
 */
function limitSensor({ source, kind }: Signal, risk: Risk): Risk {
  const asksForAnything = risk.found || risk.handOver !== null;
  if (source !== 'host-sensor' || isRedLine(kind) || !asksForAnything) return risk;
  const sentence = `${risk.sentence}, but only a host sensor says so: by itself it may cut for red lines, not for threats`;
  return { found: false, sentence, cut: noCut, handOver: sentence };
}

/** Peers that a host cannot be given, or that one command does not carry, would fail the cut of all the others. */
function limitPeers(risk: Risk): Risk {
  if (!risk.found || risk.cut.scope !== 'peers') return risk;
  const all = risk.cut.peers;
  const fitting = takeFitting(all.filter(isHostCidr));
  if (fitting.length === all.length) return risk;
  const reason = describeRest(all, fitting);
  const sentence = `${risk.sentence}; ${reason}`;
  const handOver = risk.handOver === null ? reason : `${risk.handOver}; ${reason}`;
  return fitting.length === 0
    ? { found: false, sentence, cut: noCut, handOver }
    : { found: true, sentence, cut: { scope: 'peers', peers: fitting }, handOver };
}

/** As many as one parameter carries, with a blank between each two. */
function takeFitting(peers: readonly string[]): string[] {
  let characters = -1;
  const end = peers.findIndex((peer) => {
    characters += peer.length + 1;
    return characters > maxListCharacters;
  });
  return end === -1 ? [...peers] : peers.slice(0, end);
}

function describeRest(all: readonly string[], fitting: readonly string[]): string {
  const rest = all.filter((peer) => !fitting.includes(peer));
  const strange = rest.filter((peer) => !isHostCidr(peer));
  const tooMany = rest.filter(isHostCidr);
  const parts = [
    ...(strange.length === 0
      ? []
      : [`${strange.length} that no firewall of a host can be given, first "${strange[0]}"`]),
    ...(tooMany.length === 0 ? [] : [`${tooMany.length} more than one command carries, first "${tooMany[0]}"`]),
  ];
  return `${rest.length} of ${all.length} addresses are not cut: ${parts.join(', ')}`;
}
