// The line of one container: what becomes of its packets, in its own network namespace. From outside of the container, so
// that the image is as it is; as root, on the machine whose kernel runs it.

import { execFile, spawnSync } from 'node:child_process';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** Each way: of packets and answers a third, which breaks connections that must show a sign of life within 0.6 s. */
const LOSS = '0.2';
/** Delays what is sent by up to LATENCY_MS, and loses what is more. netem, which delays evenly, is missing in many kernels. */
const RATE = '64kbit';
const BURST = '2kb';
const LATENCY = '400ms';
/** Docker gives a container's only network this name. */
const DEVICE = 'eth0';

const LINE_FAULTS = ['stall', 'flaky', 'slow'] as const;
export type LineFault = (typeof LINE_FAULTS)[number];

export function isLineFault(fault: string): fault is LineFault {
  return LINE_FAULTS.some(other => other === fault);
}

/** Undefined where lines can be disturbed. */
export function linesProblem(): string | undefined {
  if (process.getuid?.() !== 0) return 'only root may disturb the packets of a container';
  const missing = ['nsenter', 'iptables', 'tc'].find(
    command => spawnSync(command, ['--version'], { stdio: 'ignore' }).error !== undefined,
  );
  return missing === undefined ? undefined : `${missing} is not installed`;
}

/** `pid` is that of the container's first process. */
export async function disturb(pid: number, fault: LineFault): Promise<void> {
  if (fault === 'slow') await inNetworkOf(pid, 'tc', 'qdisc', 'add', ...queue());
  else for (const rule of rules(fault)) await inNetworkOf(pid, 'iptables', '--wait', '--insert', ...rule);
}

/** @throws Error when no packet had met the fault, which then showed nothing. */
export async function calm(pid: number, fault: LineFault): Promise<void> {
  const met = await (fault === 'slow' ? delayed(pid) : dropped(pid));
  if (fault === 'slow') await inNetworkOf(pid, 'tc', 'qdisc', 'del', ...queue());
  else for (const rule of rules(fault)) await inNetworkOf(pid, 'iptables', '--wait', '--delete', ...rule);
  if (met === 0) throw new Error(`No packet was met by ${fault}`);
}

function rules(fault: LineFault): readonly (readonly string[])[] {
  const share = fault === 'flaky' ? ['--match', 'statistic', '--mode', 'random', '--probability', LOSS] : [];
  return [
    ['INPUT', '--in-interface', DEVICE, ...share, '--jump', 'DROP'],
    ['OUTPUT', '--out-interface', DEVICE, ...share, '--jump', 'DROP'],
  ];
}

function queue(): readonly string[] {
  return ['dev', DEVICE, 'root', 'tbf', 'rate', RATE, 'burst', BURST, 'latency', LATENCY];
}

async function delayed(pid: number): Promise<number> {
  const said = await inNetworkOf(pid, 'tc', '-statistics', 'qdisc', 'show', 'dev', DEVICE);
  return Number(/overlimits (\d+)/.exec(said)?.[1] ?? 0);
}

async function dropped(pid: number): Promise<number> {
  const said = await inNetworkOf(pid, 'iptables', '--wait', '--list', '--numeric', '--verbose', '--exact');
  const counts = [...said.matchAll(/^ *(\d+) +\d+ DROP /gm)].map(match => Number(match[1]));
  return counts.reduce((sum, count) => sum + count, 0);
}

async function inNetworkOf(pid: number, ...command: readonly string[]): Promise<string> {
  return (await run('nsenter', [`--net=/proc/${pid}/ns/net`, ...command])).stdout;
}
