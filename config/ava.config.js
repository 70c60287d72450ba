// The tests are compiled to dist/test by `npm run build`; AVA runs what was compiled. The timeout is for what hangs: one
// step of a test may take minutes on a machine that is busy with other work.
export default {
  files: ['dist/test/**/*.test.js'],
  require: ['./dist/test/worker-end.js'],
  workerThreads: false,
  timeout: '600s',
};
