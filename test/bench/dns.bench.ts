import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { connect } from "node:net";
import { performance } from "node:perf_hooks";
import { afterAll, beforeAll, it } from "vitest";
import { addRecord, encodeSrv, TYPE } from "../../provider/dns";
import { tsigSigner } from "../../provider/dns/tsig/tsig";
import { encodeUpdate } from "../../provider/dns/wire/update";
import { type BindServer, OPEN_ZONE, startBind } from "../servers/matrix/servers/bind";
import { KEY_NAME } from "../servers/matrix/servers/server";
import { Stand } from "../servers/matrix/stand";
import { requirement } from "../servers/requirement";
import { fuzzAnswers } from "../unit/dns/fuzzing";

const named = requirement("BIND", "/usr/sbin/named");
const nsupdate = requirement("dig and nsupdate", "nsupdate");
/** Turns of 20 applies, 20 adds and 5 processes; those before them are not counted. */
const TURNS = 10;
const WARM_UP = 5;
const NAMES = 1000;
const IN_FLIGHT = 32;
const FUZZ_ROUNDS = 1_000_000;
/** Rounds of the comparison of many adds, of which the median counts. */
const MANY_ROUNDS = 9;

let bind: BindServer;
let stand: Stand;
const signal = new AbortController().signal;

beforeAll(async () => {
  if (!named.available || !nsupdate.available) return;
  // The server's journal is written through to the disk at each update, which is the disk's speed and nobody's here.
  const memory = existsSync("/dev/shm") ? "/dev/shm" : undefined;
  const { TMPDIR } = process.env;
  if (memory) process.env.TMPDIR = memory;
  bind = await startBind(named.why);
  if (TMPDIR === undefined) delete process.env.TMPDIR;
  else process.env.TMPDIR = TMPDIR;
  console.log(`BIND's journal is ${memory ? "in memory" : "on the disk, whose speed is in these figures"}.`);
  stand = new Stand(bind, "_vlmcs._tcp.bench");
});
afterAll(async () => {
  stand?.close();
  await bind?.stop();
});

const median = (times: readonly number[]): number => [...times].sort((a, b) => a - b)[times.length >> 1] ?? Number.NaN;
const ms = (time: number) => `${time.toFixed(2)} ms`;

async function timed(work: () => Promise<unknown> | unknown): Promise<number> {
  const begun = performance.now();
  await work();
  return performance.now() - begun;
}

function line(what: string, figure: string, wanted: string, met: boolean): void {
  console.log(`${what.padEnd(64)} ${figure.padStart(34)}   ${met ? "met" : "MISSED"}: ${wanted}`);
}

const data = (label: string) => ({ priority: 0, weight: 0, port: 1688, target: `${label}.bench.test` });
const addOf = (name: string, zone: string) => ({
  zone,
  prerequisites: [],
  updates: [addRecord(`${name}.${zone}`, TYPE.SRV, 3600, encodeSrv(data("kms01")))],
});
const signer = () =>
  tsigSigner({
    name: KEY_NAME("hmac-sha256"),
    algorithm: "hmac-sha256",
    secret: Buffer.from(bind.keys.secret, "base64"),
  });

it.skipIf(!named.available || !nsupdate.available)("one record against one nsupdate process", async () => {
  const client = await stand.client();
  const times = { apply: [] as number[], add: [] as number[], process: [] as number[] };
  let number = 0;
  const checked = stand.wanted();
  const oneApply = () =>
    stand.handler.create(stand.context("create"), { ...checked, name: `_vlmcs._tcp.a${number++}` });
  const oneAdd = () => client.update(addOf(`_vlmcs._tcp.b${number++}`, bind.zone), signer(), signal);
  const oneProcess = () => {
    const add = `update add _vlmcs._tcp.c${number++}.${bind.zone}. 3600 SRV 0 0 1688 kms01.bench.test.`;
    const input = `server 127.0.0.1 ${bind.port}\nzone ${bind.zone}\n${add}\nsend\n`;
    execFileSync(nsupdate.why, [...bind.nsupdate, "-v"], { input, stdio: ["pipe", "ignore", "ignore"] });
  };
  const repeat = async (count: number, work: () => Promise<unknown> | unknown, into: number[]) => {
    for (let left = count; left > 0; left--) into.push(await timed(work));
  };
  // In turns of some at a time, so that what else the machine does meets all three alike; the first turns warm up.
  for (let turn = -WARM_UP; turn < TURNS; turn++) {
    await repeat(20, oneApply, turn < 0 ? [] : times.apply);
    await repeat(20, oneAdd, turn < 0 ? [] : times.add);
    await repeat(5, oneProcess, turn < 0 ? [] : times.process);
  }
  const [apply, add, program] = [median(times.apply), median(times.add), median(times.process)];
  const of = (time: number) => `${ms(time)} to ${ms(program)}: ${(program / time).toFixed(1)}x`;
  line("SrvRecord apply (observe, signed add, read back) to nsupdate", of(apply), "15x", program / apply >= 15);
  line("bare signed add to nsupdate", of(add), "25x", program / add >= 25);
});

/** The same updates, unsigned, from one socket that does nothing else: ID back means answered. */
function bareLoop(port: number, messages: readonly Buffer[]): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: "127.0.0.1", port });
    socket.setNoDelay(true);
    let [sent, answered] = [0, 0];
    let rest = Buffer.alloc(0);
    const send = () => {
      const message = messages[sent++];
      if (message) socket.write(Buffer.concat([Buffer.of(message.length >> 8, message.length & 0xff), message]));
    };
    socket.on("error", reject);
    socket.on("connect", () => {
      for (let count = 0; count < IN_FLIGHT; count++) send();
    });
    socket.on("data", (chunk) => {
      rest = Buffer.concat([rest, chunk]);
      while (rest.length >= 2 && rest.length >= 2 + rest.readUInt16BE(0)) {
        const answer = rest.subarray(2, 2 + rest.readUInt16BE(0));
        rest = rest.subarray(2 + answer.length);
        if (((answer[3] ?? 0) & 0xf) !== 0) reject(new Error("the server refused"));
        if (++answered === messages.length) {
          socket.destroy();
          resolve();
        }
        send();
      }
    });
  });
}

it.skipIf(!named.available || !nsupdate.available)("many records", async () => {
  const client = await stand.client();
  const names = (round: number) => Array.from({ length: NAMES }, (_, index) => `_vlmcs._tcp.m${round}x${index}`);
  const signed: number[] = [];
  const bare: number[] = [];
  for (let round = 0; round <= MANY_ROUNDS; round++) {
    const key = signer();
    const queue = names(round);
    const one = await timed(() =>
      Promise.all(
        Array.from({ length: IN_FLIGHT }, async () => {
          for (let name = queue.pop(); name; name = queue.pop())
            await client.update(addOf(name, bind.zone), key, signal);
        }),
      ),
    );
    const messages = names(round).map((name, index) => encodeUpdate(index, addOf(name, OPEN_ZONE)));
    const other = await timed(() => bareLoop(bind.port, messages));
    if (round === 0) continue;
    signed.push(one);
    bare.push(other);
  }
  const ratio = median(signed) / median(bare);
  const figure = `${ms(median(signed))} to ${ms(median(bare))}: ${ratio.toFixed(2)}x`;
  line(`${NAMES} signed adds, ${IN_FLIGHT} in flight, to unsigned ones by a bare socket`, figure, "1.5x", ratio <= 1.5);

  const { outs } = await stand.create({ name: "_vlmcs._tcp.drift" });
  const looks: number[] = [];
  for (let round = 0; round <= MANY_ROUNDS; round++) {
    const time = await timed(() =>
      Promise.all(names(1).map((name) => stand.read({ ...outs, name, target: "kms01.bench.test" }))),
    );
    if (round > 0) looks.push(time);
  }
  line(`${NAMES} reads (drift of ${NAMES} names)`, ms(median(looks)), "500 ms", median(looks) < 500);
});

it("a million mutated answers", async () => {
  const before = process.memoryUsage().rss;
  let outcomes = { data: 0, refused: 0, believed: 0 };
  const time = await timed(() => {
    outcomes = fuzzAnswers(FUZZ_ROUNDS);
  });
  const grown = (process.memoryUsage().rss - before) / 2 ** 20;
  const figure = `${(time / 1000).toFixed(1)} s, ${grown.toFixed(0)} MiB more`;
  line(
    `${FUZZ_ROUNDS} mutated answers: ${outcomes.believed} believed`,
    figure,
    "none believed",
    outcomes.believed === 0,
  );
});
