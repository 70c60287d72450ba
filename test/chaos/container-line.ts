// The line of one container: what becomes of its packets, in its own network namespace. From outside of the container, so
// that the image is as it is; as root, on the machine whose kernel runs it.

import { execFile, spawnSync } from 'node:child_process';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** Each way: a third of all that is asked and answered, which breaks connections that must show a sign of life within 0.6 s. */
const LOSS = '0.2';
/** Delays what is sent by up to LATENCY, and loses what is more. netem, which delays evenly, is missing in many kernels. */
const RATE = '64kbit';
const BURST = '2kb';
const LATENCY = '400ms';

const LINE_FAULTS = ['stall', 'flaky', 'slow'] as const;
export type LineFault = (typeof LINE_FAULTS)[number];

export function isLineFault(fault: string): fault is LineFault {
  return LINE_FAULTS.some(other => other === fault);
}

/** Undefined where lines can be disturbed. */
export function linesProblem(): string | undefined {
  if (process.getuid?.() !== 0) return 'only root may disturb the packets of a container';
  const missing = ['nsenter', 'ip', 'iptables', 'tc'].find(
    command => spawnSync(command, ['-V'], { stdio: 'ignore' }).error !== undefined,
  );
  return missing === undefined ? undefined : `${missing} is not installed`;
}

/** `pid` is that of the container's first process. */
export async function disturb(pid: number, fault: LineFault): Promise<void> {
  if (fault === 'slow') await inNetworkOf(pid, 'tc', 'qdisc', 'add', ...queue(await deviceOf(pid)));
  else for (const rule of rules(fault)) await inNetworkOf(pid, 'iptables', '--wait', '--insert', ...rule);
}

export async function calm(pid: number, fault: LineFault): Promise<void> {
  if (fault === 'slow') await inNetworkOf(pid, 'tc', 'qdisc', 'del', ...queue(await deviceOf(pid)));
  else for (const rule of rules(fault)) await inNetworkOf(pid, 'iptables', '--wait', '--delete', ...rule);
}

function rules(fault: LineFault): readonly (readonly string[])[] {
  const share = fault === 'flaky' ? ['--match', 'statistic', '--mode', 'random', '--probability', LOSS] : [];
  return [
    ['INPUT', '!', '--in-interface', 'lo', ...share, '--jump', 'DROP'],
    ['OUTPUT', '!', '--out-interface', 'lo', ...share, '--jump', 'DROP'],
  ];
}

function queue(device: string): readonly string[] {
  return ['dev', device, 'root', 'tbf', 'rate', RATE, 'burst', BURST, 'latency', LATENCY];
}

/** `eth0` at first, and another name each time that it was disconnected and connected again. */
async function deviceOf(pid: number): Promise<string> {
  const links = await inNetworkOf(pid, 'ip', '-brief', 'link', 'show', 'up');
  const names = links.split('\n').map(line => line.split(/[@ ]/)[0]);
  return names.find(name => name !== 'lo' && name !== '') ?? 'eth0';
}

async function inNetworkOf(pid: number, ...command: readonly string[]): Promise<string> {
  return (await run('nsenter', [`--net=/proc/${pid}/ns/net`, ...command])).stdout;
}
