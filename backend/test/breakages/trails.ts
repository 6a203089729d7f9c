import { breakages } from "./breakage.ts";

const TRAIL = "backend/store/audit.test.ts";
const COMMAND = "collector/cmd/audit-command.test.ts";

/** The chain of what admins did, in the database and in an export. */
export const trails = [
  ...breakages("backend/store/audit.ts", TRAIL, [
    ["what changed nothing is in the trail", 'ifChanged ? "WHERE changes() > 0" : ""', '""'],
    ["the trail's time goes back", "at: Math.max(nowMs, head.at ?? 0)", "at: nowMs"],
  ]),
  ...breakages("backend/store/audit-heads.ts", TRAIL, [
    [
      "a changed entry is not found",
      "if (entry.seq !== last.seq + 1 || entry.hash !== hash)",
      "if (entry.seq !== last.seq + 1)",
    ],
    ["an entry behind the last is not found", "return behind[0]?.seq;", "return undefined;"],
    [
      "a trail that was written anew is not found",
      "if ((await hashAt(db, team, sealed.seq, head)) !== sealed.hash) return sealed.seq;",
      "",
    ],
    ["a forged seal is not found", 'if (sealed === "forged") return first;', ""],
    [
      "a trail whose start was cut off is not found",
      "if (sealed.baseSeq !== head.baseSeq || sealed.baseHash !== head.baseHash) return sealed.baseSeq + 1;",
      "",
    ],
    [
      "a seal is put on a trail that was changed",
      "if (sealed !== undefined && !(await goesOnFrom(db, team, sealed, head))) return false;",
      "",
    ],
    [
      "entries of a trail that was changed are deleted",
      "if (!(await sealTrail(db, team, kms))) return 0;",
      "await sealTrail(db, team, kms);",
    ],
  ]),
  ...breakages("proto/audit-chain.ts", COMMAND, [
    [
      "entries do not follow one another",
      "actorLabel, action, target, metadata, previous];",
      "actorLabel, action, target, metadata];",
    ],
    [
      "who did it can be changed",
      "const fields = [team, seq, at, actorKind, actorId, actorLabel,",
      "const fields = [team, seq, at, actorKind, actorId,",
    ],
  ]),
  ...breakages("collector/cmd/audit/verify.ts", COMMAND, [
    ["a changed line is not found", "...changed(head.team, known, hashes),", ""],
    ["a removed line is not found", "...missing(head.after.seq + 1, last, known),", ""],
    ["a moved or inserted line is not found", "      ...order,", ""],
    ["a strange line is not found", "      ...strange,", ""],
    ["an export that was cut off is not found", "...endProblems(read, hashes),", ""],
    [
      "an export that somebody else made is not found",
      "return isSigned ? problems :",
      "return true ? problems :",
    ],
    ["an export by another key is not found", "wanted !== undefined && wanted !== fingerprint", "false"],
  ]),
];
