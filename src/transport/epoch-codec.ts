// What nodes say of epochs (C2), and how it travels: the members as the one item of a message (envelope-codec.ts), or no
// item where they are not known.

import type { EpochNote, Membership } from '../protocol/membership.ts';
import type { Joint } from '../protocol/quorum.ts';
import { ALL, type Cluster, type Decoded, decodeItems, encodeItems } from './envelope-codec.ts';
import { few, memberOf } from './hello-codec.ts';
import { array, Malformed, nodeName } from './message-fields.ts';

type MembersItem = Omit<Membership, 'epoch' | 'founder'> & Pick<EpochNote, 'votes'>;

export function encodeEpoch(
  { cluster, founder }: Cluster,
  sender: string,
  { epoch, membership, votes }: EpochNote,
): Uint8Array {
  const items = membership === undefined ? [] : [{ ...membership, votes, kind: 'members' as const }];
  return encodeItems({ cluster, founder, epoch }, { sender, recipient: ALL, items }, membersItem);
}

export function decodeEpoch(cluster: Cluster, bytes: Uint8Array): Decoded<MembersItem, EpochNote> {
  return decodeItems(cluster, bytes, membersOf, ({ founder, epoch, items: [membership, ...others] }) => {
    if (others.length > 0) throw new Malformed('it tells of more than one epoch');
    if (membership === undefined) return { epoch, membership };
    const { members, joint, votes } = membership;
    return { epoch, membership: { founder, epoch, members, joint }, votes };
  });
}

function membersItem({ members, joint, votes }: MembersItem): readonly unknown[] {
  const item = [[...members], joint === undefined ? null : [joint.before, joint.after]];
  return votes === true ? [...item, true] : item;
}

function membersOf([members, joint, votes]: readonly unknown[]): MembersItem {
  return {
    members: new Map(few(members).map(memberOf)),
    joint: joint === null ? undefined : jointOf(joint),
    votes: votes === true,
  };
}

function jointOf(candidate: unknown): Joint {
  const [before, after] = array(candidate);
  return { before: few(before).map(nodeName), after: few(after).map(nodeName) };
}
