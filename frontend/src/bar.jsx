// The bar above the workbench: who is signed in, with which role, for which account.

import { useState } from "react";

function Person({ viewer }) {
  const { login, role, account } = viewer;
  return (
    <div className="bar-person" role="group" aria-label="Signed in as">
      <span className="bar-login">{login ?? viewer.credential}</span>
      <span className="bar-role">{role.title}</span>
      <span className="bar-account">
        Account {account.number}
        {account.state === "LOCKED" && <strong> (locked)</strong>}
      </span>
    </div>
  );
}

/** The master's menu of roles, and a line that says for as long as it lasts that one of them is being tried on. */
function ViewAs({ roles, chosen, onChoose }) {
  const title = roles.find((role) => role.name === chosen)?.title;
  return (
    <div className="bar-view">
      <label>
        View as{" "}
        <select value={chosen} onChange={(event) => onChoose(event.target.value)}>
          <option value="">Yourself</option>
          {roles.map((role) => (
            <option key={role.name} value={role.name}>
              {role.title}
            </option>
          ))}
        </select>
      </label>
      <span className="bar-viewing" role="status">
        {title && `You see the API as ${title}: mutations do not run`}
      </span>
    </div>
  );
}

export function Bar({ viewer, viewAs, problem, onViewAs, onSignOut, onSignIn }) {
  const [leaving, setLeaving] = useState(false);

  async function leave() {
    setLeaving(true);
    await onSignOut();
    setLeaving(false);
  }

  return (
    <header className="bar">
      <p className="bar-title">Subscription portal API</p>
      {viewer ? <Person viewer={viewer} /> : <p className="bar-person">Not signed in: only public fields answer</p>}
      {viewer?.views.length > 0 && <ViewAs roles={viewer.views} chosen={viewAs} onChoose={onViewAs} />}
      {problem && (
        <p className="bar-problem" role="alert">
          {problem}
        </p>
      )}
      {viewer ? (
        <button type="button" onClick={leave} aria-busy={leaving}>
          Sign out
        </button>
      ) : (
        <button type="button" onClick={onSignIn}>
          Sign in
        </button>
      )}
    </header>
  );
}
