// The page's one way to the API: same origin, with the session's cookie and the header that its CSRF rule wants.

const ENDPOINT = "graphql";

const HEADERS = {
  "Content-Type": "application/json",
  Accept: "application/graphql-response+json, application/json;q=0.9",
  "X-Requested-With": "GraphiQL",
};

/** The API gave no GraphQL answer: it is down, or something between it and the browser answered instead. */
export class Unreachable extends Error {}

/** Sends one operation. Headers given here win over the page's own, however their names are written. */
export async function send(operation, headers = {}) {
  const sent = new Headers(HEADERS);
  Object.entries(headers).forEach(([name, value]) => sent.set(name, value));
  let response;
  try {
    response = await fetch(ENDPOINT, {
      method: "POST",
      credentials: "same-origin",
      headers: sent,
      body: JSON.stringify(operation),
    });
  } catch {
    throw new Unreachable("The API does not answer. Is the gateway running?");
  }
  try {
    return { status: response.status, answer: await response.json() };
  } catch {
    throw new Unreachable(`The API gave no GraphQL answer (HTTP ${response.status}).`);
  }
}

const VIEWER = `query Viewer {
  viewer { id login credential role { name title } account { number kind state } }
  roles { name title }
}`;

// The session travels in an HttpOnly cookie alone: its token is not asked for, so no script ever holds it.
const SIGN_IN = `mutation SignIn($input: SignInInput!) {
  signIn(input: $input) { userErrors { code message field retryAfterMs } }
}`;

const SIGN_OUT = `mutation SignOut($input: SignOutInput!) {
  signOut(input: $input) { userErrors { code message } }
}`;

function firstMessage(answer) {
  return answer.errors?.[0]?.message ?? "The API gave an answer that this page does not understand.";
}

/** Who is signed in, null for nobody, with the roles that they may view the API as: all sublogins' for a master. */
export async function askViewer() {
  const { answer } = await send({ query: VIEWER, operationName: "Viewer" });
  if (!answer.data) throw new Unreachable(firstMessage(answer));
  const { viewer, roles } = answer.data;
  if (!viewer) return null;
  const master = viewer.role.name === "MASTER" && viewer.credential === "SESSION";
  return { ...viewer, views: master ? roles : [] };
}

/** Tries to sign in; answers with what the user can mend, an empty list once signed in. */
export async function signIn(input) {
  const { answer } = await send({ query: SIGN_IN, operationName: "SignIn", variables: { input } });
  const payload = answer.data?.signIn;
  if (payload) return payload.userErrors;
  const code = answer.errors?.[0]?.extensions?.code ?? "INTERNAL";
  const wrongAddress = code === "BAD_USER_INPUT";
  return [{ code, message: firstMessage(answer), field: wrongAddress ? ["email"] : null, retryAfterMs: null }];
}

/** Ends the session. One that has already ended counts as ended. */
export async function signOut() {
  const { status, answer } = await send({
    query: SIGN_OUT,
    operationName: "SignOut",
    variables: { input: { everywhere: false } },
  });
  if (status !== 401 && !answer.data?.signOut) throw new Unreachable(firstMessage(answer));
}
