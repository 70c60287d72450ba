// A rule that a run broke. Thrown where it is seen, so that the run ends there and its trace as well.

export type Rule =
  | 'A1 a promise never goes backwards'
  | 'A2 one ballot carries at most one value'
  | 'A3 no reply shows what is not durable'
  | 'A4 an acceptor that has forgotten does not vote'
  | 'C1 one membership an epoch'
  | 'P1 a ballot is used for at most one value'
  | 'P2 only what is chosen is told'
  | 'agreement'
  | 'linearizability'
  | 'R1 an acknowledged request is applied exactly once'
  | 'every request is answered once'
  | 'progress'
  | 'reads agree'
  | 'the wire carries every message'
  | 'every grant has a larger token than all before'
  | 'two hold a lock for no longer than clocks are apart'
  | 'a store that checks tokens loses no update'
  | 'transactions are strictly serializable'
  | 'no step throws';

export class Violation extends Error {
  readonly rule: Rule;
  constructor(rule: Rule, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.name = 'Violation';
    this.rule = rule;
  }
}
