import { performance } from "node:perf_hooks";
import { it } from "vitest";
import { DnsClient } from "../../provider/dns";
import { startBind } from "../servers/matrix/servers/bind";
import { Stand } from "../servers/matrix/stand";
it("x", async () => {
  const bind = await startBind("/usr/sbin/named"); const st = new Stand(bind, "_vlmcs._tcp.q");
  const sets: {[k: string]: number[]} = {};
  const proto = DnsClient.prototype as unknown as {[k: string]: (...a: unknown[]) => Promise<unknown>};
  let phase = "";
  for (const m of ["query", "update"]) { const old = proto[m]; if (!old) continue; proto[m] = async function (this: unknown, ...a: unknown[]) { const b = performance.now(); try { return await old.apply(this, a); } finally { const k = m + (m === "query" ? phase : ""); (sets[k] ??= []).push(performance.now() - b); if (m === "update") phase = "2"; } }; }
  for (let i = 0; i < 600; i++) { phase = "1"; const w = st.wanted({ name: `_vlmcs._tcp.z${i}` }); const b = performance.now(); await st.handler.create(st.context("create"), w); if (i > 100) (sets["create"] ??= []).push(performance.now() - b); }
  for (const [w, x] of Object.entries(sets)) { x.sort((a, b) => a - b); process.stderr.write(`${w} p50 ${x[x.length >> 1]?.toFixed(3)} p10 ${x[Math.floor(x.length / 10)]?.toFixed(3)}\n`); }
  st.close(); await bind.stop();
});
