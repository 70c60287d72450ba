// The files of the page, by their paths: plain HTML, CSS and modules, as they are.

import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export interface PageFile {
  readonly type: string;
  readonly bytes: Buffer;
}

/** Seen from dist/src/dashboard, where the compiled file lies. */
const PAGE = fileURLToPath(new URL('../../../src/dashboard/page/', import.meta.url));
const SCRIPTS = ['page', 'tiles', 'topology', 'charts', 'inspector', 'log', 'format'];

const HTML = 'text/html; charset=utf-8';
const CSS = 'text/css; charset=utf-8';
const SCRIPT = 'text/javascript; charset=utf-8';

export function pageFiles(): ReadonlyMap<string, PageFile> {
  const plots = join(dirname(createRequire(import.meta.url).resolve('uplot/package.json')), 'dist');
  const file = (type: string, folder: string, name: string): PageFile => ({
    type,
    bytes: readFileSync(join(folder, name)),
  });
  return new Map([
    ['/', file(HTML, PAGE, 'index.html')],
    ['/style.css', file(CSS, PAGE, 'style.css')],
    ['/icon.svg', file('image/svg+xml', PAGE, 'icon.svg')],
    ...SCRIPTS.map(name => [`/${name}.js`, file(SCRIPT, PAGE, `${name}.js`)] as const),
    ['/uplot.js', file(SCRIPT, plots, 'uPlot.esm.js')],
    ['/uplot.css', file(CSS, plots, 'uPlot.min.css')],
  ]);
}
