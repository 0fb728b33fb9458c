// Handlers that do what no handler should: loaded by the real dynamic-provider process through a provider text of its own.
const { EventEmitter } = require("node:events");
const { adapt } = require("pulumi-volume-activation-provider/adapter/adapt");

const throwing = (what) => async () => {
  throw what;
};
const never = () => new Promise(() => {});

const handler = (over) =>
  adapt({
    type: "Misbehaving",
    inputsOf: () => ({}),
    check: (inputs) => ({ inputs, failures: [] }),
    diff: () => ({ changed: [] }),
    create: async () => ({ id: "m-1", outs: {} }),
    read: async () => ({ outs: {} }),
    update: async () => ({ outs: {} }),
    delete: async () => {},
    ...over,
  });

const everywhere = (what) => {
  const now = () => {
    throw what;
  };
  const later = throwing(what);
  return handler({ check: now, diff: now, create: later, read: later, update: later, delete: later });
};

exports.throwsUndefined = everywhere(undefined);
exports.throwsNull = everywhere(null);
exports.throwsText = everywhere("a text");
exports.throwsStatus = everywhere(Object.assign(new Error("exit code twelve"), { code: 12 }));
/** Its outputs are stored only because what cannot go over the wire is dropped. */
exports.answersUndefined = handler({
  create: async () => ({ id: "m-1", outs: { here: 1, gone: undefined, list: [undefined] } }),
});
exports.answersBigInt = handler({ create: async () => ({ id: "m-1", outs: { big: 1n } }) });
/** A socket's late 'error' event that nobody listens to, while the operation waits for ever. */
exports.losesError = handler({
  create: () => {
    setTimeout(() => new EventEmitter().emit("error", new Error("read ECONNRESET")), 20);
    return never();
  },
  read: () => {
    setTimeout(() => Promise.reject(new Error("nobody waited")), 20);
    return never();
  },
});
/** Says which credential sets it was configured with. */
const configured = handler({
  create: async (context) => ({ id: "m-1", outs: { sets: Object.keys(context.credentials ?? {}) } }),
});
exports.configuredFirst = configured;
exports.configuredSecond = handler({
  create: async (context) => ({ id: "m-2", outs: { sets: Object.keys(context.credentials ?? {}) } }),
});
/** Stops after its first write. */
exports.stopsHalfway = (() => {
  const { PartialFailure } = require("pulumi-volume-activation-provider/errors/failure");
  const failure = () => new PartialFailure("it stopped halfway", "m-3", { done: 1, missing: undefined });
  return handler({
    create: async () => {
      throw failure();
    },
  });
})();
