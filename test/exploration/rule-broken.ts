// What the exploration looks for: a rule that does not hold.

export class RuleBroken extends Error {
  readonly rule: string;
  constructor(rule: string, why: string) {
    super(`${rule}: ${why}`);
    this.name = 'RuleBroken';
    this.rule = rule;
  }
}
