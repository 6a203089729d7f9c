import { useState } from "preact/hooks";
import { replace } from "../address.ts";
import { Field, Form } from "../parts/action.tsx";
import { Message } from "../parts/message.tsx";
import { call } from "../settings-api.ts";

/** The code rides behind the `#`, which browsers send to no server. It leaves the address bar at once. */
function takeCode(): string {
  const code = location.hash.slice(1);
  if (code !== "") replace("/invite");
  return code;
}

export function Invite() {
  const [code] = useState(takeCode);
  const [label, setLabel] = useState("");
  if (code === "") {
    return (
      <Message title="Join with an invite">
        <p>Open the invite's link as it was sent, with everything behind the # sign.</p>
      </Message>
    );
  }
  return (
    <Message title="You are invited">
      <p>Say how the others are to see you. Then you are signed in.</p>
      <Form
        submit="Join the team"
        isReady={label.trim() !== ""}
        onSubmit={async () => {
          await call("POST /api/invites/accept", { body: { code, label } });
          location.replace("/");
        }}
      >
        <Field label="Your name">
          {(id) => (
            <input
              id={id}
              value={label}
              maxLength={80}
              autocomplete="name"
              onInput={(event) => setLabel(event.currentTarget.value)}
            />
          )}
        </Field>
      </Form>
    </Message>
  );
}
