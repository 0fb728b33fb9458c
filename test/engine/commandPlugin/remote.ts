import { setTimeout as sleep } from "node:timers/promises";
import type { types } from "@pulumi/command";
import { Client, type ConnectConfig } from "ssh2";

/** As the package itself declares them; `check` has seen that what came over the wire has no other fields. */
export type Connection = types.output.remote.Connection;
type Endpoint = types.output.remote.ProxyConnection;

/** The defaults that pulumi-command documents. */
const DEFAULTS = { port: 22, user: "root", dialErrorLimit: 10, perDialTimeout: 15 };

/** Runs a command line and answers what it wrote; a line that ends with another code than 0 is an error. */
export async function run(connection: Connection, line: string): Promise<{ stdout: string; stderr: string }> {
  return connected(connection, async (client) => {
    const written = { stdout: "", stderr: "", both: "" };
    const code = await new Promise<number>((resolve, reject) => {
      client.exec(line, (error, channel) => {
        if (error) return reject(error);
        const keep = (stream: "stdout" | "stderr") => (text: string) => {
          written[stream] += text;
          written.both += text;
        };
        channel.setEncoding("utf8").on("data", keep("stdout"));
        channel.stderr.setEncoding("utf8").on("data", keep("stderr"));
        channel.on("close", (status: number | null) => resolve(status ?? -1));
      });
    });
    const { stdout, stderr, both } = written;
    if (code !== 0) throw new Error(`Process exited with status ${code}: running ${JSON.stringify(line)}:\n${both}`);
    return { stdout: stdout.replace(/\n$/, ""), stderr: stderr.replace(/\n$/, "") };
  });
}

/** Writes a text to a file over sftp. */
export async function copy(connection: Connection, text: string, path: string): Promise<void> {
  await connected(
    connection,
    (client) =>
      new Promise<void>((resolve, reject) => {
        client.sftp((error, sftp) => {
          if (error) return reject(error);
          sftp.writeFile(path, text, (failed) =>
            failed ? reject(new Error(`failed to create remote file ${path}: ${failed.message}`)) : resolve(),
          );
        });
      }),
  );
}

async function connected<T>(connection: Connection, work: (client: Client) => Promise<T>): Promise<T> {
  const clients: Client[] = [];
  try {
    const { proxy } = connection;
    if (!proxy) return await work(await dial(connection, clients));
    const hop = await dial(proxy, clients);
    return await work(await dial(connection, clients, hop));
  } finally {
    for (const client of clients.reverse()) client.end();
  }
}

/** Tries again after a failed dial, as often as the endpoint allows. */
async function dial(endpoint: Endpoint, opened: Client[], hop?: Client): Promise<Client> {
  const limit = endpoint.dialErrorLimit ?? DEFAULTS.dialErrorLimit;
  for (let errors = 0; ; errors++) {
    try {
      const client = await login(endpoint, hop);
      opened.push(client);
      return client;
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      if (limit >= 0 && errors >= limit) throw new Error(`after ${errors} failed attempts: ${reason}`);
      await sleep(Math.min(100 * 1.5 ** errors, 5000));
    }
  }
}

async function login(endpoint: Endpoint, hop?: Client): Promise<Client> {
  const { host, port = DEFAULTS.port, user = DEFAULTS.user, perDialTimeout = DEFAULTS.perDialTimeout } = endpoint;
  const { password, privateKey, privateKeyPassword, agentSocketPath, hostKey } = endpoint;
  const config: ConnectConfig = {
    host,
    port,
    username: user,
    readyTimeout: perDialTimeout * 1000,
    // Without one any key is accepted, and nothing says so: commandConnection() lets no such connection through.
    hostVerifier: (key: Buffer) => hostKey === undefined || key.equals(blobOf(hostKey)),
    ...(privateKey === undefined ? {} : { privateKey }),
    ...(privateKeyPassword === undefined ? {} : { passphrase: privateKeyPassword }),
    ...(password === undefined ? {} : { password, tryKeyboard: true }),
    ...(agentSocketPath === undefined ? {} : { agent: agentSocketPath }),
  };
  if (hop) config.sock = await tunnel(hop, host, port);
  const client = new Client();
  await new Promise<void>((resolve, reject) => {
    client.on("ready", resolve).on("error", reject);
    client.on("keyboard-interactive", (_name, _text, _language, prompts, answer) =>
      answer(prompts.map(() => password ?? "")),
    );
    client.connect(config);
  });
  return client;
}

const tunnel = (hop: Client, host: string, port: number) =>
  new Promise<NonNullable<ConnectConfig["sock"]>>((resolve, reject) => {
    hop.forwardOut("127.0.0.1", 0, host, port, (error, channel) => (error ? reject(error) : resolve(channel)));
  });

/** The key itself of an authorized_keys line. */
const blobOf = (line: string): Buffer => Buffer.from(line.trim().split(/\s+/)[1] ?? "", "base64");
