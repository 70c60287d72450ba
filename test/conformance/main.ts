// `npm run test:conformance`: the cases, by every language whose compiler and library are here, on a cluster of its own.

import { rmSync } from 'node:fs';
import { TestCluster } from '../integration/local-cluster.ts';
import { LANGUAGES, runLanguage } from './foreign.ts';

const cluster = new TestCluster();
try {
  const { nats } = await cluster.start();
  for (const language of LANGUAGES) {
    const verdict = await runLanguage(language, nats.url, cluster.directory);
    if (verdict.kind === 'missing') {
      console.log(`${language.name}: skipped; apt-get install ${language.packages}`);
      continue;
    }
    console.log(`${language.name}: ${verdict.code === 0 ? 'as expected' : `failed\n${verdict.said}`}`);
    if (verdict.code !== 0) process.exitCode = 1;
  }
} finally {
  await cluster.stop();
  rmSync(cluster.directory, { recursive: true, force: true });
}
