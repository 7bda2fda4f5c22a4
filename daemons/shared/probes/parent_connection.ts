import {
  CLOCKS,
  commonArguments,
  ofForeign,
  portEvidence,
  type Probe,
  type ProbeVerdict,
  unknown,
} from "./probe.ts";

/**
 * Whether a parent hears this node. Of four cases the second alone restarts:
 *
 * 1. connected
 * 2. not connected, though a parent's port answers and its certificate is good
 * 3. not connected, and no parent answers: the network, or the parent
 * 4. not connected, and the log, the handshake or the own certificate says why
 */
export const parentConnection: Probe = {
  name: "parent_connection",
  arguments: commonArguments({ action: "restart-once", failAfter: "10m", settle: "3m" }),
  permissions: {},
  probe(sample, _, now): ProbeVerdict {
    const { link, certificate, parents } = sample;
    if (!link) return { ...unknown(sample, "link"), ...(parents?.length === 0 && { isOff: true }) };
    const foreign = ofForeign(sample);
    if (foreign) return foreign;
    const { connected, answer, refusal } = link;
    if (connected) {
      return { is: "ok", text: `connected to ${connected.to} since ${connected.since}` };
    }
    if (link.isEarly && !refusal) {
      const text = "its connections have been looked at for less than a minute";
      return { is: "unknown", text };
    }
    const failed = (text: string, advice: string, isCurable = false): ProbeVerdict => ({
      is: "critical",
      text: `not connected to ${answer?.parent ?? parents?.join(", ")}: ${text}`,
      advice,
      ...(!isCurable && { tellOnly: true }),
    });
    if (refusal) return failed(`${refusal.meaning}: "${refusal.line}"`, refusal.advice);
    if (certificate && Date.parse(certificate.ends) <= now) {
      return failed(
        `the own certificate expired ${certificate.ends}`,
        `delete nothing; have ${certificate.file} renewed: icinga2 pki request`,
      );
    }
    if (certificate?.begins !== undefined) {
      return failed(`the own certificate is valid from ${certificate.begins} on`, CLOCKS);
    }
    if (certificate?.fault) {
      return failed(
        `the own certificate is not accepted: ${certificate.fault}`,
        certificate.mend ?? SIGN,
      );
    }
    if (answer?.is === "certificate") return failed(`of its certificate ${answer.text}`, SIGN);
    if (link.isUntried) {
      return failed("no parent's port was tried, since ca.crt is missing or empty", PUT_BACK);
    }
    if (!answer) {
      return failed(
        "the parent is to connect to this host, and does not",
        "look at the parent's log, and at the firewall of this host",
      );
    }
    if (answer.is !== "good") {
      return failed(
        `no parent answers (${answer.text})`,
        "look at the parent, and at the network and firewalls on the way to it",
      );
    }
    if (!certificate) {
      return failed(
        `its port answers, and the own certificate is missing or damaged: ${sample.unknown.certificate}`,
        PUT_BACK,
      );
    }
    const text = `its port answers and its certificate is good${portEvidence(sample)}`;
    return failed(text, "restart the service", true);
  },
};

const PUT_BACK = "put the file back before the service is started anew: it does not start without";

const SIGN =
  "compare ca.crt with the master's, and sign the certificate on the master: icinga2 ca list";
