// The tests are compiled to dist/test by `npm run build`; AVA runs what was compiled.
export default {
  files: ['dist/test/**/*.test.js'],
  workerThreads: false,
  timeout: '120s',
};
