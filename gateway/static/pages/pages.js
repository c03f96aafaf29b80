// What the pages share: the link's token, the one way to the API, and a form that says what is wrong where it is wrong.

const ENDPOINT = "graphql";

const HEADERS = {
  "Content-Type": "application/json",
  Accept: "application/graphql-response+json, application/json;q=0.9",
  "X-Requested-With": "portal",
};

const NO_ANSWER = "The portal does not answer. Try again in a moment.";

/** Takes the token out of the address, so that neither the history nor a glance at the screen keeps it. */
function takeToken() {
  const token = new URLSearchParams(location.hash.slice(1)).get("token") ?? "";
  if (location.hash) history.replaceState(history.state, "", location.pathname + location.search);
  return token;
}

/** Tells the token of the link that led here, now and whenever another link is opened on the same page. */
export function followToken(told) {
  told(takeToken());
  addEventListener("hashchange", () => told(takeToken()));
}

/** Fault of a whole request, in the shape of a user's error. */
function faultOf(error) {
  const path = error?.extensions?.argumentPath?.split(".").slice(1);
  return { message: error?.message ?? NO_ANSWER, field: path?.length ? path : null };
}

/** Sends a mutation and answers with what is wrong; nothing where it was done. No session travels with it. */
export async function send(query, field, input) {
  try {
    const response = await fetch(ENDPOINT, {
      method: "POST",
      credentials: "omit",
      headers: HEADERS,
      body: JSON.stringify({ query, variables: { input } }),
    });
    const answer = await response.json();
    return answer.data?.[field]?.userErrors ?? [faultOf(answer.errors?.[0])];
  } catch {
    return [faultOf(null)];
  }
}

function words({ message, retryAfterMs }) {
  if (!retryAfterMs) return message;
  const seconds = Math.ceil(retryAfterMs / 1000);
  const wait = seconds < 100 ? `${seconds} seconds` : `${Math.ceil(seconds / 60)} minutes`;
  return `${message.replace(/ Try again later\.$/, "")} Try again in ${wait}.`;
}

/** Says beside each field what is wrong with it, the rest below the form, and leads to the first of them. */
function tell(form, errors) {
  const rest = [];
  for (const place of form.querySelectorAll(".refusal")) place.textContent = "";
  for (const input of form.elements) input.removeAttribute("aria-invalid");
  for (const error of errors) {
    const input = form.elements.namedItem(error.field?.at(-1) ?? "");
    const place = input && document.getElementById(`${input.id}-refusal`);
    if (place) {
      place.textContent = words(error);
      input.setAttribute("aria-invalid", "true");
    } else rest.push(words(error));
  }
  document.getElementById("refusal").textContent = rest.join(" ");
  form.querySelector('[aria-invalid="true"]')?.focus();
}

/** Shows one card and puts the reader there. */
export function show(id) {
  for (const card of document.querySelectorAll(".card")) card.hidden = card.id !== id;
  const card = document.getElementById(id);
  document.title = `${card.querySelector("h1").textContent} · Subscription portal`;
  (card.querySelector("input, select") ?? card.querySelector("h1")).focus();
}

/** Lets a form act when it is sent, once at a time; what its act calls wrong is said, else the page is done. */
export function handle(form, act) {
  const button = form.querySelector("button");
  const label = button.textContent;
  let busy = false;

  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (busy) return;
    busy = true;
    tell(form, []);
    form.setAttribute("aria-busy", "true");
    button.textContent = button.dataset.busy;
    const values = Object.fromEntries(new FormData(form));
    const errors = await act(values);
    busy = false;
    form.removeAttribute("aria-busy");
    button.textContent = label;
    if (errors.length) tell(form, errors);
    else show("done");
  });
}
