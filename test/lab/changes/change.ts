import { ALL_PROFILES } from "../machine/firewallRules";
import { HR, hex, WindowsError } from "../machine/hresult";
import { newGuid } from "../machine/ids";
import { rearm } from "../machine/licensing";
import type { Machine } from "../machine/machine";
import { messageFor } from "../machine/messages";
import { applyPolicy } from "../machine/policy";
import { restartService, StopRefusedError, startService, stopService } from "../machine/service";
import type { World } from "../world/world";
import { GPO_WORDS, gpo } from "./gpo";
import { namedRule } from "./netshRule";
import { reg } from "./reg";
import { slmgrScript } from "./slmgrScript";
import { ChangeRefused, type ChangeResult, splitWords } from "./words";

export const KNOWN_WORDS = [
  "slmgr /OPTION [VALUE]",
  'reg add "HKLM\\..." /v NAME /t TYPE /d DATA',
  'reg delete "HKLM\\..." /v NAME',
  "net stop sppsvc",
  "net start sppsvc",
  "restart-service sppsvc",
  'netsh advfirewall firewall set rule group="@FirewallAPI.dll,-28002" new enable=yes|no',
  'netsh advfirewall firewall set rule name="NAME" new enable=yes|no profile=... remoteip=... localport=...',
  'netsh advfirewall firewall delete rule name="NAME"',
  "netsh advfirewall set allprofiles state on|off",
  ...GPO_WORDS,
  "sysprep /generalize",
  "remove-computer",
  "shutdown",
  "start",
  "reinstall",
  "hardware",
];

/**
 * A change that an administrator makes behind our back, in the words that he would type. Commands need a machine that
 * is on; `shutdown`, `start`, `hardware` (other disk and network card) and `reinstall` (Windows from scratch on the
 * same hardware) are done at the machine itself.
 */
export function change(
  world: World,
  machine: Machine,
  given: string[],
  reborn: (machine: Machine) => void,
): ChangeResult {
  const words = splitWords(given);
  const [command = "", ...rest] = words;
  const name = command.toLowerCase().replace(/\.(vbs|exe)$/, "");
  const physical = rest.length === 0 ? physicalChange(world, machine, name, reborn) : undefined;
  if (physical !== undefined) return { output: physical, exitCode: 0 };
  if (!machine.state.powered) throw new ChangeRefused(`${machine.name} is off; say "start" first.`);
  switch (name) {
    case "slmgr":
      return slmgrScript(machine, rest);
    case "reg":
      return reg(machine, rest);
    case "net":
    case "restart-service":
      return service(machine, name === "net" ? (rest[0] ?? "").toLowerCase() : "restart", rest.at(-1) ?? "");
    case "netsh":
      return netsh(machine, rest);
    case "sysprep":
      return sysprep(world, machine, rest);
    case "remove-computer":
      leaveDomain(machine);
      return { output: "The changes will take effect after you restart the computer.", exitCode: 0 };
    case "gpo":
      return gpo(machine, rest);
    case "gpupdate":
      applyPolicy(machine);
      return { output: "Computer Policy update has completed successfully.", exitCode: 0 };
    default:
      throw new ChangeRefused(`"${words.join(" ")}" is not understood. The lab knows:\n  ${KNOWN_WORDS.join("\n  ")}`);
  }
}

function physicalChange(
  world: World,
  machine: Machine,
  name: string,
  reborn: (machine: Machine) => void,
): string | undefined {
  switch (name) {
    case "shutdown":
      world.powerOff(machine);
      return `${machine.name} is off.`;
    case "start":
      world.powerOn(machine);
      return `${machine.name} is on.`;
    case "hardware":
      changeHardware(machine);
      return `${machine.name} has other hardware now (${hex(HR.hardwareChanged)}).`;
    case "reinstall":
      reborn(machine);
      return `Windows was installed again on ${machine.name}.`;
    default:
      return undefined;
  }
}

/**
 * Sysprep keeps the installed key, makes the machine's own ids anew and asks for a rearm, then shuts down. Without
 * a rearm left it completes all the same, with an error, and the timer stays as it is.
 */
function sysprep(world: World, machine: Machine, words: string[]): ChangeResult {
  if (words[0]?.toLowerCase() !== "/generalize") {
    throw new ChangeRefused("sysprep: the lab knows sysprep /generalize, with words like /oobe after it.");
  }
  let failure: WindowsError | undefined;
  try {
    rearm(machine);
  } catch (error) {
    if (!(error instanceof WindowsError)) throw error;
    failure = error;
  }
  machine.state.identity.machineGuid = newGuid();
  world.powerOff(machine);
  if (!failure) return { output: `${machine.name} is generalized and off.`, exitCode: 0 };
  const output = `${machine.name} is generalized and off. ${hex(failure.code)} ${messageFor(failure.code, "en-US")}`;
  return { output, exitCode: failure.code | 0 };
}

/** It acts when Windows starts the next time. */
function leaveDomain(machine: Machine): void {
  if (!machine.joined) throw new ChangeRefused(`${machine.name} is in no domain.`);
  machine.state.leftDomain = "atRestart";
}

function changeHardware(machine: Machine): void {
  machine.state.identity.hardware += 1;
  for (const product of machine.state.products) {
    if (product.activation) product.outOfToleranceAt = machine.world.now();
  }
}

function service(machine: Machine, verb: string, name: string): ChangeResult {
  if (name.toLowerCase() !== "sppsvc") throw new ChangeRefused(`"${name}": the lab knows the service sppsvc only.`);
  const { running } = machine.state.service;
  try {
    if (verb === "stop" && running) stopService(machine);
    else if (verb === "start" && !running) {
      startService(machine);
      machine.state.service.restarts += 1;
    } else if (verb === "restart") restartService(machine);
    else if (verb === "stop") return { output: "The Software Protection service is not started.", exitCode: 2 };
    else if (verb === "start") return { output: "The requested service has already been started.", exitCode: 2 };
    else throw new ChangeRefused(`net ${verb}: the lab knows net stop and net start.`);
  } catch (error) {
    if (error instanceof StopRefusedError) return { output: "The service could not be stopped.", exitCode: 2 };
    if (error instanceof WindowsError) return { output: messageFor(error.code, "en-US"), exitCode: 2 };
    throw error;
  }
  return { output: `The Software Protection service: ${verb} done.`, exitCode: 0 };
}

function netsh(machine: Machine, words: string[]): ChangeResult {
  const line = words.join(" ");
  const named = namedRule(machine, line);
  if (named) return named;
  const group = /^advfirewall firewall set rule group=(.+) new enable=(yes|no)$/i.exec(line);
  const profiles = /^advfirewall set allprofiles state (on|off)$/i.exec(line);
  if (profiles) {
    machine.firewall.setProfiles(ALL_PROFILES, profiles[1]?.toLowerCase() === "on");
    return { output: "Ok.", exitCode: 0 };
  }
  if (!group) throw new ChangeRefused(`netsh ${line}: not understood. The lab knows:\n  ${KNOWN_WORDS.join("\n  ")}`);
  try {
    machine.firewall.setGroup(group[1] ?? "", ALL_PROFILES, group[2]?.toLowerCase() === "yes");
  } catch (error) {
    if (error instanceof WindowsError) return { output: "No rules match the specified criteria.", exitCode: 1 };
    throw error;
  }
  return { output: "Updated rule(s). Ok.", exitCode: 0 };
}
