import type { CodeEntry } from "./entry";

const OPEN_WMI =
  "Check that the machine is on, and that its firewall lets in what is needed: the KMS port on a KMS host, the WMI rules for remote management.";
const PUBLISH_SRV =
  "Publish the _vlmcs._tcp SRV record in the client's DNS domain, give the client that domain (/skms-domain, or a primary DNS suffix), or name the host (/skms).";
const DNS_CLIENT = "Check the DNS servers of that machine's network connection, and that they answer.";
const DNS_SERVER = "Read the DNS server's log, and try the change again.";
const DIRECTORY = "Check that a domain controller runs, and that the machine finds it (nltest /dsgetdc:DOMAIN).";
const DNS_RIGHTS =
  "Give the account or key the right to change the record. In a zone with secure updates the first KMS host owns the record: let a group of all hosts write it (DnsRecordPermission).";

/** Win32 errors by number, as in HRESULTs 0x8007xxxx. The 9xxx are DNS. */
export const WIN32_CODES: Readonly<Record<number, CodeEntry>> = {
  2: {
    name: "ERROR_FILE_NOT_FOUND",
    meaning: "A file or registry key is not there.",
    remedy: "Check that the machine has the Windows component that was asked.",
  },
  5: {
    name: "ERROR_ACCESS_DENIED",
    meaning: "Access was denied: the session is not elevated, or the account has no rights there.",
    remedy:
      "Use an administrator. A local account over the network is elevated only if LocalAccountTokenFilterPolicy is 1 on that machine.",
  },
  13: {
    name: "ERROR_INVALID_DATA",
    meaning: "The data that was given or found is not valid.",
    remedy: "Check the value that was just written, and its kind in the registry.",
  },
  53: {
    name: "ERROR_BAD_NETPATH",
    meaning: "The other machine was not found on the network.",
    remedy: OPEN_WMI,
  },
  87: {
    name: "ERROR_INVALID_PARAMETER",
    meaning: "A value was given that Windows does not accept here.",
    remedy: "Check the value against the range of the option.",
  },
  123: {
    name: "ERROR_INVALID_NAME",
    meaning:
      "No KMS host was found in DNS. On a machine without a primary DNS suffix and outside a domain, Windows does not even ask.",
    remedy: PUBLISH_SRV,
  },
  1053: {
    name: "ERROR_SERVICE_REQUEST_TIMEOUT",
    meaning: "A service did not answer the start or control request in time.",
    remedy: "Wait a minute and try again; restart the machine if it stays so.",
  },
  1056: {
    name: "ERROR_SERVICE_ALREADY_RUNNING",
    meaning: "The service is running already.",
    remedy: "Nothing is wrong.",
  },
  1058: {
    name: "ERROR_SERVICE_DISABLED",
    meaning: "The service is disabled and cannot be started.",
    remedy: "Set its start type back: sppsvc is normally started automatically (delayed).",
  },
  1060: {
    name: "ERROR_SERVICE_DOES_NOT_EXIST",
    meaning: "There is no service of that name.",
    remedy: "Check that the machine has the Windows component that was asked.",
  },
  1062: {
    name: "ERROR_SERVICE_NOT_ACTIVE",
    meaning: "The service is not running.",
    remedy: "Start it and try again.",
  },
  1168: {
    name: "ERROR_NOT_FOUND",
    meaning: "Windows did not find what was asked for, or did not accept the product key in that way.",
    remedy: "Install the key with /ipk and activate with /ato.",
  },
  1326: {
    name: "ERROR_LOGON_FAILURE",
    meaning: "User name or password is wrong.",
    remedy: "Check the credentials; a local account is written MACHINE\\name.",
  },
  1332: {
    name: "ERROR_NONE_MAPPED",
    meaning: "No account has that name, or nobody has that SID.",
    remedy: "Check the account's spelling, like DOMAIN\\name, and that the machine's domain knows it.",
  },
  1460: {
    name: "ERROR_TIMEOUT",
    meaning: "The operation timed out; when records are published, the DNS server did not answer.",
    remedy: DNS_CLIENT,
  },
  1717: {
    name: "RPC_S_UNKNOWN_IF",
    meaning: "Something answers on that port, but it is not the service that was asked.",
    remedy: "Check host name and port: a KMS host may listen on another port than 1688 (/sprt).",
  },
  1722: {
    name: "RPC_S_SERVER_UNAVAILABLE",
    meaning:
      "The machine cannot be reached by RPC: it is off, its firewall is closed, or the name leads to an old host.",
    remedy: `${OPEN_WMI} On a KMS client, check that the SRV records name hosts that still exist.`,
  },
  1723: {
    name: "RPC_S_SERVER_TOO_BUSY",
    meaning: "The machine is too busy to answer.",
    remedy: "Try again later.",
  },
  1726: {
    name: "RPC_S_CALL_FAILED",
    meaning: "The connection broke while the request was under way.",
    remedy: "Try again; a firewall or proxy in between may cut such connections.",
  },
  1753: {
    name: "EPT_S_NOT_REGISTERED",
    meaning: "The machine answers, but the service that was asked is not running there.",
    remedy: "Start the service there and try again.",
  },
  8206: {
    name: "ERROR_DS_BUSY",
    meaning: "The directory is busy.",
    remedy: "Wait a little and try again.",
  },
  8207: {
    name: "ERROR_DS_UNAVAILABLE",
    meaning: "The directory is not available.",
    remedy: DIRECTORY,
  },
  8224: {
    name: "ERROR_DS_OPERATIONS_ERROR",
    meaning: "The directory did not do what it was asked.",
    remedy:
      "Read the domain controller's Directory Service log; a session that logged in by a key has no login for it.",
  },
  8232: {
    name: "ERROR_DS_STRONG_AUTH_REQUIRED",
    meaning: "The directory wants a connection that is signed or encrypted.",
    remedy: "Ask the domain's administrators what its domain controllers demand (LDAP signing).",
  },
  8235: {
    name: "ERROR_DS_REFERRAL",
    meaning: "That part of the directory is kept by other domain controllers, or by this one for reading only.",
    remedy: "Use a machine of the domain that it belongs to, or a domain controller there that is not read-only.",
  },
  8245: {
    name: "ERROR_DS_UNWILLING_TO_PERFORM",
    meaning: "The directory is not willing to do this.",
    remedy: "Read-only domain controllers take no changes: use a machine near another one.",
  },
  8250: {
    name: "ERROR_DS_SERVER_DOWN",
    meaning: "No domain controller can be reached.",
    remedy: DIRECTORY,
  },
  9001: {
    name: "DNS_ERROR_RCODE_FORMAT_ERROR",
    meaning: "The DNS server did not understand the request (FORMERR).",
    remedy: DNS_SERVER,
  },
  9002: {
    name: "DNS_ERROR_RCODE_SERVER_FAILURE",
    meaning: "The DNS server failed (SERVFAIL).",
    remedy: `${DNS_SERVER} On a KMS host, dynamic updates of the zone may be switched off or forbidden.`,
  },
  9003: {
    name: "DNS_ERROR_RCODE_NAME_ERROR",
    meaning: "The name does not exist in DNS (NXDOMAIN): there is no _vlmcs._tcp SRV record in that domain.",
    remedy: PUBLISH_SRV,
  },
  9004: {
    name: "DNS_ERROR_RCODE_NOT_IMPLEMENTED",
    meaning: "The DNS server does not do dynamic updates (NOTIMP).",
    remedy: "Switch dynamic updates on, or stop publishing on the host (/cdns) and keep the record by hand.",
  },
  9005: {
    name: "DNS_ERROR_RCODE_REFUSED",
    meaning: "The DNS server refused the change (REFUSED).",
    remedy: DNS_RIGHTS,
  },
  9006: {
    name: "DNS_ERROR_RCODE_YXDOMAIN",
    meaning: "A name exists that should not (YXDOMAIN).",
    remedy: "Read the record again: somebody else changed it in the meantime.",
  },
  9007: {
    name: "DNS_ERROR_RCODE_YXRRSET",
    meaning: "A record exists that should not (YXRRSET).",
    remedy: "Read the record again: somebody else changed it in the meantime.",
  },
  9008: {
    name: "DNS_ERROR_RCODE_NXRRSET",
    meaning: "A record that should exist is not there (NXRRSET).",
    remedy: "Read the record again: somebody else changed it in the meantime.",
  },
  9009: {
    name: "DNS_ERROR_RCODE_NOTAUTH",
    meaning: "The DNS server is not responsible for the zone, or does not know the key (NOTAUTH).",
    remedy: "Ask the zone's primary server, and check the key's name and algorithm.",
  },
  9010: {
    name: "DNS_ERROR_RCODE_NOTZONE",
    meaning: "The name does not lie in the zone that was asked (NOTZONE).",
    remedy: "Check the zone's name.",
  },
  9016: {
    name: "DNS_ERROR_RCODE_BADSIG",
    meaning: "The signature of the DNS request is wrong (BADSIG).",
    remedy: "Check the key's secret.",
  },
  9017: {
    name: "DNS_ERROR_RCODE_BADKEY",
    meaning: "The DNS server does not know the key of the request (BADKEY).",
    remedy: "Check the key's name and algorithm; with Kerberos, the account and the server's full name.",
  },
  9018: {
    name: "DNS_ERROR_RCODE_BADTIME",
    meaning: "The clocks of the machine and the DNS server are too far apart (BADTIME).",
    remedy: "Synchronise both clocks.",
  },
  9501: {
    name: "DNS_INFO_NO_RECORDS",
    meaning: "DNS knows the name but has no record of the type that was asked: no SRV record for KMS.",
    remedy: PUBLISH_SRV,
  },
  9502: {
    name: "DNS_ERROR_BAD_PACKET",
    meaning: "The DNS server's answer could not be read.",
    remedy: DNS_SERVER,
  },
  9601: {
    name: "DNS_ERROR_ZONE_DOES_NOT_EXIST",
    meaning: "The DNS server has no such zone.",
    remedy: "Check the zone's name, and ask a server that holds it.",
  },
  9611: {
    name: "DNS_ERROR_INVALID_ZONE_TYPE",
    meaning: "The DNS server cannot do that with a zone of this kind, like a secondary copy.",
    remedy: "Ask a server that holds the zone as a primary.",
  },
  9701: {
    name: "DNS_ERROR_RECORD_DOES_NOT_EXIST",
    meaning: "The record is not there.",
    remedy: "Read the records again: somebody else may have removed it.",
  },
  9709: {
    name: "DNS_ERROR_CNAME_COLLISION",
    meaning: "The name is an alias (CNAME), which cannot have records of its own.",
    remedy: "Remove the alias, or use the name that it leads to.",
  },
  9711: {
    name: "DNS_ERROR_RECORD_ALREADY_EXISTS",
    meaning: "The record is there already.",
    remedy: "Nothing has to be added.",
  },
  9714: {
    name: "DNS_ERROR_NAME_DOES_NOT_EXIST",
    meaning: "The DNS server has no such name in the zone.",
    remedy: "Read the records again: somebody else may have removed them.",
  },
  9852: {
    name: "DNS_ERROR_NO_DNS_SERVERS",
    meaning: "The machine has no DNS servers configured, so nothing can be looked up or published.",
    remedy: DNS_CLIENT,
  },
  12002: {
    name: "ERROR_INTERNET_TIMEOUT",
    meaning: "Microsoft's activation service did not answer in time.",
    remedy: "Check the proxy and the way to the Internet, or activate by phone or proxy activation.",
  },
  12007: {
    name: "ERROR_INTERNET_NAME_NOT_RESOLVED",
    meaning: "The name of Microsoft's activation service could not be resolved.",
    remedy: "Check DNS and the proxy, or activate by phone or proxy activation.",
  },
  12029: {
    name: "ERROR_INTERNET_CANNOT_CONNECT",
    meaning: "No connection to Microsoft's activation service could be made.",
    remedy: "Check the proxy and the firewall, or activate by phone or proxy activation.",
  },
};
