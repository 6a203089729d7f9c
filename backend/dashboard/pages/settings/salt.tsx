import { Action } from "../../parts/action.tsx";
import { Panel } from "../../parts/panel.tsx";
import { call } from "../../settings-api.ts";
import type { Settings } from "./team.tsx";

const POLICY_WORDS = {
  server: "This server made it and gives it to each machine once. It could test guessed paths.",
  managed:
    "The team's own managed policy brings it: this server hands none out and never has the one in use.",
};

interface Props {
  team: Settings;
  mayManage: boolean;
  onChanged: () => Promise<void>;
}

/** Who makes the salt that folders are hashed with, and so who could test guesses. */
export function Salt({ team, mayManage, onChanged }: Props) {
  const wanted = team.saltPolicy === "server" ? "managed" : "server";
  return (
    <Panel
      title="Salt of folders' hashes"
      about="Folders leave machines as keyed hashes. Whoever has the salt can test whether a hash is that of a path they guess."
    >
      <p>{POLICY_WORDS[team.saltPolicy]}</p>
      {mayManage && (
        <Action
          label={wanted === "managed" ? "Bring it by managed policy" : "Let this server make it"}
          question={`${POLICY_WORDS[wanted]} Folders get new hashes on machines whose salt changes: their names here begin anew.`}
          onConfirm={async () => {
            await call("PATCH /api/team", { body: { saltPolicy: wanted } });
            await onChanged();
          }}
        />
      )}
    </Panel>
  );
}
