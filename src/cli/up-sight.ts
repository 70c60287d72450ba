// How the acceptors of a local cluster stand, for `synod up`: who votes, who does not and why, and whether a majority does.
// Asks them over NATS; what it says of them is for people.

import { join } from 'node:path';
import { clusterConfig } from '../node/config/config.ts';
import { connectTool } from '../node/config/nats-options.ts';
import { nodeEnvironment, type UpConfig } from '../node/config/up-config.ts';
import type { LocalCluster } from '../node/local/local-cluster.ts';
import { type AcceptorStanding, clusterStatus, nameOf, Survey } from '../node/operator/cluster-status.ts';
import type { Told } from '../node/process/status.ts';
import type { Transport } from '../transport/transport.ts';

/** Those who answer do so in milliseconds. */
const ANSWER_MS_MAX = 500;

export interface UpSight {
  /** Of the newest members that anybody knows, how many there are, vote, and must vote. */
  readonly members: readonly string[];
  readonly voting: number;
  readonly majority: number;
  /** Why each acceptor that does not vote does not, by id: a sentence. */
  readonly whys: ReadonlyMap<string, string>;
  /** The acceptors that ended and are left so. */
  readonly stopped: ReadonlySet<string>;
  /** The acceptors that `up` started and that may vote by and by. */
  readonly coming: readonly string[];
}

export function canServe({ voting, majority }: UpSight): boolean {
  return voting >= majority;
}

/** What the supervisor itself knows of the acceptors that it started. */
type Own = Pick<LocalCluster, 'ready' | 'leftStopped'>;

interface Place {
  readonly config: UpConfig;
  readonly natsUrl: string;
}

export class Onlooker {
  readonly #place: Place;
  readonly #transport: Transport;
  readonly #survey: Survey;
  #onTold: (told: Told) => void = () => undefined;

  private constructor(place: Place, transport: Transport) {
    this.#place = place;
    this.#transport = transport;
    this.#survey = new Survey(transport, place.config.cluster, told => this.#onTold(told));
  }

  /** @throws TransportError when there is no NATS. */
  static async open(place: Place): Promise<Onlooker> {
    const flags = { nats: place.natsUrl, acceptors: place.config.acceptors };
    const { nats } = clusterConfig(flags, nodeEnvironment(process.env));
    return new Onlooker(place, await connectTool(nats, 'synod-up'));
  }

  /** Asks all nodes once, and does not wait long for the silent. */
  async look(own: Own): Promise<UpSight> {
    const { config } = this.#place;
    const told = new Map<string, Told>();
    const standings = (): readonly AcceptorStanding[] => clusterStatus(config, [...told.values()]).acceptors;
    await new Promise<void>(resolve => {
      const timer = setTimeout(resolve, ANSWER_MS_MAX);
      this.#onTold = one => {
        told.set(nameOf(one), one);
        const left = own.leftStopped();
        const silent = standings().filter(({ id, status }) => status === 'silent' && !left.has(id));
        if (config.acceptors.some(id => !left.has(id) && !told.has(`acceptor ${id}`))) return;
        if (silent.length > 0) return;
        clearTimeout(timer);
        resolve();
      };
      this.#survey.ask();
    });
    return sightOf(standings(), own, this.#place);
  }

  close(): Promise<void> {
    return this.#transport.close();
  }
}

export function sightOf(standings: readonly AcceptorStanding[], own: Own, place: Place): UpSight {
  const { acceptors } = place.config;
  const left = own.leftStopped();
  const ready = own.ready();
  // Where nobody may be asked, what an acceptor said to its supervisor has to do; and one that has not said so may be another's.
  const votes = ({ id, status }: AcceptorStanding): boolean =>
    acceptors.includes(id)
      ? ready.has(id) && (status === 'voting' || status === 'silent')
      : status === 'voting';
  const members = standings.filter(({ isMember }) => isMember);
  const rest = standings.filter(standing => !votes(standing) || left.has(standing.id));
  const names = members.map(({ id }) => id);
  const comes = ({ id, isMember, status }: AcceptorStanding): boolean =>
    acceptors.includes(id) &&
    isMember &&
    !left.has(id) &&
    (status === 'asking' || status === 'silent' || status === 'voting');
  return {
    members: names,
    voting: members.filter(standing => votes(standing) && !left.has(standing.id)).length,
    majority: Math.floor(names.length / 2) + 1,
    whys: new Map(rest.map(standing => [standing.id, whyOf(standing, { left, names, place })])),
    stopped: new Set(left.keys()),
    coming: rest.filter(comes).map(({ id }) => id),
  };
}

interface Reasons {
  readonly left: ReadonlyMap<string, string>;
  readonly names: readonly string[];
  readonly place: Place;
}

function whyOf({ id, isMember, status, told }: AcceptorStanding, { left, names, place }: Reasons): string {
  const { config, natsUrl } = place;
  const isOwn = config.acceptors.includes(id);
  const log = join(config.directory, 'logs', `${id}.log`);
  if (!isMember && (isOwn || status === 'removed'))
    return `Acceptor '${id}' is no member any more (the members are ${names.join(', ')}): it does not vote, and nothing is missing.`;
  if (!isMember) return `Acceptor '${id}' waits to be made a member: synod member add ${id}.`;
  const leftWhy = left.get(id);
  if (leftWhy !== undefined) return leftWhy;
  if (status === 'quarantined') return sentence(id, told?.why ?? '');
  if (!isOwn && status === 'silent')
    return `Acceptor '${id}' is a member that \`synod up\` does not start, and it does not answer. Start it: synod acceptor --id ${id} --data DIR --acceptors ${config.acceptors.join(',')} --cluster ${config.cluster} --nats ${natsUrl}`;
  if (status === 'asking')
    return `Acceptor '${id}' does not vote yet: it waits until a majority of the acceptors has told it that it has forgotten nothing.${isOwn ? ` Its log: ${log}` : ''}`;
  if (status === 'voting')
    return `Acceptor '${id}' is not up yet, and one of that name votes: another cluster's?`;
  return `Acceptor '${id}' does not answer.${isOwn ? ` Its log: ${log}` : ''}`;
}

/** One that stays up tells its whole sentence, one that was found out later only why. */
function sentence(id: string, why: string): string {
  return why.startsWith('Acceptor ') ? why : `Acceptor '${id}' must not vote: ${why}.`;
}
